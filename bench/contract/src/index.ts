import { Contract, type Context } from 'fabric-contract-api';

const COLLECTION = 'values';

interface Stored {
  readonly total: number;
  readonly updates: number;
  readonly memo?: string;
}

/** One private collection: read, check, add, write back. The same package runs on a plain Fabric peer and in Selvedge. */
class Bench extends Contract {
  constructor() {
    super('Bench');
  }

  /** @param key of the value; the change is in the transient field `value` */
  async Update(ctx: Context, key: string): Promise<string> {
    const transient = ctx.stub.getTransient().get('value');
    if (transient === undefined) throw new Error('transient field "value" is missing');
    const change = JSON.parse(Buffer.from(transient).toString('utf8')) as { readonly amount?: unknown; readonly memo?: string };
    if (typeof change.amount !== 'number') throw new Error('value needs an amount');
    const present = await ctx.stub.getPrivateData(COLLECTION, key);
    const before: Stored = present.length === 0 ? { total: 0, updates: 0 } : (JSON.parse(Buffer.from(present).toString('utf8')) as Stored);
    const after: Stored = { total: before.total + change.amount, updates: before.updates + 1, ...(change.memo === undefined ? {} : { memo: change.memo }) };
    await ctx.stub.putPrivateData(COLLECTION, key, Buffer.from(JSON.stringify(after)));
    return String(after.updates);
  }

  /** Writes documents `doc-<n>` to the world state, twenty to a group, for the benchmark of state in memory. */
  async Load(ctx: Context, from: string, count: string): Promise<void> {
    for (let n = Number(from); n < Number(from) + Number(count); n += 1) {
      await ctx.stub.putState(`doc-${String(n)}`, Buffer.from(JSON.stringify({ group: Math.floor(n / 20), n })));
    }
  }

  async Get(ctx: Context, key: string): Promise<string> {
    return Buffer.from(await ctx.stub.getState(key)).toString('utf8');
  }

  /** Keys of a group's documents, by the declared index. */
  async Find(ctx: Context, group: string): Promise<string> {
    const keys: string[] = [];
    const found = ctx.stub.getQueryResult(JSON.stringify({ selector: { group: Number(group) }, use_index: ['groupDoc', 'group'] })) as unknown as AsyncIterable<{ readonly key: string }>;
    for await (const { key } of found) keys.push(key);
    return JSON.stringify(keys.sort());
  }

  /** Holds the process, as a call of something slow would. */
  Wait(_ctx: Context, ms: string): Promise<string> {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
    return Promise.resolve(ms);
  }

  async Read(ctx: Context, key: string): Promise<string> {
    const present = await ctx.stub.getPrivateData(COLLECTION, key);
    return Buffer.from(present).toString('utf8');
  }
}

export const contracts = [Bench];
