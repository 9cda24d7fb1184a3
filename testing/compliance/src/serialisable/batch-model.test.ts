import { create } from '@bufbuild/protobuf';
import { createItemMask, isDropped, TargetDataSchema, withDependents } from '@selvedge/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLaneNetwork, type ExecutedItems, type LaneNetwork } from './batch-lanes.js';
import { EXAMPLES, parseItem, READERS, workloads, WRITERS, type Workload } from './batch-workloads.js';

const RUNS = 40;
/** No further run begins after this; shrinking a counterexample ends with what it has. */
const MAX_MS = 30_000;
const DEFERRED = 'BATCH_ITEM_DEFERRED';

describe('a batch, beside the same requests one after the other', () => {
  let network: LaneNetwork;
  beforeAll(async () => {
    network = await startLaneNetwork();
  });
  afterAll(() => network.close());

  const seen = new Map<string, number>();
  const count = (what: string, times: number | boolean): void => void seen.set(what, (seen.get(what) ?? 0) + Number(times));

  /** What a client drops: what it is told to, what endorsers find stale, and what rests on either. */
  async function masked({ cores, targetData }: ExecutedItems, { drop, between }: Workload): Promise<Set<number>> {
    const chosen = withDependents(cores, new Set(drop.filter((core) => core < cores.length)));
    if (chosen.size === cores.length) return chosen;
    const itemMask = await network.findStaleItems(create(TargetDataSchema, { ...targetData, itemMask: createItemMask(chosen) }));
    const stale = cores.flatMap((_, core) => (isDropped(itemMask, core) ? [core] : []));
    if (between === undefined) expect(stale, 'what endorsers find stale beside what the client drops').toEqual([...chosen].sort((a, b) => a - b));
    count('stale', stale.some((core) => !chosen.has(core)));
    count('dependents', chosen.size > drop.filter((core) => core < cores.length).length);
    return withDependents(cores, new Set([...chosen, ...stale]));
  }

  async function compare(workload: Workload): Promise<void> {
    const { before, batch, between } = workload;
    const [batched, single] = [network.lane(), network.lane()];
    await batched.fill(before);
    await single.fill(before);
    const executed = await batched.executeBatch(batch);
    expectDeferrals(executed);
    if (between !== undefined) expect(await single.commitAlone(between), 'between').toBe(await batched.commitAlone(between));

    const dropped = await masked(executed, workload);
    const isKept = (core: number | undefined): boolean => core !== undefined && !dropped.has(core);
    if (executed.items.some(({ core }) => isKept(core))) {
      const transaction = await network.endorse(executed, dropped);
      if (typeof transaction === 'string') expect.unreachable(`endorsers refuse what is kept: ${transaction}`);
      else expect(await network.order(executed, dropped, transaction), 'the batch').toBe('VALID');
    }
    // Without a core an item rests on all before it, and nobody can tell whether it would give the same without some.
    const isWhole = between === undefined && dropped.size === 0;
    for (const [i, { item, result, core }] of executed.items.entries()) {
      if (isKept(core) || (isWhole && core === undefined && result !== DEFERRED)) expect(await single.commitAlone(item), `item ${String(i)}, ${item}`).toBe(result);
      count('kept', isKept(core));
      count('failed', isWhole && result.startsWith('error: '));
      count('refused', isWhole && core === undefined && result !== DEFERRED && !result.startsWith('error: '));
      count('deferred', result === DEFERRED);
    }
    expect(await batched.snapshot(), 'the state after the batch').toBe(await single.snapshot());
    for (const [i, { item, result, core }] of executed.items.entries()) {
      if (result !== DEFERRED && (core === undefined || isKept(core))) continue;
      expect(await batched.commitAlone(item), `item ${String(i)}, ${item}, after its batch`).toBe(await single.commitAlone(item));
    }
    expect(await batched.snapshot(), 'the state in the end').toBe(await single.snapshot());
  }

  /** Nobody sees what another creator has not committed; and who is deferred is so for an item before him. */
  function expectDeferrals({ items }: ExecutedItems): void {
    const writers = new Map<string, string>();
    for (const [i, { item, result, core }] of items.entries()) {
      const { creator, program, dataset, key } = parseItem(item);
      const place = `${dataset} ${key}`;
      const writer = writers.get(place);
      const restsOnOther = READERS.has(program) && writer !== undefined && writer !== creator;
      count('of another creator', restsOnOther && result === DEFERRED);
      if (restsOnOther) expect(core, `item ${String(i)}, ${item}, rests on what ${writer} has not committed, and is not deferred: ${result}`).toBeUndefined();
      if (result === DEFERRED) expect([...writers.keys()].some((written) => written.startsWith(`${dataset} `)), `item ${String(i)}, ${item}, is deferred behind nothing`).toBe(true);
      if (core !== undefined && WRITERS.has(program)) writers.set(place, creator);
    }
  }

  it('gives the same results, errors and state; what is left out changes nothing, and gives the same alone afterwards', { timeout: MAX_MS + 30_000 }, async () => {
    await fc.assert(fc.asyncProperty(workloads, compare), { numRuns: RUNS, interruptAfterTimeLimit: MAX_MS, examples: EXAMPLES.map((example) => [example]) });
    for (const [what, times] of seen) expect(times, what).toBeGreaterThan(0);
  });

  /** The code with which an item of a batch is refused when each kept one is endorsed and committed by itself, in order; undefined: none is. */
  async function commitApart(batch: ExecutedItems, dropped: ReadonlySet<number>): Promise<string | undefined> {
    for (const core of batch.cores.keys()) {
      if (dropped.has(core)) continue;
      const others = new Set([...batch.cores.keys()].filter((each) => each !== core));
      const transaction = await network.endorse(batch, others);
      if (typeof transaction === 'string') return transaction;
      expect(await network.order(batch, others, transaction), `core ${String(core)} alone`).toBe('VALID');
    }
    return undefined;
  }

  /** What became of the batches. */
  const verdicts = { refused: 0, lost: 0, valid: 0 };

  /** Under any mask, with the other change before the endorsement or after it. */
  async function compareVerdicts({ before, batch, between, drop }: Workload, isLate: boolean): Promise<void> {
    const [single, batched] = [network.lane(), network.lane()];
    await single.fill(before);
    const apart = await single.executeBatch(batch);
    const dropped = new Set(drop.filter((core) => core < apart.cores.length));
    if (dropped.size === apart.cores.length) return;
    if (between !== undefined) await single.commitAlone(between);
    const refusal = await commitApart(apart, dropped);

    await batched.fill(before);
    const together = await batched.executeBatch(batch);
    expect(together.items, 'executed twice').toEqual(apart.items);
    const early = isLate ? await network.endorse(together, dropped) : undefined;
    if (between !== undefined) await batched.commitAlone(between);
    const endorsed = early ?? (await network.endorse(together, dropped));
    if (typeof endorsed === 'string') {
      verdicts.refused += 1;
      expect(endorsed, 'the refusal of the batch').toBe(refusal ?? 'no refusal of an item');
      return;
    }
    const untouched = await batched.snapshot();
    const verdict = String(await network.order(together, dropped, endorsed));
    expect(verdict === 'VALID', `the batch: ${verdict}; one by one: ${refusal ?? 'VALID'}`).toBe(refusal === undefined);
    expect(await batched.snapshot(), 'the state').toBe(refusal === undefined ? await single.snapshot() : untouched);
    verdicts[refusal === undefined ? 'valid' : 'lost'] += 1;
  }

  it('is endorsed and committed under just those masks under which its items are, one by one', { timeout: MAX_MS + 30_000 }, async () => {
    const examples = EXAMPLES.flatMap((example): [Workload, boolean][] => [[example, false], [example, true]]);
    await fc.assert(fc.asyncProperty(workloads, fc.boolean(), compareVerdicts), { numRuns: RUNS, interruptAfterTimeLimit: MAX_MS, examples });
    for (const [what, times] of Object.entries(verdicts)) expect(times, what).toBeGreaterThan(0);
  });
});
