import { SelvedgeError } from '@selvedge/errors';
import { suiteByName, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium, type TestContract } from '@selvedge/fixtures';
import { createOwnerKeys, encodeContractNames, facts } from '@selvedge/policy';
import { contentGuardKey, GuardKind, LIMITS, PacketHeaderSchema, PacketSchema, parseMessage, readSetDigest, RequestKind, StorageMode, type ContractSection } from '@selvedge/protocol';
import { openPacket, requestDigest } from '@selvedge/sealed-objects';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, heldKeysOf, placeOf, sealTestPacket, viewOf } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { transactionSeed } from './domain/seeds.js';
import { type TestChaincode } from './node.test.support.js';
import type { OpenedContract, StateCalls } from './ports.js';
import { bytes, createSubmitter, text, type Run, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;
let bank: TestContract;

beforeEach(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode({ binding: { nodeId: 'compute-1' } });
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  bank = net.addContract('bank');
  admit(bank, net.addContract('assay'));
});

/** Lets the node see the ledger as it is, with these contracts' keys. */
function admit(...others: readonly TestContract[]): void {
  on.test.view = viewOf(net);
  on.test.keys = heldKeysOf(net, certified, [1n, 2n], others);
}

const epochs = (list: Readonly<Record<string, bigint>> = { assay: 1n, bank: 1n }): { body: { calledEpochs: { contract: string; epoch: bigint }[] } } => ({
  body: { calledEpochs: Object.entries(list).map(([contract, epoch]) => ({ contract, epoch })) },
});
const openAs = (state: StateCalls, contract: string, change: { channel?: string; args?: Uint8Array[] } = {}): Promise<OpenedContract> =>
  state.openContract({ channel: net.channel, contract, args: [bytes('f')], ...change });
const open = (state: StateCalls, contract = 'bank'): Promise<OpenedContract> => openAs(state, contract);
const submit = (chaincode: (state: StateCalls) => Promise<unknown>, change = epochs()): Promise<Run> => on.submit(async (state) => { await chaincode(state); return {}; }, change);
const refusalOf = async (chaincode: (state: StateCalls) => Promise<unknown>, change: ReturnType<typeof epochs> = epochs()): Promise<string | undefined> => (await submit(chaincode, change)).response.refusal?.code;
const WHOLE = { text: '{"selector":{}}', pageSize: undefined, bookmark: '' };
const calling: TestChaincode = async (state) => {
  await open(state);
  return {};
};

/** The network's parts as the packets of another contract need them. */
const partsOf = ({ policy, keys }: TestContract) => ({ ...net, contract: policy.name, contractPolicy: policy, contractKeys: keys });
function storeIn(contract: TestContract, key: string, value: string): string {
  const packet = sealTestPacket(partsOf(contract), { key, value });
  on.business.put('houses', packet.bytes);
  return toHex(packet.hash);
}

describe('a called contract', () => {
  it('gives its own namespace’s values and its own approved code', async () => {
    on.store('k', 'mine');
    storeIn(bank, 'k', 'theirs');
    const seen: (string | undefined)[] = [];
    await submit(async (state) => {
      const { codeHash, state: theirs } = await open(state);
      expect(toHex(codeHash)).toBe(toHex(bank.policy.codeHash));
      seen.push(text(await state.getState('', 'k')), text(await theirs.getState('', 'k')));
    });
    expect(seen).toEqual(['mine', 'theirs']);
  });

  it('has a section of its own after the invoked one, with its own packets, read-set digest, guards, code and policy version', async () => {
    on.store('k', 'mine');
    const version = storeIn(bank, 'k', 'theirs');
    const { core, targetData } = await submit(async (state) => {
      const { state: theirs } = await open(state);
      await state.putState('', 'k', bytes('mine too'));
      await theirs.getState('', 'k');
      await theirs.putState('', 'k', bytes('theirs too'));
      await theirs.putState('', 'new', bytes('n'));
    });
    const [first, second] = core.sections as [ContractSection, ContractSection];
    expect(core.sections.map(({ contract }) => contract)).toEqual([net.contract, 'bank']);
    expect([toHex(second.codeHash), second.policyVersion, second.keyEpoch]).toEqual([toHex(bank.policy.codeHash), bank.policy.policyVersion, 1n]);
    expect(second.reads.map(({ ledgerKey, packetHash }) => [toHex(ledgerKey), toHex(packetHash)])).toEqual([[toHex(placeOf(partsOf(bank), '', 'k').ledgerKey), version]]);
    expect([first.reads.length, first.writes.length, second.writes.length]).toEqual([0, 1, 2]);
    expect(second.guardsWritten.map(({ guardKey }) => toHex(guardKey))).toEqual([toHex(placeOf(partsOf(bank), '', 'new').membershipGuard)]);
    const opened = targetData!.attachments!.packets.map((packet) => {
      const header = parseMessage(PacketHeaderSchema, parseMessage(PacketSchema, packet, LIMITS.maxPacketBytes).header, LIMITS.maxHeaderBytes);
      const keys = header.contract === 'bank' ? bank.keys : net.contractKeys;
      const { key, value } = openPacket(packet, { dataKey: () => keys.dataKey, expected: { channel: net.channel, contract: header.contract, dataset: '', ledgerKey: header.ledgerKey } });
      return { contract: header.contract, key, value: text(value), digest: toHex(header.readSetDigest) };
    });
    expect(opened).toContainEqual({ contract: net.contract, key: 'k', value: 'mine too', digest: toHex(readSetDigest(first.reads)) });
    expect(opened).toContainEqual({ contract: 'bank', key: 'k', value: 'theirs too', digest: toHex(readSetDigest(second.reads)) });
    expect(opened).toHaveLength(3);
  });

  it('has a section even when it reads and writes nothing, and sections come in the order of their names', async () => {
    const { core } = await submit(async (state) => {
      await open(state, 'bank');
      await open((await open(state, 'bank')).state, 'assay');
    });
    expect(core.sections.map(({ contract, reads, writes }) => [contract, reads.length, writes.length])).toEqual([[net.contract, 0, 0], ['assay', 0, 0], ['bank', 0, 0]]);
  });

  it('goes on where it was when it is called again, and sees nothing of its own writes', async () => {
    storeIn(bank, 'k', 'old');
    const { core } = await submit(async (state) => {
      await (await open(state)).state.putState('', 'k', bytes('new'));
      const again = (await open((await open(state, 'assay')).state)).state;
      expect(text(await again.getState('', 'k'))).toBe('old');
      await again.putState('', 'l', bytes('l'));
    });
    expect(core.sections.map(({ contract, reads, writes }) => [contract, reads.length, writes.length])).toEqual([[net.contract, 0, 0], ['assay', 0, 0], ['bank', 1, 2]]);
  });

  it('draws its own randomness in each run, the same at every node', async () => {
    const seeds: string[] = [];
    const { request } = await submit(async (state) => {
      for (const name of ['bank', 'bank', 'assay']) {
        const { seed, idleSeed } = await open(state, name);
        seeds.push(toHex(seed), toHex(idleSeed));
      }
    });
    const { signedRequest, transactionKey } = request;
    const { randomKey } = bank.keys;
    const digest = requestDigest(net.contractPolicy.suite, transactionKey, signedRequest);
    expect([seeds[0], seeds[2]]).toEqual([0, 1].map((run) => toHex(transactionSeed(randomKey, 'bank', digest, run))));
    expect(seeds[1]).toBe(seeds[3]);
    expect(new Set(seeds).size).toBe(5);
  });

  it('takes no update while its names are migrated, and answers queries', async () => {
    storeIn(bank, 'k', 'theirs');
    net.state.setFact(facts.nameKeys('bank'), encodeContractNames({ phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [new Uint8Array(1)] }));
    expect(await refusalOf(async (state) => { await (await open(state)).state.getState('', 'k'); })).toBe('CONTRACT_MIGRATING');
    expect(await refusalOf((state) => state.getState('', 'k'))).toBeUndefined();
    const change = { body: { ...epochs().body, kind: RequestKind.EVALUATE } };
    expect(text((await on.submit(async (state) => ({ payload: (await (await open(state)).state.getState('', 'k'))! }), change)).response.payload)).toBe('theirs');
  });

  it('may be evaluated, which records nothing', async () => {
    storeIn(bank, 'k', 'theirs');
    const change = { body: { ...epochs().body, kind: RequestKind.EVALUATE } };
    const run = await on.submit(async (state) => ({ payload: (await (await open(state)).state.getState('', 'k'))! }), change);
    expect([text(run.response.payload), run.targetData]).toEqual(['theirs', undefined]);
  });

  it('keeps its own membership rules towards the creator', async () => {
    const closed = net.addContract('closed', { datasets: [{ name: '', ownerSet: 'houses' }, { name: 'borealisStones', ownerSet: 'borealis', members: ['BorealisMSP'], memberOnlyRead: true, memberOnlyWrite: true }] });
    admit(closed);
    const run = async (state: StateCalls): Promise<unknown> => (await open(state, 'closed')).state.getState('borealisStones', 'k');
    expect(await refusalOf(run, epochs({ closed: 1n }))).toBe('DATASET_ACCESS_DENIED');
  });

  it('cannot write after the caller’s query of a dataset that keeps no content guard', async () => {
    const query = (state: StateCalls): Promise<unknown> => state.query('', WHOLE);
    expect(await refusalOf(async (state) => { await query(state); await (await open(state)).state.putState('', 'k', bytes('v')); })).toBe('CHAINCODE_UNSUPPORTED');
    expect(await refusalOf(async (state) => { await query((await open(state)).state); await state.putState('', 'k', bytes('v')); })).toBe('CHAINCODE_UNSUPPORTED');
    expect(await refusalOf(async (state) => { await query((await open(state)).state); })).toBeUndefined();
  });

  it('reads content guards of its own name', async () => {
    const guarded = net.addContract('guarded', { datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }] });
    admit(guarded);
    const { core } = await submit(async (state) => (await open(state, 'guarded')).state.query('', WHOLE), epochs({ guarded: 1n }));
    expect(core.sections[1]?.guardsRead.map(({ guardKey, kind }) => [toHex(guardKey), kind])).toEqual([[toHex(contentGuardKey('guarded', '')), GuardKind.CONTENT]]);
  });

  it('shares the limit of written bytes', async () => {
    const half = bytes('x'.repeat(3 * 1024 * 1024));
    expect(await refusalOf(async (state) => { await state.putState('', 'k', half); await (await open(state)).state.putState('', 'k', half); })).toBe('CHAINCODE_LIMIT');
  });

  it('withholds state no less than the caller may: a fetch that it swallowed fails the transaction', async () => {
    on.business.tamper = (answer) => ({ ...answer, nonce: new Uint8Array(16) });
    const swallow = async (state: StateCalls): Promise<unknown> => (await open(state)).state.getState('', 'k').catch(() => undefined);
    expect(await refusalOf(swallow)).toBe('STATE_FORGED');
  });
});

describe('its key epoch', () => {
  it('is what the request fixes, current or previous', async () => {
    net.setEpoch('bank', 2n);
    admit(bank);
    for (const epoch of [1n, 2n]) expect((await submit(open, epochs({ bank: epoch }))).core.sections[1]?.keyEpoch).toBe(epoch);
  });

  it.each<[string, Readonly<Record<string, bigint>>, () => void]>([
    ['KEY_EPOCH_UNKNOWN', {}, () => undefined],
    ['KEY_EPOCH_UNKNOWN', { bank: 2n }, () => undefined],
    ['KEY_EPOCH_RETIRED', { bank: 1n }, () => { net.setEpoch('bank', 3n); }],
    ['KEY_EPOCH_REVOKED', { bank: 1n }, () => { net.state.setFact(facts.revokedEpoch('bank', 1n), bytes('lost')); }],
  ])('is refused with %s, for %o', async (code, list, prepare) => {
    prepare();
    on.test.view = viewOf(net);
    expect(await refusalOf(open, epochs(list))).toBe(code);
    expect(on.test.renewals).toBe(0);
  });

  it('is waited for when the node lacks its keys, for which it asks again', async () => {
    on.test.keys = heldKeysOf(net, certified);
    expect(await refusalOf(open)).toBe('NOT_READY');
    expect(on.test.renewals).toBe(1);
  });

  it('may be mended under the same transaction id', async () => {
    on.test.chaincode = calling;
    const nonce = new Uint8Array(24).fill(3);
    const ask = async (list: Readonly<Record<string, bigint>>): Promise<string | undefined> => {
      const request = buildRequest(on.client, { body: { ...epochs(list).body, nonce } });
      return request.open(await on.test.execute(request)).refusal?.code;
    };
    expect(await ask({ bank: 2n })).toBe('KEY_EPOCH_UNKNOWN');
    expect(await ask({ bank: 1n })).toBeUndefined();
  });

  it('list is refused unsorted, twice or too long', async () => {
    const refused = async (list: readonly string[]): Promise<string | undefined> => refusalOf(() => Promise.resolve(), { body: { calledEpochs: list.map((contract) => ({ contract, epoch: 1n })) } });
    expect(await refused(['bank', 'assay'])).toBe('MALFORMED_MESSAGE');
    expect(await refused(['bank', 'bank'])).toBe('MALFORMED_MESSAGE');
    const many = Array.from({ length: LIMITS.maxCalledContracts + 1 }, (_, i) => `c${String(i).padStart(5, '0')}`);
    expect(await refused(many)).toBe('LIMIT_EXCEEDED');
    expect(await refused(many.slice(1))).toBeUndefined();
  });
});

describe('a call is refused', () => {
  it('for a contract that is not on the ledger', async () => {
    expect(await refusalOf((state) => open(state, 'nobody'), epochs())).toBe('CALLED_CONTRACT_UNKNOWN');
  });

  it('for a contract that the client saw on the ledger, and the node not yet', async () => {
    expect(await refusalOf((state) => open(state, 'nobody'), epochs({ nobody: 1n }))).toBe('CONTRACT_UNKNOWN');
  });

  it('for a contract that is assigned to other nodes', async () => {
    admit(net.addContract('elsewhere', { keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] }] }));
    expect(await refusalOf((state) => open(state, 'elsewhere'), epochs({ elsewhere: 1n }))).toBe('CONTRACT_NOT_ASSIGNED');
  });

  it('for a contract of another suite: one transaction has one', async () => {
    admit(net.addContract('curve', { suite: 'X25519-ED25519-AES256GCM-SHA256' }));
    expect(await refusalOf((state) => open(state, 'curve'), epochs({ curve: 1n }))).toBe('UNKNOWN_SUITE');
  });

  it('for a function that is gated on commit, on the first call and on a later one', async () => {
    admit(net.addContract('gated', { gatedFunctions: ['secret'] }));
    expect(await refusalOf((state) => openAs(state, 'gated', { args: [bytes('secret')] }), epochs({ gated: 1n }))).toBe('FEATURE_UNSUPPORTED');
    expect(await refusalOf(async (state) => { await open(state, 'gated'); await openAs(state, 'gated', { args: [bytes('secret')] }); }, epochs({ gated: 1n }))).toBe('FEATURE_UNSUPPORTED');
  });

  it('that writes to a dataset in plaintext, where the transaction is gated on commit: its owners could open the value before', async () => {
    const { publicKey } = suiteByName(net.contractPolicy.suite).generateKemKeyPair();
    const { network, channel } = net;
    for (const mspId of net.contractPolicy.ownerSets.flatMap(({ owners }) => owners)) {
      net.state.setFact(facts.ownerKeys(mspId), createOwnerKeys(net.organisation(mspId).peer.signer, { network, channel, keys: [{ suite: net.contractPolicy.suite, publicKey }] }));
    }
    net.setContractPolicy({ gatedFunctions: ['close'], gateOrganisations: ['NorthMSP'], gateQuorum: 1 });
    admit(net.addContract('plain', { datasets: [{ name: '', ownerSet: 'houses', mode: StorageMode.PLAINTEXT }] }));
    const put = (state: StateCalls): Promise<unknown> => open(state, 'plain').then(({ state: theirs }) => theirs.putState('', 'k', bytes('prize')));
    const plain = epochs({ plain: 1n });
    expect((await submit(put, plain)).response.refusal?.code).toBeUndefined();
    const gated = await submit(put, { body: { ...plain.body, args: [bytes('close')] } } as never);
    expect([gated.response.refusal?.code, gated.targetData]).toEqual(['FEATURE_UNSUPPORTED', undefined]);
  });

  it('for what a contract with gated functions is said to hold, and too few confirm', async () => {
    admit(net.addContract('gated', { gatedFunctions: ['secret'] }));
    const read = (state: StateCalls): Promise<unknown> => open(state, 'gated').then(({ state: theirs }) => theirs.getState('', 'k'));
    expect(await refusalOf(read, epochs({ gated: 1n }))).toBeUndefined();
    for (const follower of on.test.followers) follower.failure = new SelvedgeError('UNAVAILABLE', 'away');
    expect(await refusalOf(read, epochs({ gated: 1n }))).toBe('STATE_UNCONFIRMED');
  });

  it('for another channel, by name', async () => {
    const { response } = await submit((state) => openAs(state, 'bank', { channel: 'wholesale' }));
    expect([response.refusal?.code, response.refusal?.message]).toEqual(['CHANNEL_NOT_SERVED', 'contract bank is to be called on channel wholesale, which this compute node does not serve']);
  });

  it('for a ledger view that only its owners vouch for', async () => {
    // One house alone owns the invoked contract, so that others vouch for its state; all of them own the called one.
    net.setContractPolicy({ ownerSets: [{ name: 'houses', owners: ['AuroraMSP'], endorsementPolicy: net.contractPolicy.endorsementPolicy }], datasets: [{ name: '', ownerSet: 'houses' }] });
    on.test.view = viewOf(net, { supporters: ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'] });
    expect(await refusalOf(() => Promise.resolve())).toBeUndefined();
    expect(await refusalOf(open)).toBe('VIEW_QUORUM_UNREACHABLE');
  });

  it('beyond the number of contracts that a core can hold', async () => {
    const names = Array.from({ length: LIMITS.maxSections }, (_, i) => `c${String(i).padStart(2, '0')}`);
    admit(...names.map((name) => net.addContract(name)));
    const list = epochs(Object.fromEntries(names.map((name) => [name, 1n])));
    const callAll = (count: number) => async (state: StateCalls): Promise<unknown> => { for (const name of names.slice(0, count)) await open(state, name); return undefined; };
    expect((await submit(callAll(LIMITS.maxSections - 1), list)).core.sections).toHaveLength(LIMITS.maxSections);
    expect(await refusalOf(callAll(LIMITS.maxSections), list)).toBe('CHAINCODE_LIMIT');
  });
});
