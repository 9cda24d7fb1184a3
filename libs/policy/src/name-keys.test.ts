import { ContractPolicySchema, encodeMessage, NameKeysSchema } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { facts, listFacts } from './facts.js';
import { encodeContractNames, namesAfter, namesToHold, parseContractNames, readContractNames, standingOfNames, type ContractNames, type NameStep } from './name-keys.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { brokerRoot, CONTRACT, keyCommitments, makeNetwork, nameKeyCommitment, strangerKey, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;
let second: Uint8Array;
let third: Uint8Array;
beforeAll(async () => {
  network = await makeNetwork();
  [second, third] = [nameKeyCommitment(network, 2n), nameKeyCommitment(network, 3n)];
});

const KEY = facts.nameKeys('diamonds');
const FIRST: ContractNames = readContractNames(listFacts([]), 'diamonds');
const after = (names: ContractNames, ...steps: (NameStep['step'] | Uint8Array)[]): ContractNames =>
  steps.reduce((before, step) => {
    const next = namesAfter(before, typeof step === 'string' ? ({ step } as NameStep) : { step: 'open', commitment: step });
    if (next === undefined) throw new Error('no such step');
    return next;
  }, names);

/** What the ledger says of names, approved by a quorum, after others. */
function refused(names: ContractNames | Uint8Array, before: ContractNames = FIRST, held: Record<string, Uint8Array> = { [facts.epoch('diamonds', 1n)]: keyCommitments(network) }): string {
  const present = before === FIRST ? {} : { [KEY]: encodeContractNames(before) };
  const reader = listFacts(Object.entries({ [facts.brokerRoot]: brokerRoot(network, [1n]), ...held, ...present }).map(([key, value]) => ({ key, value })));
  const value = names instanceof Uint8Array ? names : encodeContractNames(names);
  const change = createPolicyChange({ network: 'test-network', channel: 'trade', changes: [{ key: KEY, value }], facts: reader });
  const transaction = createPolicyTransaction(change, network.admins.map((admin) => approvePolicyChange(change, admin)));
  return refusal(() => verifyPolicyTransaction(transaction, { facts: reader, profile: network.profile }));
}

describe('a contract’s names', () => {
  it('are the first before any migration', () => {
    expect(FIRST).toMatchObject({ phase: 'settled', current: 1n, other: undefined, former: [], newest: 1n });
  });

  it('go one step at a time: open, switch or abort, finish', () => {
    const opened = after(FIRST, second);
    expect(opened).toMatchObject({ phase: 'copying', current: 1n, other: 2n, newest: 2n });
    expect(refused(opened)).toBe('nothing was refused');
    const switched = after(opened, 'switch');
    expect(switched).toMatchObject({ phase: 'clearing', current: 2n, other: 1n, former: [1n] });
    expect(refused(switched, opened)).toBe('nothing was refused');
    const finished = after(switched, 'finish');
    expect(finished).toMatchObject({ phase: 'settled', current: 2n, other: undefined, former: [1n] });
    expect(refused(finished, switched)).toBe('nothing was refused');
    expect(refused(after(finished, third), finished)).toBe('nothing was refused');
    expect(namesToHold(after(finished, third, 'switch'))).toEqual([1n, 2n, 3n]);
  });

  it('of a migration that was given up are never used again', () => {
    const givenUp = after(FIRST, second, 'abort');
    expect(givenUp).toMatchObject({ phase: 'clearing', current: 1n, other: 2n, former: [] });
    expect(refused(givenUp, after(FIRST, second))).toBe('nothing was refused');
    const again = after(givenUp, 'finish', third);
    expect(again).toMatchObject({ phase: 'copying', current: 1n, other: 3n });
    expect(refused(again, after(givenUp, 'finish'))).toBe('nothing was refused');
    expect(namesToHold(after(givenUp, 'finish'))).toEqual([1n]);
    expect(refused({ ...again, other: 2n }, after(givenUp, 'finish'))).toMatch(/not the next step/);
  });

  it.each<[string, () => [ContractNames, ContractNames]]>([
    ['back', () => [after(FIRST, second), after(FIRST, second, 'switch')]],
    ['back to the first', () => [{ ...after(FIRST, second, 'switch', 'finish'), current: 1n, former: [] }, after(FIRST, second, 'switch', 'finish')]],
    ['past the copying', () => [after(FIRST, second, 'switch'), FIRST]],
    ['past the clearing', () => [after(FIRST, second, 'switch', 'finish'), after(FIRST, second)]],
    ['past the clearing of what was given up', () => [{ ...after(FIRST, second, 'abort', 'finish') }, after(FIRST, second)]],
    ['to a migration within one', () => [{ ...after(FIRST, second), other: 3n, newest: 3n, commitments: [second, third] }, after(FIRST, second)]],
    ['on the spot', () => [after(FIRST, second), after(FIRST, second)]],
    ['two epochs on', () => [{ ...after(FIRST, second), other: 3n, newest: 3n, commitments: [second, third] }, FIRST]],
    ['to another key of an epoch', () => [{ ...after(FIRST, second, 'switch'), commitments: [nameKeyCommitment(network, 2n, { nameKey: new Uint8Array(32) })] }, after(FIRST, second)]],
    ['to another past', () => [{ ...after(FIRST, second, 'switch'), former: [] }, after(FIRST, second)]],
  ])('do not go %s', (_what, names) => {
    const [to, from] = names();
    expect(refused(to, from)).toMatch(/^POLICY_MALFORMED: .*not the next step of a migration/);
  });

  it('open with a key that the recorded broker commits to, of this contract and epoch', () => {
    const opening = (commitment: Uint8Array): string => refused(after(FIRST, commitment));
    expect(opening(nameKeyCommitment(network, 2n, {}, strangerKey()))).toMatch(/^POLICY_MALFORMED: .*not signed by the recorded key broker/);
    expect(opening(nameKeyCommitment(network, 2n, { contract: 'rubies' }))).toMatch(/^POLICY_MALFORMED: .*another contract/);
    expect(opening(nameKeyCommitment(network, 3n))).toMatch(/^POLICY_MALFORMED: .*another epoch/);
    expect(opening(nameKeyCommitment(network, 2n, { nameKey: new Uint8Array(31) }))).toMatch(/^POLICY_MALFORMED: .*32 bytes/);
    expect(opening(new Uint8Array([0xff]))).toMatch(/^POLICY_MALFORMED: name key commitment: does not parse/);
    expect(refused(after(FIRST, second), FIRST, {})).toMatch(/^POLICY_MALFORMED: .*has no keys/);
  });

  it('do not change while the contract takes a collection over; a migration that is open is given up', () => {
    const holding = (takesOver: boolean): Record<string, Uint8Array> => {
      const datasets = CONTRACT.datasets.map((dataset) => ({ ...dataset, takesOver: takesOver && dataset.name !== '' }));
      return { [facts.epoch('diamonds', 1n)]: keyCommitments(network), [facts.contract('diamonds')]: encodeMessage(ContractPolicySchema, { ...CONTRACT, datasets }) };
    };
    const opened = after(FIRST, second);
    for (const [to, from] of [[opened, FIRST], [after(opened, 'switch'), opened]] as const) {
      expect(refused(to, from, holding(true))).toMatch(/^POLICY_MALFORMED: name keys: dataset stones takes a collection over/);
      expect(refused(to, from, holding(false))).toBe('nothing was refused');
    }
    const givenUp = after(opened, 'abort');
    for (const [to, from] of [[givenUp, opened], [after(givenUp, 'finish'), givenUp]] as const) expect(refused(to, from, holding(true))).toBe('nothing was refused');
  });

  it.each<[string, object]>([
    ['no current epoch', { current: 0n, other: 1n, commitments: [new Uint8Array(1)] }],
    ['an epoch that nobody opened', { current: 3n, commitments: [new Uint8Array(1)] }],
    ['another one that nobody opened', { current: 1n, other: 3n, commitments: [new Uint8Array(1)] }],
    ['two names that are one', { current: 1n, other: 1n }],
    ['nothing to clear', { current: 1n, clearing: true }],
    ['more keys than any contract has', { current: 1n, commitments: Array.from({ length: 1_001 }, () => new Uint8Array(1)) }],
  ])('with %s do not parse', (_what, message) => {
    const value = encodeMessage(NameKeysSchema, message);
    expect(() => parseContractNames(value)).toThrow();
    expect(refused(value)).toMatch(/^POLICY_MALFORMED: name keys: does not parse/);
  });

  it('are never removed', () => {
    const reader = listFacts([{ key: KEY, value: encodeContractNames(after(FIRST, second)) }]);
    const change = createPolicyChange({ network: 'test-network', channel: 'trade', changes: [{ key: KEY, value: undefined }], facts: reader });
    const transaction = createPolicyTransaction(change, network.admins.map((admin) => approvePolicyChange(change, admin)));
    expect(refusal(() => verifyPolicyTransaction(transaction, { facts: reader, profile: network.profile }))).toMatch(/cannot be removed/);
  });
});

describe('what was executed', () => {
  const standing = (names: ContractNames, executed?: { current: bigint; other: bigint; clearing: boolean }): string =>
    standingOfNames(listFacts(names === FIRST ? [] : [{ key: KEY, value: encodeContractNames(names) }]), 'diamonds', executed);

  it('stands under the names, and for the phase, that it was executed under', () => {
    expect(standing(FIRST)).toBe('current');
    expect(standing(FIRST, { current: 2n, other: 0n, clearing: false })).toBe('changed');
    const copying = after(FIRST, second);
    expect(standing(copying)).toBe('migrating');
    expect(standing(copying, { current: 1n, other: 2n, clearing: false })).toBe('current');
    expect(standing(copying, { current: 1n, other: 2n, clearing: true })).toBe('changed');
    const clearing = after(copying, 'switch');
    expect(standing(clearing, { current: 1n, other: 2n, clearing: false })).toBe('changed');
    expect(standing(clearing, { current: 2n, other: 0n, clearing: false })).toBe('migrating');
    const done = after(clearing, 'finish');
    expect(standing(done)).toBe('changed');
    expect(standing(done, { current: 2n, other: 1n, clearing: true })).toBe('changed');
    expect(standing(done, { current: 2n, other: 0n, clearing: false })).toBe('current');
  });
});
