import { sha256 } from '@selvedge/crypto';
import { ENDORSE_FUNCTION, entryKey, guardEntryKey, MARKER_COLLECTION, markerKey, parseRefusalText, POLICY_CHAINCODE, TARGET_DATA_FIELD } from '@selvedge/fabric';
import { createTargetData, createTestConsortium, randomTxId, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { encodeMessage, FactsAnswerSchema, membershipGuardKey, LIMITS, parseMessage, TargetDataSchema, type Core, type FactsAnswer, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEndorsingPeer, endorseCall, endorsementChaincode, policyChaincode, setFacts } from './testdata/fabric-setting.js';
import type { FakeCall, FakePeer } from './testdata/fake-peer.js';

let consortium: TestConsortium;
let node: TestComputeNode;
let peer: FakePeer;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  peer = createEndorsingPeer(consortium);
});
afterEach(() => {
  consortium.restore();
});

const targetDataOf = (input: Partial<TargetDataInput> = {}): TargetData => createTargetData({ consortium, nodes: [node], ...input });

/** Code of the refusal as a client reads it; nothing may have been written. */
async function refusalOf(call: FakeCall): Promise<string | undefined> {
  const { response, writes, event } = await peer.simulate(call);
  if (response.status === 200) return undefined;
  expect(response.status).toBe(500);
  expect(response.payload).toHaveLength(0);
  expect(writes).toEqual([]);
  expect(event).toBeUndefined();
  expect(response.message).toMatch(/^[A-Z_]+: /);
  return parseRefusalText(`chaincode response 500, ${response.message}`)?.code;
}
const refusal = (input: Partial<TargetDataInput> = {}): Promise<string | undefined> => refusalOf(endorseCall(consortium, targetDataOf(input)));

describe('calls that are refused', () => {
  it('on another channel, whatever is there', async () => {
    peer.chaincodes.delete(POLICY_CHAINCODE);
    expect(await refusalOf({ ...endorseCall(consortium, targetDataOf()), channel: 'elsewhere' })).toBe('WRONG_CHANNEL');
  });

  it('under another name than the contract’s', async () => {
    peer.chaincodes.set('impostor', endorsementChaincode(consortium));
    expect(await refusalOf({ ...endorseCall(consortium, targetDataOf()), chaincode: 'impostor' })).toBe('INVALID_CONFIGURATION');
  });

  it('with arguments, which would be in the block', async () => {
    expect(await refusalOf({ ...endorseCall(consortium, targetDataOf()), params: ['x'] })).toBe('MALFORMED_MESSAGE');
  });

  it.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    ['nothing', {}, 'MALFORMED_MESSAGE'],
    ['another field', { target: Uint8Array.of(1) }, 'MALFORMED_MESSAGE'],
    ['an empty field', { [TARGET_DATA_FIELD]: new Uint8Array(0) }, 'MALFORMED_MESSAGE'],
    ['garbage', { [TARGET_DATA_FIELD]: new Uint8Array(64).fill(0xff) }, 'MALFORMED_MESSAGE'],
    ['too much', { [TARGET_DATA_FIELD]: new Uint8Array(LIMITS.maxMessageBytes + 1) }, 'MESSAGE_TOO_LARGE'],
  ])('with %s in transient data', async (_name, transient, code) => {
    expect(await refusalOf({ chaincode: TEST_CONTRACT, fn: ENDORSE_FUNCTION, transient })).toBe(code);
  });
});

describe('target data that is refused', () => {
  it('for what its core says', async () => {
    const change = (edit: (core: Core) => void): Promise<string | undefined> => refusal({ changeCore: edit });
    expect(await change((core) => { core.sections[0]!.contract = 'emeralds'; })).toBe('TARGET_DATA_INCONSISTENT');
    expect(await change((core) => { core.sections.push({ ...core.sections[0]!, contract: 'emeralds' }); })).toBe('CONTRACT_UNKNOWN');
    expect(await change((core) => { core.network = 'elsewhere'; })).toBe('WRONG_NETWORK');
    expect(await change((core) => { core.channel = 'elsewhere'; })).toBe('WRONG_CHANNEL');
    expect(await change((core) => { core.sections[0]!.keyEpoch = 2n; })).toBe('KEY_EPOCH_UNKNOWN');
    expect(await change((core) => { core.sections[0]!.keyEpoch = 0n; })).toBe('KEY_EPOCH_UNKNOWN');
    expect(await change((core) => { core.sections[0]!.keyEpoch = 2n ** 64n - 1n; })).toBe('KEY_EPOCH_UNKNOWN');
    expect(await change((core) => { core.sections[0]!.reads = [{ ...core.sections[0]!.writes[0]!, $typeName: 'selvedge.v1.ReadEntry', ownerSet: 'nobody', packetHash: new Uint8Array(32), legacyValueHash: new Uint8Array(0) }]; })).toBe('OWNER_SET_MISMATCH');
  });

  it('for its TEE signatures', async () => {
    expect(await refusal({ nodes: [] })).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await refusal({ changeSigned: ({ attachments }) => { attachments!.teeSignatures[0]!.signature.fill(1); } })).toBe('TEE_SIGNATURE_INVALID');
    expect(await refusal({ changeSigned: ({ attachments }) => { attachments!.teeSignatures[0]!.certificate = new Uint8Array(64); } })).toBe('TEE_CERTIFICATE_INVALID');
    const many = Array.from({ length: LIMITS.maxIdentities + 1 }, () => node);
    const { response, reads } = await peer.simulate(endorseCall(consortium, targetDataOf({ nodes: many })));
    expect(response.message).toMatch(/^LIMIT_EXCEEDED: /);
    expect(reads).toEqual([]);
    const unheard = await consortium.issueComputeNode({ binding: { nodeId: 'a/../profile', epoch: 2n ** 64n - 1n } });
    expect(await refusal({ nodes: [unheard] })).toBe('TEE_CERTIFICATE_EXPIRED');
    peer = createEndorsingPeer(consortium, { now: () => new Date(consortium.now.getTime() + 2 * 3_600_000) });
    expect(await refusal()).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it('because its transaction is on the ledger: by the marker', async () => {
    const targetData = targetDataOf();
    expect((await peer.submit(endorseCall(consortium, targetData))).response.status).toBe(200);
    expect(await refusalOf(endorseCall(consortium, targetData))).toBe('DUPLICATE_TXID');
    const txId = randomTxId();
    peer.put(TEST_CONTRACT, MARKER_COLLECTION, markerKey(txId), Uint8Array.of(1));
    expect(await refusal({ txId })).toBe('DUPLICATE_TXID');
  });

  it('because a value that it read is another, gone, or there by now', async () => {
    const ledgerKey = entryKey(consortium.contractKeys.names.ledgerKey('', 'stone-1'));
    const old = Buffer.from('old packet');
    const reads = [{ key: 'stone-1', packetHash: sha256(old) }];
    expect(await refusal({ reads })).toBe('STALE_READ');
    peer.put(TEST_CONTRACT, 'selvedge_houses', ledgerKey, old);
    expect(await refusal({ reads })).toBeUndefined();
    expect(await refusal({ reads: [{ key: 'stone-1' }] })).toBe('STALE_READ');
    peer.put(TEST_CONTRACT, 'selvedge_houses', ledgerKey, Buffer.from('new packet'));
    expect(await refusal({ reads })).toBe('STALE_READ');
  });

  it('because a guard that it read was written since, whatever it names as the guard’s value', async () => {
    const key = membershipGuardKey(consortium.contractKeys.names.datasetTag('', ''));
    const [before, since] = [randomTxId(), randomTxId()];
    const reading = (guardTxId: Uint8Array): Promise<string | undefined> => refusal({ setReads: [{ guardTxId }] });
    expect(await reading(new Uint8Array(0))).toBeUndefined();
    expect(await reading(before)).toBe('STALE_GUARD');
    peer.put(TEST_CONTRACT, 'selvedge_houses', guardEntryKey(key), before);
    expect(await reading(before)).toBeUndefined();
    expect(await reading(new Uint8Array(0))).toBe('STALE_GUARD');
    peer.put(TEST_CONTRACT, 'selvedge_houses', guardEntryKey(key), since);
    // The ledger shows the hash of the guard's value: naming that, or what stands for "another", must not pass.
    for (const named of [before, sha256(since), Uint8Array.of(0), Uint8Array.of(...before, 0), new Uint8Array(0)]) expect(await reading(named)).toBe('STALE_GUARD');
  });

  it('because two writes fall on one entry of a collection', async () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'copies', ownerSet: 'houses' }] });
    setFacts(peer, consortium);
    const key = consortium.contractKeys.names.ledgerKey('', 'stone-1');
    const writes = [{ key: 'stone-1' }, { dataset: 'copies', key: 'stone-1' }];
    expect(await refusal({ writes })).toBeUndefined();
    expect(await refusal({ writes, changeCore: (core) => { for (const write of core.sections[0]!.writes) write.ledgerKey = key; } })).toBe('TARGET_DATA_INCONSISTENT');
  });
});

describe('a ledger that is not as it should be', () => {
  it('has no profile yet, or another network’s', async () => {
    peer.put(POLICY_CHAINCODE, '', facts.profile, undefined);
    expect(await refusal()).toBe('NOT_READY');
    const other = await createTestConsortium({ network: 'other-network' });
    peer.put(POLICY_CHAINCODE, '', facts.profile, other.signedProfile);
    expect(await refusal()).toBe('WRONG_NETWORK');
    const elsewhere = await createTestConsortium({ channel: 'elsewhere' });
    peer.put(POLICY_CHAINCODE, '', facts.profile, elsewhere.signedProfile);
    expect(await refusal()).toBe('WRONG_CHANNEL');
  });

  it('knows no such contract', async () => {
    peer.put(POLICY_CHAINCODE, '', facts.contract(TEST_CONTRACT), undefined);
    expect(await refusal()).toBe('CONTRACT_UNKNOWN');
  });

  it('lacks a collection: the operator is told which', async () => {
    peer.collections.set(TEST_CONTRACT, new Set());
    const { response } = await peer.simulate(endorseCall(consortium, targetDataOf()));
    expect(response.message).toMatch(/^INVALID_CONFIGURATION: .*selvedge-marker/);
    peer.collections.set(TEST_CONTRACT, new Set([MARKER_COLLECTION]));
    expect((await peer.simulate(endorseCall(consortium, targetDataOf()))).response.message).toMatch(/^INVALID_CONFIGURATION: .*write collection selvedge_houses/);
  });
});

describe('a policy chaincode that', () => {
  const lies = (change: (answer: FactsAnswer) => void): void => {
    const honest = policyChaincode(consortium);
    peer.chaincodes.set(POLICY_CHAINCODE, {
      ...honest,
      Invoke: async (stub) => {
        const response = await honest.Invoke(stub);
        const answer = parseMessage(FactsAnswerSchema, response.payload, LIMITS.maxMessageBytes);
        change(answer);
        return { ...response, payload: Buffer.from(encodeMessage(FactsAnswerSchema, answer)) };
      },
    });
  };

  it('does not answer, or refuses, is named', async () => {
    peer.chaincodes.delete(POLICY_CHAINCODE);
    expect(await refusal()).toBe('UNAVAILABLE');
    peer.chaincodes.set(POLICY_CHAINCODE, { Init: () => Promise.reject(new Error()), Invoke: async () => ({ status: 500, message: 'OVERLOADED: later', payload: Buffer.alloc(0) }) });
    expect(await refusal()).toBe('OVERLOADED');
    peer.chaincodes.set(POLICY_CHAINCODE, { Init: () => Promise.reject(new Error()), Invoke: async () => ({ status: 500, message: 'who are you', payload: Buffer.alloc(0) }) });
    expect(await refusal()).toBe('UNAVAILABLE');
  });

  it.each<[string, (answer: FactsAnswer) => void]>([
    ['answers less than was asked', ({ facts: answered }) => { answered.pop(); }],
    ['answers more than was asked', ({ facts: answered }) => { answered.push(answered[0]!); }],
    ['answers another fact', ({ facts: answered }) => { answered[0]!.key = 'contract/emeralds'; }],
    ['answers a value that is not of the hash', ({ facts: answered }) => { answered.find(({ value }) => value.length > 0)!.value.fill(1, 0, 1); }],
    ['leaves out a value that is not known', ({ facts: answered }) => { answered.find(({ value }) => value.length > 0)!.value = new Uint8Array(0); }],
  ])('%s is not believed', async (_name, change) => {
    lies(change);
    expect(await refusal()).toBe('INTERNAL');
  });
});

it('takes bytes that do not parse as such, whatever they are', async () => {
  const whole = encodeMessage(TargetDataSchema, targetDataOf());
  for (let length = 0; length < whole.length; length += 97) expect(await refusalOf(endorseCall(consortium, whole.slice(0, length)))).toBeDefined();
});
