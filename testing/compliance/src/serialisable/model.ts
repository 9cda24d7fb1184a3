import { runCall, type Call, type Found, type Stone, type World } from './programs.js';

/** The state as a plain map per dataset: what the committed transactions, one after the other, must give. */
export class ModelWorld {
  readonly #datasets = new Map<string, Map<string, Stone>>();

  /** Runs one call alone; what it read, as one text. */
  async run(call: Call): Promise<string> {
    const stones = this.#stones(call.dataset);
    const writes: (() => void)[] = [];
    const world: World = {
      get: (key) => Promise.resolve(stones.get(key)),
      // A range of simple keys has none that are composed, as on Fabric.
      range: (start, end) => Promise.resolve(sorted(stones).filter(({ key }) => isWithin(key, start, end) && key.startsWith('\x00') === start.startsWith('\x00'))),
      ofColour: (colour) => Promise.resolve(sorted(stones).filter((stone) => stone.colour === colour)),
      put: (key, stone) => {
        writes.push(() => stones.set(key, stone));
        return Promise.resolve();
      },
      remove: (key) => {
        writes.push(() => stones.delete(key));
        return Promise.resolve();
      },
    };
    const result = await runCall(world, call);
    for (const write of writes) write();
    return result;
  }

  /** Everything in a dataset, in order. */
  content(dataset: string): readonly Found[] {
    return sorted(this.#stones(dataset));
  }

  #stones(dataset: string): Map<string, Stone> {
    const stones = this.#datasets.get(dataset) ?? new Map<string, Stone>();
    this.#datasets.set(dataset, stones);
    return stones;
  }
}

function sorted(stones: ReadonlyMap<string, Stone>): Found[] {
  return [...stones].map(([key, { colour, n }]) => ({ key, colour, n })).sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function isWithin(key: string, start: string, end: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(start)) >= 0 && Buffer.compare(Buffer.from(key), Buffer.from(end)) < 0;
}
