import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '@selvedge/crypto';
import { createTestOrganisation, type TestOrganisation } from '@selvedge/fixtures';
import { BlockHeaderSchema, LIMITS, parseMessage, TransactionSchema, type Block } from '@selvedge/protocol';
import { openLedgerStore } from './adapters/lmdb-store.js';
import { openSequencer, type Sequencer, type SequencerOptions } from './sequencer.js';

const text = (value: string): Uint8Array => Buffer.from(value);
const numberOf = (block: Block): bigint => parseMessage(BlockHeaderSchema, block.header, LIMITS.maxHeaderBytes).number;

describe('openSequencer', () => {
  let organisation: TestOrganisation;
  let directory: string;
  let sequencer: Sequencer;
  let trace: string[];

  const start = (options: Partial<SequencerOptions> = {}): Promise<Sequencer> =>
    openSequencer({
      store: openLedgerStore({ directory }),
      signer: organisation.orderer.signer,
      genesis: text('genesis'),
      network: 'net',
      channel: 'trade',
      checkpoint: (name, subject) => trace.push(`${name} ${subject ?? ''}`),
      ...options,
    });
  const take = async (count: number, from = 0n): Promise<Block[]> => {
    const blocks: Block[] = [];
    for await (const block of sequencer.deliver(from)) {
      blocks.push(block);
      if (blocks.length === count) break;
    }
    return blocks;
  };

  beforeAll(async () => {
    organisation = await createTestOrganisation('OrdererMSP', new Date());
  });
  beforeEach(async () => {
    trace = [];
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-sequencer-'));
    sequencer = await start();
  });
  afterEach(async () => {
    await sequencer.close();
    rmSync(directory, { recursive: true });
  });

  it('begins with the policy transaction in block 0', async () => {
    expect(sequencer.height).toBe(1n);
    const [block] = await take(1);
    const { kind } = parseMessage(TransactionSchema, block!.transactions[0]!, 1_000);
    expect(kind).toEqual({ case: 'policy', value: new Uint8Array(text('genesis')) });
  });

  it('chains blocks by the hashes of their headers', async () => {
    await sequencer.submit(text('a'));
    await sequencer.submit(text('b'));
    const blocks = await take(3);
    expect(blocks.map(numberOf)).toEqual([0n, 1n, 2n]);
    const headers = blocks.map(({ header }) => parseMessage(BlockHeaderSchema, header, 1_024));
    expect(headers[0]!.previousHash).toHaveLength(0);
    expect(Buffer.from(headers[2]!.previousHash)).toEqual(sha256(blocks[1]!.header));
  });

  it('puts submissions of one moment into one block, in order', async () => {
    const places = await Promise.all(['a', 'b', 'c'].map((value) => sequencer.submit(text(value))));
    expect(places).toEqual([0, 1, 2].map((index) => ({ blockNumber: 1n, index })));
    const [block] = await take(1, 1n);
    expect(block!.transactions.map((bytes) => Buffer.from(bytes).toString())).toEqual(['a', 'b', 'c']);
  });

  it('cuts by count, and by bytes', async () => {
    await sequencer.close();
    sequencer = await start({ maxBatch: 2, maxBatchBytes: 10 });
    const places = await Promise.all(['a', 'b', 'c', 'seven77', 'four'].map((value) => sequencer.submit(text(value))));
    expect(places.map(({ blockNumber, index }) => [blockNumber, index])).toEqual([[1n, 0], [1n, 1], [2n, 0], [2n, 1], [3n, 0]]);
  });

  it('cuts a lone transaction at once; the next ones share the block after the interval, unless they fill it', async () => {
    await sequencer.close();
    sequencer = await start({ minBlockIntervalMs: 60_000, maxBatch: 2 });
    const lone = await sequencer.submit(text('a'));
    const first = sequencer.submit(text('b'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const second = sequencer.submit(text('c'));
    expect((await first).blockNumber).toBe(lone.blockNumber + 1n);
    expect((await second).blockNumber).toBe(lone.blockNumber + 1n);
  });

  it('syncs before it acknowledges or sends', async () => {
    const reading = take(2);
    await sequencer.submit(text('a'));
    await reading;
    const own = trace.filter((line) => line.endsWith(' 1'));
    expect(own.slice(0, 3)).toEqual(['sequencer.before-sync 1', 'sequencer.after-sync 1', 'sequencer.before-ack 1']);
    expect(own.indexOf('sequencer.before-send 1')).toBeGreaterThan(own.indexOf('sequencer.after-sync 1'));
  });

  it('delivers history and then live blocks, to several readers', async () => {
    await sequencer.submit(text('a'));
    const reading = Promise.all([take(4), take(3, 1n), take(1, 3n)]);
    await sequencer.submit(text('b'));
    await sequencer.submit(text('c'));
    const numbers = (await reading).map((blocks) => blocks.map(numberOf));
    expect(numbers).toEqual([[0n, 1n, 2n, 3n], [1n, 2n, 3n], [3n]]);
  });

  it('ends a stream that waits when its reader or the sequencer goes', async () => {
    const abort = new AbortController();
    const drain = async (signal?: AbortSignal): Promise<number> => {
      let count = 0;
      for await (const block of sequencer.deliver(0n, signal)) count += block.transactions.length;
      return count;
    };
    const readers = [drain(abort.signal), drain()];
    await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort();
    await expect(readers[0]).resolves.toBe(1);
    await sequencer.close();
    await expect(readers[1]).resolves.toBe(1);
    sequencer = await start();
  });

  it('goes on after a restart where it stopped', async () => {
    for (let i = 0; i < 100; i += 1) await sequencer.submit(text(`t${String(i)}`));
    await sequencer.close();
    sequencer = await start();
    expect(sequencer.height).toBe(101n);
    expect((await sequencer.submit(text('next'))).blockNumber).toBe(101n);
    const blocks = await take(102);
    expect(blocks.map(numberOf)).toEqual(Array.from({ length: 102 }, (_, i) => BigInt(i)));
  });

  it('orders what waits before it closes, and refuses afterwards', async () => {
    const waiting = Promise.all(['a', 'b'].map((value) => sequencer.submit(text(value))));
    await sequencer.close();
    await expect(waiting).resolves.toHaveLength(2);
    await expect(sequencer.submit(text('c'))).rejects.toMatchObject({ code: 'DRAINING' });
    sequencer = await start();
  });

  it('refuses when its queue is full, and takes again afterwards', async () => {
    await sequencer.close();
    sequencer = await start({ maxQueue: 2 });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((value) => sequencer.submit(text(value))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'OVERLOADED' } });
    await sequencer.submit(text('d'));
  });

  it('refuses empty and oversize submissions', async () => {
    await expect(sequencer.submit(new Uint8Array(0))).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    await expect(sequencer.submit(new Uint8Array(8 * 1024 * 1024 + 1))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });

  it('refuses a log with another block 0', async () => {
    await sequencer.close();
    const store = openLedgerStore({ directory });
    await expect(start({ store, genesis: text('another') })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    await store.close();
    sequencer = await start();
  });

  it.each(['missing', 'unparsable', 'of another number', 'of another network'] as const)('refuses a log whose newest block is %s', async (fault) => {
    for (const value of ['a', 'b', 'c']) await sequencer.submit(text(value));
    await sequencer.close();
    const store = openLedgerStore({ directory });
    const table = store.database('blocks');
    const key = (number: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, number);
    const first = table.get(key(1))!;
    await store.write(() => {
      if (fault === 'missing') table.remove(key(2));
      if (fault === 'unparsable') table.put(key(3), text('x'));
      if (fault === 'of another number') table.put(key(3), first);
    });
    await expect(start({ store, ...(fault === 'of another network' ? { network: 'other' } : {}) })).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
    await store.close();
    rmSync(directory, { recursive: true });
    sequencer = await start();
  });

  it('refuses to overwrite a block that another sequencer wrote', async () => {
    const other = await start();
    await other.submit(text('theirs'));
    await expect(sequencer.submit(text('mine'))).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
    await other.close();
  });
});
