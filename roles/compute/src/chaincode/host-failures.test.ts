import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startChaincodeProcess } from './chaincode-process.js';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
import { BEHAVIOURS, createTestStore, isAlive, openTestHost, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let it: TestHost;
const open = async (limits: Partial<ChaincodeLimits> = {}): Promise<void> => {
  it = await openTestHost(store, { limits });
};
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
});
afterAll(async () => {
  await store.remove();
});
afterEach(async () => {
  await it.close();
});
const pidOf = async (): Promise<number> => (JSON.parse(await it.text(['show'])) as { pid: number }).pid;

describe('a process that ends or hangs', () => {
  test('a crash fails what is in flight, names the exit code, and the next request starts afresh', async () => {
    await open();
    const first = await pidOf();
    const slow = it.run(['slow', '5000']);
    const settled = expect(slow).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    await expect(it.run(['exit', '7'])).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED', message: expect.stringContaining('exit code 7') as string });
    await settled;
    expect(await pidOf()).not.toBe(first);
  });

  test('repeated crashes are started again only after a while', async () => {
    await open({ minBackoffMs: 60_000 });
    await expect(it.run(['exit', '1'])).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    await expect(it.run(['exit', '1'])).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    await expect(it.run(['count'])).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED', message: expect.stringContaining('failed repeatedly') as string });
    // another organisation is not held back
    expect(await it.text(['count'], { creatorMspId: 'BorealisMSP' })).toBe('1');
  });

  test('an invocation that waits for ever times out alone; the process goes on', async () => {
    await open();
    const before = await pidOf();
    const other = it.text(['slow', '1500']);
    await expect(it.run(['hang'], { deadlineMs: 300 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(await other).toBe('slow');
    expect(await pidOf()).toBe(before);
    expect(it.host.status().abandoned).toBe(1);
  });

  test('a process with too many abandoned invocations is replaced when its work is done', async () => {
    await open({ maxAbandoned: 2 });
    const before = await pidOf();
    await Promise.all([1, 2].map(() => expect(it.run(['hang'], { deadlineMs: 200 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' })));
    expect(await pidOf()).not.toBe(before);
    await expect.poll(() => isAlive(before)).toBe(false);
  });

  test('a process that is busy for ever is ended after the first timeout', async () => {
    await open({ probeTimeoutMs: 300 });
    const before = await pidOf();
    await expect(it.run(['spin'], { deadlineMs: 300 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    await expect.poll(() => isAlive(before), { timeout: 5000 }).toBe(false);
    expect(await pidOf()).not.toBe(before);
  });

  test('the caller’s signal ends an invocation, and a start', async () => {
    await open();
    await expect(it.run(['count'], { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'CANCELLED' });
    await pidOf();
    await expect(it.run(['hang'], { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(it.run(['count'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('the longest idle process makes room, a busy one does not', async () => {
    await open({ maxProcesses: 1 });
    const aurora = await pidOf();
    expect(await it.text(['count'], { creatorMspId: 'BorealisMSP' })).toBe('1');
    await expect.poll(() => isAlive(aurora)).toBe(false);
    const busy = it.text(['slow', '500'], { creatorMspId: 'BorealisMSP' });
    await expect(it.run(['count'])).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await busy).toBe('slow');
  });

  test('closing ends the processes, what they started, and what is in flight', async () => {
    await open();
    const pid = await pidOf();
    const grandchild = Number(await it.text(['leaveChild']));
    const hanging = expect(it.run(['hang'])).rejects.toMatchObject({ code: 'DRAINING' });
    await expect.poll(() => it.host.status().running).toBe(1);
    await it.host.close();
    await hanging;
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect.poll(() => isAlive(grandchild)).toBe(false);
    await expect(it.run(['count'])).rejects.toMatchObject({ code: 'DRAINING' });
  });
});

describe('a process that breaks its limits or the protocol', () => {
  test.each([
    ['a refused flood', { maxWrites: 5 }, ['putForever'], 'CHAINCODE_LIMIT'],
    ['a message above the message limit', { maxMessageBytes: 100_000 }, ['hugeMessage', '200000'], 'CHAINCODE_LIMIT'],
    ['bytes that are no message', {}, ['garbage'], 'CHAINCODE_PROTOCOL'],
    ['a flood outside of a transaction', {}, ['strays', '2000'], 'CHAINCODE_PROTOCOL'],
  ])('%s', async (_name, limits, args, code) => {
    await open(limits);
    await expect(it.run(args)).rejects.toMatchObject({ code });
    expect(await it.text(['count'])).toBe('1');
  });

  test('a process that registers under another name is not used', async () => {
    await open();
    const started = startChaincodeProcess({
      runDirectory: it.directory, treeDirectory: BEHAVIOURS, program: 'impostor.cjs', chaincodeId: 'behaviours:00', mspId: 'AuroraMSP', limits: CHAINCODE_LIMITS, signal: new AbortController().signal,
    });
    await expect(started).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL', message: 'the chaincode registered under another name' });
  });

  test('a process that never listens is given up on', async () => {
    await open();
    const started = startChaincodeProcess({
      runDirectory: it.directory, treeDirectory: BEHAVIOURS, program: 'silent.cjs', chaincodeId: 'behaviours:00', mspId: 'AuroraMSP', limits: { ...CHAINCODE_LIMITS, startTimeoutMs: 300 }, signal: new AbortController().signal,
    });
    await expect(started).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED' });
  });

  test('a process that ends while it starts', async () => {
    await open();
    const started = startChaincodeProcess({
      runDirectory: it.directory, treeDirectory: BEHAVIOURS, program: 'missing.cjs', chaincodeId: 'behaviours:00', mspId: 'AuroraMSP', limits: CHAINCODE_LIMITS, signal: new AbortController().signal,
    });
    await expect(started).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED', message: expect.stringContaining('exit code 1') as string });
  });
});
