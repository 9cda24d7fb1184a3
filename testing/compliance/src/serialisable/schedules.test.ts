import { isSelvedgeError } from '@selvedge/errors';
import { repetitions } from '@selvedge/fixtures';
import { isDropped, maskItems, parseCore, withDependents, type EndorsedTransaction, type TargetData } from '@selvedge/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelWorld } from './model.js';
import { startProgramNetwork, type ProgramNetwork } from './network.js';
import { PROGRAM_NAMES, type Call } from './programs.js';

const SCHEDULES = repetitions({ ordinary: 300, soak: 1_000 });
const DATASETS = ['', 'auroraStones'];
/** What a race may end with; anything else is a fault. */
const LOST = new Set(['STALE_READ', 'STALE_GUARD', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT']);

const names = fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4', '\x00stone\x00a\x00', '\x00stone\x00b\x00');
const colours = fc.constantFrom('red', 'blue');
const calls: fc.Arbitrary<Omit<Call, 'dataset'>> = fc.record({
  program: fc.constantFrom(...PROGRAM_NAMES),
  key: names,
  end: fc.constantFrom('k2', 'k4', 'k9'),
  colour: colours,
  other: colours,
  n: fc.nat(3),
});
/** Which transaction takes its next step, and whether the block is cut; `together`: at the same time as the step before. */
const steps = fc.record({ pick: fc.nat(9), cut: fc.constantFrom(true, false, false), together: fc.boolean() });
/** A transaction is one call, or a batch of them. */
const transactions = fc.oneof({ weight: 3, arbitrary: calls.map((call) => [call]) }, { weight: 2, arbitrary: fc.array(calls, { minLength: 2, maxLength: 4 }) });
const schedules = fc.record({ dataset: fc.constantFrom(...DATASETS), transactions: fc.array(transactions, { minLength: 3, maxLength: 5 }), steps: fc.array(steps, { minLength: 6, maxLength: 14 }) });

/** One transaction on its way. */
interface Journey {
  /** Several: a batch. */
  readonly calls: readonly Call[];
  executed?: ExecutedJourney;
  /** It was refused. */
  end?: string;
  isEndorsed?: boolean;
}

/** What was executed: of a batch the items that have a core. */
interface ExecutedJourney {
  readonly items: readonly { readonly call: Call; readonly txId: Uint8Array; readonly result: string }[];
  readonly targetData: TargetData;
}

interface Waiting {
  readonly name: string;
  /** Those that were not dropped. */
  readonly items: ExecutedJourney['items'];
  readonly transaction: EndorsedTransaction;
}

/** What outcomes are counted under. */
const nameOf = ([first, ...others]: readonly Call[]): string => (others.length > 0 ? 'batch' : (first?.program ?? ''));

describe('transactions that race', () => {
  let network: ProgramNetwork;
  const model = new ModelWorld();
  const outcomes = new Map<string, number>();
  const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);

  beforeAll(async () => {
    network = await startProgramNetwork();
  });
  afterAll(() => network.close());

  async function orLost(journey: Journey, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!isSelvedgeError(error) || !LOST.has(error.code)) throw error;
      journey.end = error.code;
      count(`${nameOf(journey.calls)} ${error.code}`);
    }
  }

  async function execute(all: readonly Call[]): Promise<ExecutedJourney> {
    const [first, ...others] = all;
    if (first !== undefined && others.length === 0) {
      const { txId, result, targetData } = await network.execute(first);
      return { items: [{ call: first, txId, result }], targetData };
    }
    const { items, targetData } = await network.executeBatch(all);
    return {
      targetData,
      items: all.flatMap((call, i) => {
        const item = items[i];
        if (item === undefined) throw new Error('an item without an answer');
        if (!('refusal' in item)) return [{ call, ...item }];
        expect([...LOST, 'BATCH_ITEM_DEFERRED']).toContain(item.refusal);
        return [];
      }),
    };
  }

  /** As a client does: what endorsers find stale is dropped, with what rests on it, and the rest endorsed. */
  async function endorse({ items, targetData }: ExecutedJourney): Promise<Omit<Waiting, 'name'>> {
    const cores = targetData.cores.map(parseCore);
    for (let dropped: ReadonlySet<number> = new Set<number>(); ; ) {
      const masked = dropped.size === 0 ? targetData : maskItems(targetData, cores, dropped);
      try {
        const transaction = await network.endorse({ targetData: masked });
        if (dropped.size > 0) count('batch endorsed without what was stale');
        return { transaction, items: items.filter((_, core) => !dropped.has(core)) };
      } catch (error) {
        if (cores.length < 2 || !isSelvedgeError(error) || !LOST.has(error.code)) throw error;
        const found = await network.findStaleItems(masked);
        const stale = withDependents(cores, new Set(cores.flatMap((_, core) => (isDropped(found, core) ? [core] : []))));
        if (stale.size <= dropped.size || stale.size === cores.length) throw error;
        dropped = stale;
      }
    }
  }

  async function runSchedule({ dataset, transactions: some, steps: order }: { dataset: string; transactions: readonly (readonly Omit<Call, 'dataset'>[])[]; steps: readonly { pick: number; cut: boolean; together: boolean }[] }): Promise<void> {
    const journeys: Journey[] = some.map((all) => ({ calls: all.map((call) => rangeOf({ ...call, dataset })) }));
    let waiting: Waiting[] = [];
    const advance = (journey: Journey): Promise<void> =>
      orLost(journey, async () => {
        const { executed } = journey;
        if (executed === undefined) {
          journey.executed = await execute(journey.calls);
          if (journey.executed.items.length === 0) journey.end = 'nothing to commit';
          return;
        }
        journey.isEndorsed = true;
        // Whatever block is open by then: it may have been cut meanwhile.
        const endorsed = await endorse(executed);
        waiting.push({ name: nameOf(journey.calls), ...endorsed });
      });
    const cut = async (): Promise<void> => {
      const block = waiting;
      waiting = [];
      // The verdict on a batch is that on each of its items' ids.
      const verdicts = await network.order(block.flatMap(({ items: [item], transaction }) => (item === undefined ? [] : [{ txId: item.txId, transaction }])));
      for (const [i, { name, items }] of block.entries()) {
        const verdict = verdicts[i] ?? '';
        count(`${name} ${verdict}`);
        if (verdict !== 'VALID') expect([...LOST]).toContain(verdict);
        else for (const { call, result } of items) expect(result, JSON.stringify(call)).toBe(await model.run(call));
      }
    };
    const running: Promise<unknown>[] = [];
    let blocks = Promise.resolve();
    const moving = new Set<Journey>();
    for (const { pick, cut: isCut, together } of order) {
      if (!together) await Promise.all(running.splice(0));
      if (isCut) {
        // Blocks follow one another; executions and endorsements go on meanwhile.
        blocks = blocks.then(cut);
        running.push(blocks);
        continue;
      }
      const open = journeys.filter((journey) => journey.end === undefined && journey.isEndorsed !== true && !moving.has(journey));
      const journey = open[pick % Math.max(1, open.length)];
      if (journey === undefined) continue;
      moving.add(journey);
      running.push(advance(journey).finally(() => moving.delete(journey)));
    }
    await Promise.all(running);
    for (const journey of journeys) while (journey.end === undefined && journey.isEndorsed !== true) await advance(journey);
    await cut();
  }

  it(
    `commit a history that gives the same results one after the other, over ${String(SCHEDULES)} schedules`,
    async () => {
      await fc.assert(fc.asyncProperty(schedules, runSchedule), { numRuns: SCHEDULES, endOnFailure: true });
      // What is there in the end is what the model has.
      for (const dataset of DATASETS) {
        const all = await network.execute({ dataset, program: 'bumpRange', key: '\x01', end: '\u{10ffff}', colour: '', other: '', n: 0 });
        expect(JSON.parse(all.result)).toEqual(model.content(dataset).filter(({ key }) => !key.startsWith('\x00')));
      }
      // The schedules did race: batches and queries lost to inserts, deletes and updates, at endorsers and in blocks, and won as well.
      for (const outcome of ['VALID', 'endorsed without what was stale', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT']) expect(outcomes.get(`batch ${outcome}`) ?? 0, `batch ${outcome}`).toBeGreaterThan(0);
      const queries = ['sumRange', 'bumpRange', 'sumTyped', 'countColour', 'repaintColour'];
      for (const program of queries) expect(outcomes.get(`${program} VALID`) ?? 0, `${program} VALID`).toBeGreaterThan(0);
      for (const outcome of ['STALE_GUARD', 'PHANTOM_READ_CONFLICT']) expect(queries.filter((program) => (outcomes.get(`${program} ${outcome}`) ?? 0) > 0).length, outcome).toBeGreaterThan(1);
    },
    600_000,
  );
});

/** A range of simple keys does not begin at a composite one. */
function rangeOf(call: Call): Call {
  const isRange = ['sumRange', 'bumpRange', 'clearRange'].includes(call.program);
  return isRange && call.key.startsWith('\x00') ? { ...call, key: 'k0' } : call;
}
