import type { ChaincodeHost, ChaincodeResult, StateCalls } from '@selvedge/compute';
import fc from 'fast-check';

/** One request as a line: CREATOR PROGRAM DATASET KEY VALUE; what a program does not need may be anything. */
export type Item = string;

/** What befalls a batch. */
export interface Workload {
  /** Values by "DATASET KEY" that stand before it. */
  readonly before: Readonly<Record<string, string>>;
  readonly batch: readonly Item[];
  /** Committed by somebody else after the batch's execution. */
  readonly between: Item | undefined;
  /** Items that are dropped, by their place among those that have a core, whatever else must go. */
  readonly drop: readonly number[];
}

/** The keys; most items use the first. */
const KEYS = ['hot', 'a', 'b'] as const;
/** The world state, and a private data collection of which one creator's organisation is a member. */
const DATASETS: Readonly<Record<string, string>> = { houses: '', stones: 'auroraStones' };

/** The parts of an item. */
export interface ParsedItem {
  readonly creator: string;
  readonly program: string;
  readonly dataset: string;
  readonly key: string;
}

export function parseItem(item: Item): ParsedItem {
  const [creator = '', program = '', dataset = '', key = ''] = item.split(' ');
  return { creator, program, dataset, key };
}

/** Programs that read the one key. */
export const READERS: ReadonlySet<string> = new Set(['get', 'add', 'fail']);
/** Programs that write the one key. */
export const WRITERS: ReadonlySet<string> = new Set(['put', 'add', 'del', 'purge', 'sum']);

const keys = fc.oneof({ weight: 3, arbitrary: fc.constant(KEYS[0]) }, { weight: 2, arbitrary: fc.constantFrom(...KEYS) });
const datasets = fc.oneof({ weight: 3, arbitrary: fc.constant('houses') }, { weight: 2, arbitrary: fc.constant('stones') });
const creators = fc.oneof({ weight: 5, arbitrary: fc.constant('Aurora') }, { weight: 1, arbitrary: fc.constant('Borealis') });
const point = fc.tuple(fc.constantFrom('get', 'put', 'add', 'add', 'add', 'del', 'fail'), datasets);
const other = fc.oneof(fc.tuple(fc.constantFrom('list', 'sum'), datasets), fc.constantFrom(['purge', 'stones'], ['hist', 'houses']));
const items: fc.Arbitrary<Item> = fc
  .tuple(creators, fc.oneof({ weight: 4, arbitrary: point }, { weight: 1, arbitrary: other }), keys, fc.nat(9))
  .map(([creator, [program, dataset], key, value]) => [creator, program, dataset, key, value].join(' '));

export const workloads: fc.Arbitrary<Workload> = fc
  .record({
    before: fc.dictionary(fc.tuple(datasets, keys).map((place) => place.join(' ')), fc.nat(9).map(String), { maxKeys: 3 }),
    batch: fc.array(items, { minLength: 3, maxLength: 8, size: 'max' }),
    between: fc.option(items, { nil: undefined, freq: 1 }),
    drop: fc.oneof(fc.constant([]), fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 2 })),
  })
  .map(withDeletedKeys);

/** One of each kind of trouble, so that no run is without. */
export const EXAMPLES: readonly Workload[] = [
  // A chain whose first item goes, and one that is stale.
  { before: { 'houses hot': '1' }, batch: ['Aurora add houses hot 1', 'Aurora add houses hot 2', 'Aurora put houses a 3'], between: undefined, drop: [0] },
  { before: { 'stones hot': '1' }, batch: ['Aurora add stones hot 1', 'Aurora add stones hot 2', 'Aurora sum houses a 0'], between: 'Aurora put stones hot 5', drop: [] },
  // One that fails over an earlier one, one whose creator may not read, one behind another creator.
  { before: {}, batch: ['Aurora add houses hot 1', 'Aurora fail houses hot 0', 'Borealis get stones hot 0', 'Borealis add houses hot 1', 'Aurora list houses hot 0'], between: undefined, drop: [] },
  { before: { 'stones a': '1' }, batch: ['Aurora purge stones a 0', 'Aurora get stones a 0', 'Aurora put stones a 1', 'Aurora hist houses a 0'], between: undefined, drop: [] },
];

/** A deletion of nothing makes a key's history longer, which no read set tells (ADR 011): a key that is deleted is there before. */
function withDeletedKeys(workload: Workload): Workload {
  const { program, dataset, key } = parseItem(workload.between ?? '');
  if (program !== 'del' || !workload.batch.some((item) => parseItem(item).program === 'hist')) return workload;
  return { ...workload, before: { [`${dataset} ${key}`]: '0', ...workload.before } };
}

/**
 * The programs as a chaincode. The first argument is the object type of every key, so that what a workload does is a world of
 * its own; the second is an item, or `fill JSON` and `snapshot`, which write what is before and read all that there is.
 */
export function createWorkloadHost(): ChaincodeHost {
  return {
    invoke: async ({ args }, begin) => {
      const [lane = '', item = ''] = args.map((argument) => Buffer.from(argument).toString());
      try {
        const result = await run(begin(), lane, item);
        return { status: 200, message: '', payload: Buffer.from(JSON.stringify(result ?? null)) } satisfies ChaincodeResult;
      } catch (error) {
        if (!(error instanceof ProgramError)) throw error;
        return { status: 500, message: error.message, payload: new Uint8Array(0) };
      }
    },
    prepare: () => Promise.resolve(),
    declaredIndexes: () => Promise.resolve(new Map()),
    close: () => Promise.resolve(),
  };
}

class ProgramError extends Error {}

async function run(state: StateCalls, lane: string, item: Item): Promise<unknown> {
  if (item === 'snapshot') return snapshot(state, lane);
  if (item.startsWith('fill ')) {
    for (const [place, value] of Object.entries(JSON.parse(item.slice(5)) as Workload['before'])) {
      const [dataset = '', key = ''] = place.split(' ');
      await state.putState(DATASETS[dataset] ?? '', keyOf(lane, key), Buffer.from(value));
    }
    return undefined;
  }
  const { program, dataset: name, key: shortKey } = parseItem(item);
  const value = item.split(' ')[4] ?? '';
  const dataset = DATASETS[name] ?? '';
  const key = keyOf(lane, shortKey);
  const put = (text: string): Promise<void> => state.putState(dataset, key, Buffer.from(text));
  const get = async (): Promise<string | undefined> => textOf(await state.getState(dataset, key));
  switch (program) {
    case 'get': return get();
    case 'put': return put(value);
    case 'add': {
      const sum = String(Number((await get()) ?? '0') + Number(value));
      await put(sum);
      return sum;
    }
    case 'del': return state.deleteState(dataset, key);
    case 'purge': return state.purge(dataset, key);
    case 'list': return list(state, dataset, lane);
    case 'sum': {
      const found = await list(state, dataset, lane);
      await put(String(Object.values(found).reduce((sum, each) => sum + Number(each), 0)));
      return found;
    }
    case 'hist': return history(state, key);
    case 'fail': {
      const found = (await get()) ?? 'nothing';
      await put('what a failed item wrote');
      throw new ProgramError(`failed at ${found}`);
    }
    default: throw new Error(`no such program: ${program}`);
  }
}

async function snapshot(state: StateCalls, lane: string): Promise<unknown> {
  const histories: Record<string, unknown> = {};
  for (const key of KEYS) histories[key] = await history(state, keyOf(lane, key));
  return { houses: await list(state, '', lane), stones: await list(state, 'auroraStones', lane), histories };
}

async function list(state: StateCalls, dataset: string, lane: string): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  const start = `\x00${lane}\x00`;
  for await (const { key, value } of await state.getRange(dataset, start, `${start}\u{10ffff}`)) found[key.slice(start.length, -1)] = textOf(value);
  return found;
}

async function history(state: StateCalls, key: string): Promise<(string | null)[]> {
  const versions: (string | null)[] = [];
  for await (const { value } of await state.getHistory(key)) versions.push(textOf(value) ?? null);
  return versions;
}

function keyOf(lane: string, key: string): string {
  return `\x00${lane}\x00${key}\x00`;
}

function textOf(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString();
}
