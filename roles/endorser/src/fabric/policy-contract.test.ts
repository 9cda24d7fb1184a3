import { toHex } from '@selvedge/crypto';
import { ALL_FACTS_FUNCTION, APPLY_FUNCTION, FACTS_FUNCTION, isFactStateKey, parseRefusalText, POLICY_CHAINCODE } from '@selvedge/fabric';
import { createTestConsortium, createTestGenesis, createTestPolicyTransaction, createTestRevocation, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, encodeContractNames, facts, factHash, namesAfter, policyTransactionId, readContractNames, type FactReader, type FactUpdate } from '@selvedge/policy';
import { encodeMessage, FactsAnswerSchema, FactsQuerySchema, LIMITS, parseMessage, type FactsAnswer } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { policyChaincode } from './testdata/fabric-setting.js';
import { createFakePeer, type FakePeer } from './testdata/fake-peer.js';

let consortium: TestConsortium;
let peer: FakePeer;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  peer = createFakePeer();
  peer.chaincodes.set(POLICY_CHAINCODE, policyChaincode(consortium));
});

const reader: FactReader = { fact: (key) => peer.read(POLICY_CHAINCODE, '', key) };
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const call = (fn: string, ...params: string[]) => peer.submit({ chaincode: POLICY_CHAINCODE, fn, params });
/** Code of the refusal; undefined: applied. */
async function apply(transaction: Uint8Array): Promise<string | undefined> {
  const { response, writes } = await call(APPLY_FUNCTION, base64(transaction));
  if (response.status !== 200) expect(writes).toEqual([]);
  return response.status === 200 ? undefined : parseRefusalText(response.message)?.code;
}
const change = (updates: readonly FactUpdate[], approvals?: number): Uint8Array => createTestPolicyTransaction(consortium, updates, reader, approvals);
async function factsOf(fn: string, ...params: string[]): Promise<FactsAnswer['facts']> {
  const { response } = await call(fn, ...params);
  expect(response.message).toBe('');
  return parseMessage(FactsAnswerSchema, response.payload, LIMITS.maxMessageBytes).facts;
}
const bootstrap = async (): Promise<void> => {
  expect(await apply(createTestGenesis(consortium))).toBeUndefined();
  expect(await apply(change(consortium.state.factEntries().filter(({ key }) => key !== facts.profile)))).toBeUndefined();
};
/** A channel without keys, where a revocation stands for itself. */
const bootstrapWithoutKeys = async (): Promise<void> => {
  for (const name of [CHANNEL_EPOCH, consortium.contract]) consortium.state.setFact(facts.epoch(name, 1n), undefined);
  await bootstrap();
};

describe('the first policy change', () => {
  it('sets the pinned profile, and is answered with its id', async () => {
    const genesis = createTestGenesis(consortium);
    const { response } = await call(APPLY_FUNCTION, base64(genesis));
    expect(toHex(response.payload)).toBe(toHex(policyTransactionId(genesis)));
    expect(toHex(reader.fact(facts.profile)!)).toBe(toHex(consortium.signedProfile));
  });

  it('sets nothing beside it, and nothing else', async () => {
    const revoked = { key: facts.revokedNode('n'), value: Buffer.from('lost') };
    expect(await apply(change([revoked]))).toBe('POLICY_MALFORMED');
    expect(await apply(change([{ key: facts.profile, value: consortium.signedProfile }, revoked]))).toBe('POLICY_MALFORMED');
  });

  it('is refused when the profile is not the pinned one', async () => {
    const other = await createTestConsortium();
    peer.chaincodes.set(POLICY_CHAINCODE, policyChaincode(other));
    expect(await apply(createTestGenesis(consortium))).toBe('POLICY_APPROVALS_MISSING');
    // Same administrators, another profile.
    peer.chaincodes.set(POLICY_CHAINCODE, policyChaincode(consortium));
    expect(await apply(change([{ key: facts.profile, value: other.signedProfile }]))).toBe('PROFILE_MISMATCH');
  });
});

describe('later policy changes', () => {
  beforeEach(bootstrapWithoutKeys);

  it('record an organisation’s revocation lists, under which approvals count from then on', async () => {
    const admins = [...consortium.organisations.values()].map(({ admin }) => admin.signer);
    const recorded = await createTestRevocation(consortium, 'AuroraMSP', [consortium.organisation('AuroraMSP').admin.signer]);
    expect(await apply(change([recorded], 1))).toBeUndefined();
    expect(toHex(reader.fact(recorded.key)!)).toBe(toHex(recorded.value));
    // Four are needed, and the first is the revoked one.
    expect(admins[0]?.mspId).toBe('AuroraMSP');
    // One is judged by the facts that it names, the other by all facts.
    for (const update of [{ key: facts.brokerRoot, value: reader.fact(facts.brokerRoot) }, { key: facts.revokedNode('node-7'), value: Buffer.from('lost') }]) {
      expect(await apply(change([update], 4))).toBe('POLICY_APPROVALS_MISSING');
      expect(await apply(change([update], 5))).toBeUndefined();
    }
  });
  afterEach(() => {
    consortium.restore();
  });

  it('put and remove facts one key each, and nothing but facts shows', async () => {
    const key = facts.revokedNode('node-9');
    expect(await apply(change([{ key, value: Buffer.from('lost') }]))).toBeUndefined();
    expect(reader.fact(key)).toEqual(Buffer.from('lost'));
    expect(await apply(change([{ key, value: undefined }]))).toBeUndefined();
    expect(reader.fact(key)).toBeUndefined();
    const all = await factsOf(ALL_FACTS_FUNCTION);
    expect(all.map((fact) => [fact.key, toHex(fact.value)])).toEqual(consortium.state.factEntries().map((fact) => [fact.key, toHex(fact.value)]));
  });

  it('need approvals by administrators of enough organisations', async () => {
    const updates = [{ key: facts.revokedNode('node-9'), value: Buffer.from('lost') }];
    expect(await apply(change(updates, 3))).toBe('POLICY_APPROVALS_MISSING');
    expect(await apply(change(updates, 4))).toBeUndefined();
  });

  it('are refused when a fact is not as they expect, also the profile', async () => {
    const key = facts.revokedNode('node-9');
    const stale = change([{ key, value: Buffer.from('lost') }]);
    expect(await apply(change([{ key, value: Buffer.from('stolen') }]))).toBeUndefined();
    expect(await apply(stale)).toBe('POLICY_CONFLICT');
    expect(await apply(change([{ key: facts.profile, value: consortium.signedProfile }]))).toBe('PROFILE_INVALID');
  });

  it('apply once, though their facts are again as they expect', async () => {
    const key = facts.revokedNode('node-9');
    const revoke = change([{ key, value: Buffer.from('lost') }]);
    expect(await apply(revoke)).toBeUndefined();
    const release = change([{ key, value: undefined }]);
    expect(await apply(release)).toBeUndefined();
    expect(await apply(revoke)).toBe('DUPLICATE_TXID');
    expect(await apply(change([{ key, value: Buffer.from('lost') }]))).toBeUndefined();
    expect(await apply(release)).toBe('DUPLICATE_TXID');
    expect(reader.fact(key)).toBeDefined();
  });

  it('remember themselves under composite keys, which no fact has', async () => {
    const { writes } = await call(APPLY_FUNCTION, base64(change([{ key: facts.revokedNode('node-9'), value: Buffer.from('lost') }])));
    expect(writes.map(({ key }) => isFactStateKey(key))).toEqual([true, false]);
  });

  it('read every fact that they rest on', async () => {
    const key = facts.epoch(consortium.contract, 2n);
    for (const epoch of [1n, 2n]) consortium.setEpoch(consortium.contract, epoch);
    expect(await apply(change([{ key: facts.epoch(consortium.contract, 1n), value: consortium.state.fact(facts.epoch(consortium.contract, 1n)) }]))).toBeUndefined();
    const transaction = change([{ key, value: consortium.state.fact(key)! }]);
    const { response, reads } = await call(APPLY_FUNCTION, base64(transaction));
    expect(response.message).toBe('');
    for (const read of [facts.profile, facts.brokerRoot, key, facts.epoch(consortium.contract, 1n)]) expect(reads).toContain(`${POLICY_CHAINCODE}//${read}`);
  });

  it('judge a step of a name migration by the contract’s keys and policy', async () => {
    const keys = facts.epoch(consortium.contract, 1n);
    consortium.setEpoch(consortium.contract, 1n);
    expect(await apply(change([{ key: keys, value: consortium.state.fact(keys) }]))).toBeUndefined();
    const opened = namesAfter(readContractNames(reader, consortium.contract), { step: 'open', commitment: Buffer.from('no commitment') })!;
    const { response } = await call(APPLY_FUNCTION, base64(change([{ key: facts.nameKeys(consortium.contract), value: encodeContractNames(opened) }])));
    expect(parseRefusalText(response.message)).toMatchObject({ code: 'POLICY_MALFORMED', message: expect.stringContaining('name key commitment') as string });
  });
});

describe('revocations', () => {
  beforeEach(bootstrap);

  it('of a party open the next epochs of all keys, by the list of contracts, and are refused without', async () => {
    const revocation = { key: facts.revokedNode('node-9'), value: Buffer.from('lost') };
    expect(await apply(change([revocation]))).toBe('POLICY_MALFORMED');
    const whole = consortium.withNextEpochs([revocation]);
    consortium.addContract('rubies');
    const rubies = [facts.contract('rubies'), facts.epoch('rubies', 1n)].map((key) => ({ key, value: consortium.state.fact(key) }));
    consortium.restore();
    // Approved before another contract got its keys.
    const early = change(whole);
    expect(await apply(change(rubies))).toBeUndefined();
    expect(await apply(early)).toBe('POLICY_MALFORMED');
    for (const { key } of rubies) peer.put(POLICY_CHAINCODE, '', key, undefined);
    expect(await apply(early)).toBeUndefined();
    expect(await apply(change([{ key: revocation.key, value: undefined }]))).toBeUndefined();
  });

  it('of a key epoch open the next one, and read what that rests on', async () => {
    const { contract } = consortium;
    const revocation = { key: facts.revokedEpoch(contract, 1n), value: Buffer.from('leaked') };
    const opened = consortium.withNextEpochs([]).filter(({ key }) => key === facts.epoch(contract, 2n));
    const { response, reads } = await call(APPLY_FUNCTION, base64(change([revocation, ...opened])));
    expect(response.message).toBe('');
    for (const read of [facts.epoch(contract, 1n), facts.epoch(contract, 2n)]) expect(reads).toContain(`${POLICY_CHAINCODE}//${read}`);
    // The first epoch, revoked and alone, leaves no epoch in use.
    expect(await apply(change([{ key: facts.revokedEpoch(contract, 2n), value: Buffer.from('leaked') }]))).toBeUndefined();
  });
});

describe('questions for facts', () => {
  beforeEach(bootstrap);
  const query = (...asked: [string, Uint8Array?][]): string => base64(encodeMessage(FactsQuerySchema, { facts: asked.map(([key, knownHash]) => ({ key, knownHash: knownHash ?? new Uint8Array(0) })) }));

  it('are answered in order; what is known is left out, and read all the same', async () => {
    const asked = query([facts.brokerRoot], [facts.profile, factHash(consortium.signedProfile)], [facts.revokedNode('n')]);
    const answered = await factsOf(FACTS_FUNCTION, asked);
    expect(answered.map(({ key, hash, value }) => [key, hash.length, value.length > 0])).toEqual([[facts.brokerRoot, 32, true], [facts.profile, 32, false], [facts.revokedNode('n'), 0, false]]);
    const { reads } = await call(FACTS_FUNCTION, asked);
    expect(reads).toEqual([facts.brokerRoot, facts.profile, facts.revokedNode('n')].map((key) => `${POLICY_CHAINCODE}//${key}`));
  });

  it.each<[string, () => string, string]>([
    ['for what is no fact', () => query(['applied']), 'POLICY_MALFORMED'],
    ['for composite keys', () => query(['\u0000applied\u0000']), 'POLICY_MALFORMED'],
    ['for one fact twice', () => query([facts.profile], [facts.profile]), 'MALFORMED_MESSAGE'],
    ['for too many', () => query(...Array.from({ length: 1025 }, (_, i): [string] => [facts.revokedNode(`n${String(10_000 + i)}`)])), 'LIMIT_EXCEEDED'],
    // base64url, which Node’s decoder takes for base64.
    ['in another encoding', () => query([facts.profile, new Uint8Array(32).fill(0xff)]).replaceAll('/', '_'), 'MALFORMED_MESSAGE'],
    // No base64 either: the length is looked at first.
    ['that are too long', () => '!'.repeat(LIMITS.maxMessageBytes * 2), 'MESSAGE_TOO_LARGE'],
  ])('%s are refused', async (_name, asked, code) => {
    const { response } = await call(FACTS_FUNCTION, asked());
    expect(parseRefusalText(response.message)?.code).toBe(code);
  });

  it('on another channel are refused, like changes there', async () => {
    for (const [fn, params] of [[FACTS_FUNCTION, [query()]], [ALL_FACTS_FUNCTION, []], [APPLY_FUNCTION, [base64(createTestGenesis(consortium))]]] as const) {
      const { response } = await peer.simulate({ chaincode: POLICY_CHAINCODE, fn, params, channel: 'elsewhere' });
      expect(response.message).toMatch(/^WRONG_CHANNEL: /);
    }
  });
});

describe('hostile policy transactions', () => {
  it.each<[string, Uint8Array]>([
    ['empty', new Uint8Array(0)],
    ['garbage', new Uint8Array(99).fill(0xff)],
  ])('%s', async (_name, bytes) => {
    expect(await apply(bytes)).toMatch(/^(MALFORMED_MESSAGE|WRONG_NETWORK)$/);
  });

  it('of too many changes are refused before their facts are read', async () => {
    const many = Array.from({ length: LIMITS.maxFactChanges + 10 }, (_, i) => ({ key: facts.revokedNode(`n${String(10_000 + i)}`), value: Buffer.from('x') }));
    const { response, reads } = await call(APPLY_FUNCTION, base64(change(many)));
    expect(response.message).toMatch(/^POLICY_MALFORMED: /);
    expect(reads.length).toBeLessThan(LIMITS.maxFactChanges + 5);
  });
});
