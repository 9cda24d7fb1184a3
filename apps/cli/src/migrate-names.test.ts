import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StoredNames } from '@selvedge/client';
import { createTestContractPolicy } from '@selvedge/fixtures';
import { encodeContractNames, facts, type ContractNames } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateNames, type NameMigrationInput } from './migrate-names.js';
import { migrationText, namesTable, phaseText, unfinishedText } from './names-text.js';

const stored = (change: Partial<StoredNames> = {}): StoredNames => ({
  phase: 'copying', current: 1n, other: 2n, toCopy: 0n, left: 7n, strays: 0n, unreadable: 0n,
  datasets: [{ dataset: '', isEnding: false, current: 7n, other: 7n, strays: 0n, toCopy: 0n, unreadable: 0n }, { dataset: 'offers', isEnding: true, current: 2n, other: 1n, strays: 1n, toCopy: 2n, unreadable: 1n }],
  ...change,
});

let folder: string;
beforeEach(() => { folder = mkdtempSync(path.join(tmpdir(), 'selvedge-names-')); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

const COPYING: ContractNames = { phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [new Uint8Array(1)] };
const SETTLED: ContractNames = { ...COPYING, phase: 'settled', other: undefined };
const policyOf = (init: Parameters<typeof createTestContractPolicy>[0] = {}): Uint8Array => encodeMessage(ContractPolicySchema, createTestContractPolicy(init));
/** A run on a ledger that holds these names, with a count after the work. */
const run = (names: ContractNames, change: Partial<NameMigrationInput> = {}, counts: Partial<StoredNames> = {}, contract = policyOf()): { readonly proposed: unknown[]; readonly result: ReturnType<typeof migrateNames> } => {
  const proposed: unknown[] = [];
  const counted = stored({ phase: names.phase, current: names.current, other: names.other, ...counts });
  const result = migrateNames({
    contract: 'c',
    broker: { connectionProfile: undefined as never, profile: undefined as never, now: new Date() },
    policy: {
      facts: () => Promise.resolve([{ key: facts.contract('c'), value: contract }, { key: facts.nameKeys('c'), value: encodeContractNames(names) }]),
      propose: (changes) => { proposed.push(...changes); return Promise.resolve(new Uint8Array([1])); },
      submit: () => Promise.reject(new Error('nobody approved it')),
    },
    names: { count: () => Promise.resolve(counted), migrate: () => Promise.resolve({ written: 3, transactions: 1, conflicts: 0, after: counted }) },
    approvers: [], submitter: undefined as never, output: path.join(folder, 'step.bin'), isAborting: false, options: {}, onStep: () => undefined,
    ...change,
  });
  return { proposed, result };
};

describe('a migration of names by command', () => {
  it('proposes the switch once a confirmed count finds every entry copied, and no sooner', async () => {
    const { proposed, result } = run(COPYING);
    expect(await result).toMatchObject({ proposed: 'switch', written: 3 });
    expect(proposed).toHaveLength(1);
    expect(readFileSync(path.join(folder, 'step.bin')).length).toBeGreaterThan(0);
    for (const counts of [{ toCopy: 1n }, { unreadable: 1n }]) {
      const early = run(COPYING, {}, counts);
      await expect(early.result).rejects.toMatchObject({ code: 'NAME_MIGRATION_INCOMPLETE' });
      expect(early.proposed).toEqual([]);
    }
  });

  it('proposes the finish once nothing is left under the names that are cleared', async () => {
    const clearing: ContractNames = { ...COPYING, phase: 'clearing', current: 2n, other: 1n, former: [1n] };
    await expect(run(clearing).result).rejects.toMatchObject({ code: 'NAME_MIGRATION_INCOMPLETE' });
    expect(await run(clearing, {}, { left: 0n }).result).toMatchObject({ proposed: 'finish' });
  });

  const without = (names: ContractNames, counts: Partial<StoredNames>, givenUp?: bigint) => run(names, { givenUp, options: { prolong: true } }, counts).result;

  it.each<[string, ContractNames, Partial<StoredNames>, Partial<StoredNames>]>([
    ['open', SETTLED, { left: 0n, unreadable: 3n }, {}],
    ['switch', COPYING, { unreadable: 3n }, { toCopy: 1n }],
    ['finish', { ...COPYING, phase: 'clearing', current: 2n, other: 1n, former: [1n] }, { left: 3n, unreadable: 3n }, { left: 4n }],
  ])('proposes the %s without entries that nothing opens where exactly so many are given up, all else being done', async (step, names, counts, undone) => {
    await expect(without(names, counts)).rejects.toMatchObject({ message: expect.stringContaining('--give-up 3 goes on without them') as string });
    for (const other of [2n, 4n]) await expect(without(names, counts, other)).rejects.toMatchObject({ message: expect.stringContaining('--give-up 3') as string });
    if (step !== 'open') await expect(without(names, { ...counts, ...undone }, 3n)).rejects.toMatchObject({ code: 'NAME_MIGRATION_INCOMPLETE', message: expect.stringMatching(/^1 entries .*; what can be seen to comes first$/) as string });
    if (step !== 'open') expect(await without(names, counts, 3n)).toMatchObject({ proposed: step });
  });

  it('finishes in spite of what an earlier migration left under names of before', async () => {
    const clearing: ContractNames = { ...COPYING, phase: 'clearing', current: 2n, other: 1n, former: [1n] };
    expect(await without(clearing, { left: 0n, strays: 2n })).toMatchObject({ proposed: 'finish', stored: { strays: 2n } });
  });

  it('believes no count of another step than the ledger records', async () => {
    const later = stored({ phase: 'settled', other: undefined, left: 0n });
    const { proposed, result } = run(COPYING, { names: { count: () => Promise.resolve(stored()), migrate: () => Promise.resolve({ written: 0, transactions: 0, conflicts: 0, after: later }) } });
    await expect(result).rejects.toMatchObject({ code: 'VIEW_BEHIND' });
    expect(proposed).toEqual([]);
  });

  it('gives up only what copies still', async () => {
    expect(await run(COPYING, { isAborting: true }, { toCopy: 5n }).result).toMatchObject({ proposed: 'abort', written: 0 });
    const switched: ContractNames = { ...COPYING, phase: 'clearing', current: 2n, other: 1n, former: [1n] };
    await expect(run(switched, { isAborting: true }, { left: 0n }).result).rejects.toMatchObject({ code: 'NAME_MIGRATION_NOT_OPEN' });
    expect(await run({ ...COPYING, phase: 'clearing' }, { isAborting: true }, { left: 0n }).result).toMatchObject({ proposed: 'finish' });
    await expect(run(SETTLED, { isAborting: true }).result).rejects.toMatchObject({ code: 'NAME_MIGRATION_NOT_OPEN' });
  });

  it('does not go towards other names where the contract takes a collection over', async () => {
    const taking = policyOf({ datasets: [{ name: 'old', ownerSet: 'aurora', members: ['AuroraMSP'], takesOver: true }] });
    const refused = (names: ContractNames) => run(names, { options: { prolong: true } }, {}, taking);
    for (const [names, text] of [[SETTLED, 'cannot be migrated'], [COPYING, '--abort']] as const) {
      const { proposed, result } = refused(names);
      await expect(result).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED', message: expect.stringContaining(text) as string });
      expect(proposed).toEqual([]);
    }
    expect(await run(COPYING, { isAborting: true }, {}, taking).result).toMatchObject({ proposed: 'abort' });
    expect(await run({ ...COPYING, phase: 'clearing' }, {}, { left: 0n }, taking).result).toMatchObject({ proposed: 'finish' });
  });

  it('does not begin where it would stop half way', async () => {
    await expect(run(SETTLED).result).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('--prolong') as string });
    await expect(run(SETTLED, { options: { prolong: true } }, { unreadable: 1n }).result).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('revoked') as string });
  });
});

describe('what is told of names', () => {
  it('lists entries by collection, and where the contract stands', () => {
    expect(namesTable(stored()).split('\n')).toEqual([
      'collection   current  other  to copy',
      'world state  7        7      0',
      'offers       2        1      2        1 under revoked key epochs, 1 of an earlier migration, end by themselves',
    ]);
    expect(phaseText(stored({ toCopy: 2n }))).toBe('names of epoch 1 are copied to epoch 2: 2 left to copy; the contract takes no updates');
    expect(phaseText(stored({ phase: 'clearing', current: 2n, other: 1n }))).toBe('names of epoch 2; those of epoch 1 are cleared: 7 left; the contract takes no updates');
    expect(phaseText(stored({ phase: 'settled', left: 0n }))).toBe('names of epoch 1');
    expect(phaseText(stored({ phase: 'settled', left: 0n, strays: 2n }))).toBe('names of epoch 1; 2 entries lie under names of before, where an earlier migration left them and nothing reads them');
    expect(unfinishedText(stored({ toCopy: 2n, unreadable: 1n }))).toBe('2 entries have no copy under the new names yet; 1 lie under revoked key epochs, so that nothing can copy them, and after the switch they are absent; what can be seen to comes first');
    expect(unfinishedText(stored({ phase: 'clearing', left: 3n, unreadable: 3n }))).toBe('0 entries lie under the names that are cleared; 3 lie under revoked key epochs, so that nothing can delete them; --give-up 3 goes on without them');
    expect(unfinishedText(stored({ phase: 'clearing' }))).toBe('7 entries lie under the names that are cleared');
    expect(migrationText({ written: 3, transactions: 1, conflicts: 0 })).toBe('3 entries seen to in 1 transactions, 0 conflicts');
  });
});
