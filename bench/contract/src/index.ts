import { Contract, type Context } from 'fabric-contract-api';

const COLLECTION = 'values';

interface Stored {
  readonly total: number;
  readonly updates: number;
  readonly memo?: string;
}

/** What one Update changes: an amount to add, and what pads the value. */
interface Change {
  readonly amount: number;
  readonly memo?: string;
}

function parseChange(bytes: string): Change {
  const change = JSON.parse(bytes) as { readonly amount?: unknown; readonly memo?: string };
  if (typeof change.amount !== 'number') throw new Error('value needs an amount');
  return { ...change, amount: change.amount };
}

function apply(present: Uint8Array, { amount, memo }: Change): Stored {
  const before: Stored = present.length === 0 ? { total: 0, updates: 0 } : (JSON.parse(Buffer.from(present).toString('utf8')) as Stored);
  return { total: before.total + amount, updates: before.updates + 1, ...(memo === undefined ? {} : { memo }) };
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
    const after = apply(await ctx.stub.getPrivateData(COLLECTION, key), parseChange(Buffer.from(transient).toString('utf8')));
    await ctx.stub.putPrivateData(COLLECTION, key, Buffer.from(JSON.stringify(after)));
    return String(after.updates);
  }

  /** As Update, over world state, where nothing is private. @param change JSON, an argument for all to see */
  async UpdatePublic(ctx: Context, key: string, change: string): Promise<string> {
    const after = apply(await ctx.stub.getState(key), parseChange(change));
    await ctx.stub.putState(key, Buffer.from(JSON.stringify(after)));
    return String(after.updates);
  }

  async ReadPublic(ctx: Context, key: string): Promise<string> {
    return Buffer.from(await ctx.stub.getState(key)).toString('utf8');
  }

  /** Writes values `<prefix>-<n>`, each as one Update with this memo leaves them. @param store private or public */
  async Fill(ctx: Context, store: string, prefix: string, from: string, count: string, memoLength: string): Promise<void> {
    const value = Buffer.from(JSON.stringify(apply(new Uint8Array(), { amount: 1, memo: 'm'.repeat(Number(memoLength)) })));
    for (let n = Number(from); n < Number(from) + Number(count); n += 1) {
      const key = `${prefix}-${String(n)}`;
      await (store === 'public' ? ctx.stub.putState(key, value) : ctx.stub.putPrivateData(COLLECTION, key, value));
    }
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
