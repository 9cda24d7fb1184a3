import { isSelvedgeError } from '@selvedge/errors';
import type { EndorsedTransaction } from '@selvedge/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelWorld } from './model.js';
import { startProgramNetwork, type ExecutedCall, type ProgramNetwork } from './network.js';
import { PROGRAM_NAMES, type Call } from './programs.js';

const SCHEDULES = 1_000;
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
const schedules = fc.record({ dataset: fc.constantFrom(...DATASETS), calls: fc.array(calls, { minLength: 3, maxLength: 5 }), steps: fc.array(steps, { minLength: 6, maxLength: 14 }) });

/** One transaction on its way. */
interface Journey {
  readonly call: Call;
  executed?: ExecutedCall;
  /** It was refused. */
  end?: string;
  isEndorsed?: boolean;
}

interface Waiting {
  readonly executed: ExecutedCall;
  readonly transaction: EndorsedTransaction;
}

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
      count(`${journey.call.program} ${error.code}`);
    }
  }

  async function runSchedule({ dataset, calls: some, steps: order }: { dataset: string; calls: readonly Omit<Call, 'dataset'>[]; steps: readonly { pick: number; cut: boolean; together: boolean }[] }): Promise<void> {
    const journeys: Journey[] = some.map((call) => ({ call: rangeOf({ ...call, dataset }) }));
    let waiting: Waiting[] = [];
    const advance = (journey: Journey): Promise<void> =>
      orLost(journey, async () => {
        const { executed } = journey;
        if (executed === undefined) {
          journey.executed = await network.execute(journey.call);
          return;
        }
        journey.isEndorsed = true;
        const transaction = await network.endorse(executed);
        waiting.push({ executed, transaction });
      });
    const cut = async (): Promise<void> => {
      const block = waiting;
      waiting = [];
      const verdicts = await network.order(block.map(({ executed, transaction }) => ({ txId: executed.txId, transaction })));
      for (const [i, { executed }] of block.entries()) {
        const verdict = verdicts[i] ?? '';
        count(`${executed.call.program} ${verdict}`);
        if (verdict === 'VALID') expect(executed.result, JSON.stringify(executed.call)).toBe(await model.run(executed.call));
        else expect([...LOST]).toContain(verdict);
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
      // The schedules did race: queries lost to inserts, deletes and updates, at endorsers and in blocks, and won as well.
      for (const program of ['sumRange', 'bumpRange', 'sumTyped', 'countColour', 'repaintColour']) {
        for (const outcome of ['VALID', 'STALE_GUARD', 'PHANTOM_READ_CONFLICT']) expect(outcomes.get(`${program} ${outcome}`) ?? 0, `${program} ${outcome}`).toBeGreaterThan(0);
      }
    },
    600_000,
  );
});

/** A range of simple keys does not begin at a composite one. */
function rangeOf(call: Call): Call {
  const isRange = ['sumRange', 'bumpRange', 'clearRange'].includes(call.program);
  return isRange && call.key.startsWith('\x00') ? { ...call, key: 'k0' } : call;
}
