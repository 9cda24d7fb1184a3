import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { createItemMask, isDropped, maskItems, parseCore, TargetDataSchema, withDependents, type Core, type TargetData } from '@selvedge/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelWorld } from './model.js';
import { startProgramNetwork, type ProgramNetwork } from './network.js';
import { PROGRAM_NAMES, type Call } from './programs.js';

const ROUNDS = 300;
const DATASETS = ['', 'auroraStones'];
const LOST = new Set(['STALE_READ', 'STALE_GUARD']);

const names = fc.constantFrom('k0', 'k1', 'k2', 'k3', '\x00stone\x00a\x00');
const colours = fc.constantFrom('red', 'blue');
const call: fc.Arbitrary<Omit<Call, 'dataset'>> = fc.record({
  // Point operations chain; the others are deferred behind a write of theirs.
  program: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('insert', 'repaint', 'remove') }, { weight: 1, arbitrary: fc.constantFrom(...PROGRAM_NAMES) }),
  key: names,
  end: fc.constantFrom('k2', 'k9'),
  colour: colours,
  other: colours,
  n: fc.nat(3),
});
const rounds = fc.record({
  dataset: fc.constantFrom(...DATASETS),
  batch: fc.array(call, { minLength: 2, maxLength: 8 }),
  /** Committed between the batch's execution and its endorsement: what it changes makes items stale. */
  between: fc.option(call, { nil: undefined }),
});

describe('a batch', () => {
  let network: ProgramNetwork;
  const model = new ModelWorld();
  const seen = { kept: 0, chained: 0, deferred: 0, stale: 0, dependents: 0 };

  beforeAll(async () => {
    network = await startProgramNetwork();
  });
  afterAll(() => network.close());

  async function commitAlone(one: Call): Promise<void> {
    const executed = await network.execute(one);
    const transaction = await network.endorse(executed);
    expect(await network.order([{ txId: executed.txId, transaction }])).toEqual(['VALID']);
    expect(executed.result, JSON.stringify(one)).toBe(await model.run(one));
  }

  async function runRound({ dataset, batch, between }: { readonly dataset: string; readonly batch: readonly Omit<Call, 'dataset'>[]; readonly between: Omit<Call, 'dataset'> | undefined }): Promise<void> {
    const all = batch.map((each) => simple({ ...each, dataset }));
    const { items, targetData } = await network.executeBatch(all);
    const withCore = all.flatMap((one, i) => {
      const item = items[i];
      if (item === undefined) throw new Error('an item without an answer');
      if ('refusal' in item) {
        expect(item.refusal, JSON.stringify(one)).toBe('BATCH_ITEM_DEFERRED');
        seen.deferred += 1;
        return [];
      }
      return [{ one, ...item }];
    });
    if (between !== undefined) await commitAlone(simple({ ...between, dataset }));
    const masked = await maskStale(targetData);
    const kept = withCore.filter((_, i) => !isDropped(masked.itemMask, i));
    if (kept.length > 0) {
      const transaction = await network.endorse({ targetData: masked });
      const verdicts = await network.order(kept.map(({ txId }) => ({ txId, transaction })).slice(0, 1));
      expect(verdicts).toEqual(['VALID']);
      // One after the other, the items give the same results.
      for (const { one, result } of kept) expect(result, JSON.stringify(all)).toBe(await model.run(one));
      seen.kept += kept.length;
    }
    const alone = all.filter((one) => !kept.some((item) => item.one === one));
    for (const one of alone) await commitAlone(one);
  }

  /** As a client masks: what an endorser finds stale. That is exactly what must go. */
  async function maskStale(targetData: TargetData): Promise<TargetData> {
    if (targetData.cores.length === 0) return targetData;
    const cores = targetData.cores.map(parseCore);
    const itemMask = await network.findStaleItems(targetData);
    const dropped = new Set(cores.flatMap((_, i) => (isDropped(itemMask, i) ? [i] : [])));
    seen.stale += dropped.size;
    // What read a stale item's packet is stale.
    expect([...dropped]).toEqual(expect.arrayContaining([...readersOf(cores, dropped)]));
    seen.chained += cores.filter((_, i) => i > 0 && readersOf(cores, new Set(cores.keys())).has(i)).length;
    if (dropped.size === 0) {
      await expectDependentsToGo(targetData, cores.length);
      return targetData;
    }
    if (dropped.size === cores.length) return create(TargetDataSchema, { ...targetData, itemMask });
    try {
      await network.endorse({ targetData });
      expect.unreachable('a batch with a stale item was endorsed');
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      expect([...LOST]).toContain(error.code);
    }
    return maskItems(targetData, cores, dropped);
  }

  /** Whoever drops an item must drop what rests on it: endorsers refuse the rest otherwise. */
  async function expectDependentsToGo(targetData: TargetData, count: number): Promise<void> {
    const cores = targetData.cores.map(parseCore);
    const first = new Set([0]);
    const dependents = withDependents(cores, first);
    if (dependents.size === 1 || count < 2) return;
    const found = await network.findStaleItems(create(TargetDataSchema, { ...targetData, itemMask: createItemMask(first) }));
    const stale = cores.flatMap((_, i) => (isDropped(found, i) ? [i] : []));
    const readers = readersOf(cores, first);
    expect(stale).toEqual(expect.arrayContaining([...readers]));
    // Who read that a key is absent, which it was before as well, may stay: a client that looks at the batch alone cannot tell.
    expect([...dependents]).toEqual(expect.arrayContaining(stale));
    if (readers.size > 0) seen.dependents += 1;
  }

  it(
    `gives the results and the state that its items give one after the other, over ${String(ROUNDS)} random batches`,
    async () => {
      await fc.assert(fc.asyncProperty(rounds, runRound), { numRuns: ROUNDS, endOnFailure: true });
      for (const dataset of DATASETS) {
        const all = await network.execute({ dataset, program: 'bumpRange', key: '\x01', end: '\u{10ffff}', colour: '', other: '', n: 0 });
        expect(JSON.parse(all.result)).toEqual(model.content(dataset).filter(({ key }) => !key.startsWith('\x00')));
      }
      for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(2);
    },
    600_000,
  );
});

/** Items that read a packet of one of these, directly or through another. */
function readersOf(cores: readonly Core[], written: ReadonlySet<number>): Set<number> {
  const readers = new Set<number>();
  const packets = new Set<string>();
  cores.forEach(({ sections }, i) => {
    const reads = sections.flatMap((section) => section.reads.map(({ packetHash }) => toHex(packetHash)));
    if (reads.some((hash) => packets.has(hash))) readers.add(i);
    if (!written.has(i) && !readers.has(i)) return;
    for (const { effect } of sections.flatMap(({ writes }) => writes)) if (effect.case === 'packetHash') packets.add(toHex(effect.value));
  });
  return readers;
}

/** A range of simple keys does not begin at a composite one. */
function simple(one: Call): Call {
  const isRange = ['sumRange', 'bumpRange', 'clearRange'].includes(one.program);
  return isRange && one.key.startsWith('\x00') ? { ...one, key: 'k0' } : one;
}
