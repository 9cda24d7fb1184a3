import { sha256, toHex } from '@selvedge/crypto';
import { ENDORSE_CALLED_FUNCTION, ENDORSE_FUNCTION, EVENT_NAME, MARKER_COLLECTION, markerKey, parseFabricEndorsement, parseRefusalText } from '@selvedge/fabric';
import { createEndorsementPayload, createTargetData, createTestConsortium, TEST_CONTRACT, type CalledContractInput, type TargetDataInput, type TestComputeNode, type TestConsortium, type TestContract } from '@selvedge/fixtures';
import { encodeMessage, EndorsementPayloadSchema, parseCore, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Chaincode } from './chaincode.js';
import { addEndorsement, createEndorsingPeer, endorseCall, endorsementChaincode } from './testdata/fabric-setting.js';
import type { FakeCall, FakePeer, FakeSimulation } from './testdata/fake-peer.js';

let consortium: TestConsortium;
let node: TestComputeNode;
let bank: TestContract;
let peer: FakePeer;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  bank = consortium.addContract('bank');
  peer = createEndorsingPeer(consortium);
  addEndorsement(peer, consortium, bank);
});
afterEach(() => {
  consortium.restore();
});

const targetDataOf = (called: Partial<CalledContractInput> = {}, input: Partial<TargetDataInput> = {}): TargetData =>
  createTargetData({ consortium, nodes: [node], called: [{ contract: bank, writes: [{ dataset: 'auroraStones', key: 'account', value: '100' }], ...called }], ...input });
const simulate = (targetData: TargetData, change: Partial<FakeCall> = {}): Promise<FakeSimulation> => peer.simulate({ ...endorseCall(consortium, targetData), ...change });
async function refusal(targetData: TargetData, change: Partial<FakeCall> = {}): Promise<string | undefined> {
  const { response } = await simulate(targetData, change);
  return response.status === 200 ? undefined : parseRefusalText(response.message)?.code;
}

describe('an endorsement of two contracts', () => {
  it('writes each section into its contract’s own collections, each with a marker', async () => {
    const targetData = targetDataOf({}, { event: { name: 'Sold', payload: 'p' } });
    const { txId, sections } = parseCore(targetData.cores[0]!);
    const { response, writes, reads, event } = await simulate(targetData);
    expect(response.message).toBe('');
    for (const section of sections) {
      const own = writes.filter(({ chaincode }) => chaincode === section.contract);
      // A marker's key is a transaction id, which may begin with any digit.
      const entries = own.filter(({ collection }) => collection !== MARKER_COLLECTION);
      expect(entries.filter(({ key }) => key.startsWith('d')).map(({ key, value }) => [key, toHex(sha256(value!))])).toEqual(section.writes.map(({ ledgerKey, effect }) => [`d${toHex(ledgerKey)}`, toHex(effect.value as Uint8Array)]));
      expect(entries.filter(({ key }) => key.startsWith('g'))).toHaveLength(section.guardsWritten.length);
      expect(own.filter(({ collection }) => collection === MARKER_COLLECTION).map(({ key }) => key)).toEqual([markerKey(txId)]);
      expect(reads).toContain(`${section.contract}/${MARKER_COLLECTION}/${markerKey(txId)}`);
    }
    expect(new Set(writes.map(({ chaincode }) => chaincode))).toEqual(new Set([TEST_CONTRACT, 'bank']));
    expect(event?.name).toBe(EVENT_NAME);
  });

  it('answers one response, with the targets and facts of both', async () => {
    const targetData = targetDataOf();
    const { response } = await simulate(targetData);
    const { cores, endorsementPayload } = parseFabricEndorsement(response.payload);
    expect(cores.map(toHex)).toEqual(targetData.cores.map(toHex));
    expect(toHex(endorsementPayload)).toBe(toHex(encodeMessage(EndorsementPayloadSchema, createEndorsementPayload(consortium, targetData))));
  });

  it('reads each section’s entries in its own namespace, and refuses the whole where one is another by now', async () => {
    const old = Buffer.from('old packet');
    const ledgerKey = `d${toHex(bank.keys.names.ledgerKey('', 'k'))}`;
    const targetData = targetDataOf({ reads: [{ key: 'k', packetHash: sha256(old) }] });
    expect(await refusal(targetData)).toBe('STALE_READ');
    peer.put(TEST_CONTRACT, 'selvedge_houses', ledgerKey, old);
    expect(await refusal(targetData)).toBe('STALE_READ');
    peer.put('bank', 'selvedge_houses', ledgerKey, old);
    expect(await refusal(targetData)).toBeUndefined();
    const invoked = targetDataOf({}, { reads: [{ key: 'k', packetHash: sha256(old) }] });
    expect(await refusal(invoked)).toBe('STALE_READ');
  });

  it('is refused where either contract has the transaction already', async () => {
    const targetData = targetDataOf();
    const { txId } = parseCore(targetData.cores[0]!);
    for (const contract of ['bank', TEST_CONTRACT]) {
      peer.put(contract, MARKER_COLLECTION, markerKey(txId), Uint8Array.of(1));
      expect(await refusal(targetData)).toBe('DUPLICATE_TXID');
      peer.put(contract, MARKER_COLLECTION, markerKey(txId), undefined);
    }
    expect(await refusal(targetData)).toBeUndefined();
  });

  it('is refused with a section that was dropped, added or changed after it was signed', async () => {
    const change = (edit: (sections: ReturnType<typeof parseCore>['sections']) => void): Promise<string | undefined> => {
      const genuine = targetDataOf();
      const altered = targetDataOf({}, { changeCore: (core) => { edit(core.sections); } });
      genuine.cores = altered.cores;
      return refusal(genuine);
    };
    expect(await change((sections) => { sections.pop(); })).toBe('TEE_SIGNATURE_INVALID');
    expect(await change((sections) => { sections[1]!.writes = []; })).toBe('TEE_SIGNATURE_INVALID');
    const single = createTargetData({ consortium, nodes: [node] });
    single.cores = targetDataOf().cores;
    expect(await refusal(single)).toBe('TEE_SIGNATURE_INVALID');
  });
});

describe('a called contract’s endorsement chaincode', () => {
  const alone = (chaincode: string, targetData: TargetData, fn = ENDORSE_CALLED_FUNCTION, name = 'bank'): Promise<string | undefined> =>
    refusal(targetData, { chaincode, fn, params: fn === ENDORSE_FUNCTION ? [] : [name] });

  it('writes nothing when a client calls it by itself', async () => {
    expect(await alone('bank', targetDataOf())).toBe('TARGET_DATA_INCONSISTENT');
    expect(await alone('bank', targetDataOf(), ENDORSE_FUNCTION)).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('nor the first contract’s when it is called as if it were not the first', async () => {
    expect(await alone(TEST_CONTRACT, targetDataOf(), ENDORSE_CALLED_FUNCTION, TEST_CONTRACT)).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('nor for a chaincode of somebody else, whatever it calls', async () => {
    const forward = (args: readonly string[]): Chaincode => ({
      Init: () => Promise.reject(new Error()),
      Invoke: async (stub) => {
        const { status, message = '' } = await stub.invokeChaincode('bank', [...args], 'trade');
        return { status, message, payload: Buffer.alloc(0) };
      },
    });
    peer.chaincodes.set('rogue', forward([ENDORSE_CALLED_FUNCTION, 'bank']));
    expect(await alone('rogue', targetDataOf())).toBe('TARGET_DATA_INCONSISTENT');
    peer.chaincodes.set('rogue', forward([ENDORSE_FUNCTION]));
    expect(await alone('rogue', targetDataOf())).toBe('INVALID_CONFIGURATION');
  });

  it('nor for target data that does not name it', async () => {
    const other = consortium.addContract('assay');
    addEndorsement(peer, consortium, other);
    expect(await refusal(targetDataOf(), { chaincode: 'assay', fn: ENDORSE_CALLED_FUNCTION, params: ['assay'] })).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('must be there, endorse for this contract, and agree', async () => {
    peer.chaincodes.set('bank', endorsementChaincode(consortium, { contract: 'assay' }));
    expect(await refusal(targetDataOf())).toBe('INVALID_CONFIGURATION');
    const answering = (status: number, payload: Uint8Array, message = ''): Chaincode => ({ Init: () => Promise.reject(new Error()), Invoke: () => Promise.resolve({ status, message, payload: Buffer.from(payload) }) });
    peer.chaincodes.set('bank', answering(200, new Uint8Array(32)));
    expect(await refusal(targetDataOf())).toBe('INVALID_CONFIGURATION');
    peer.chaincodes.set('bank', answering(200, new Uint8Array(0)));
    expect(await refusal(targetDataOf())).toBe('MALFORMED_MESSAGE');
    peer.chaincodes.set('bank', answering(500, new Uint8Array(32), 'who are you'));
    expect(await refusal(targetDataOf())).toBe('UNAVAILABLE');
    peer.chaincodes.delete('bank');
    expect(await refusal(targetDataOf())).toBe('UNAVAILABLE');
  });
});

it('a refusal of a called one leaves nothing of the first one’s', async () => {
  peer.collections.set('bank', new Set());
  const { response, writes } = await simulate(targetDataOf());
  expect(response.message).toMatch(/^INVALID_CONFIGURATION: .*selvedge-marker/);
  expect(writes).toEqual([]);
});
