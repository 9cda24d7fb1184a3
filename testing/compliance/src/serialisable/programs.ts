/** A stone, as the programs store it. */
export interface Stone {
  readonly colour: string;
  readonly n: number;
}

export interface Found extends Stone {
  readonly key: string;
}

/** What a program may do; reads do not see its own writes, as on Fabric. */
export interface World {
  get(key: string): Promise<Stone | undefined>;
  /** start <= key < end, in order. */
  range(start: string, end: string): Promise<readonly Found[]>;
  /** A rich query: whatever the object type, in order of the keys. */
  ofColour(colour: string): Promise<readonly Found[]>;
  put(key: string, stone: Stone): Promise<void>;
  remove(key: string): Promise<void>;
}

/** One transaction. */
export interface Call {
  readonly program: ProgramName;
  readonly dataset: string;
  readonly key: string;
  /** Upper bound of a range. */
  readonly end: string;
  readonly colour: string;
  readonly other: string;
  readonly n: number;
}

type Program = (world: World, call: Call) => Promise<unknown>;

/** Object type of some of the keys. */
export const TYPED_START = '\x00stone\x00';
export const TYPED_END = `${TYPED_START}\u{10ffff}`;

const total = (found: readonly Found[]): number => found.reduce((sum, { n }) => sum + n, 0);
const update = async (world: World, found: readonly Found[], change: (stone: Found) => Stone): Promise<readonly Found[]> => {
  for (const stone of found) await world.put(stone.key, change(stone));
  return found;
};

/** Inserts, deletes, updates that newly match, and queries with updates that rest on them. */
const PROGRAMS = {
  insert: (world, { key, colour, n }) => world.put(key, { colour, n }),
  remove: (world, { key }) => world.remove(key),
  repaint: async (world, { key, colour }) => {
    const stone = await world.get(key);
    if (stone !== undefined) await world.put(key, { ...stone, colour });
    return stone;
  },
  sumRange: async (world, { key, end, n }) => {
    const found = await world.range(key, end);
    await world.put(`total${String(n)}`, { colour: 'total', n: total(found) });
    return found;
  },
  bumpRange: async (world, { key, end }) => update(world, await world.range(key, end), ({ colour, n }) => ({ colour, n: n + 1 })),
  clearRange: async (world, { key, end }) => {
    const found = await world.range(key, end);
    for (const stone of found) await world.remove(stone.key);
    return found;
  },
  sumTyped: async (world, { key }) => {
    const found = await world.range(TYPED_START, TYPED_END);
    await world.put(key, { colour: 'total', n: total(found) });
    return found;
  },
  countColour: async (world, { colour, key }) => {
    const found = await world.ofColour(colour);
    await world.put(key, { colour: 'count', n: found.length });
    return found;
  },
  repaintColour: async (world, { colour, other }) => update(world, await world.ofColour(colour), ({ n }) => ({ colour: other, n })),
  removeColour: async (world, { colour }) => {
    const found = await world.ofColour(colour);
    for (const stone of found) await world.remove(stone.key);
    return found;
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;
export const PROGRAM_NAMES = Object.keys(PROGRAMS) as ProgramName[];

/** Runs a call; what it read, as one text. */
export async function runCall(world: World, call: Call): Promise<string> {
  const result = await (PROGRAMS[call.program] as Program)(world, call);
  return JSON.stringify(result ?? null);
}
