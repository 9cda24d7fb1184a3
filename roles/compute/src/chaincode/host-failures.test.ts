import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChaincodeProcess, type ChaincodeProcess } from './chaincode-process.js';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
import { BEHAVIOURS, createTestStore, isAlive, openTestHost, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let it: TestHost;
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
  it = await openTestHost(store, { limits: { maxAbandoned: 2, probeTimeoutMs: 1000, maxWrites: 5, maxMessageBytes: 100_000, minBackoffMs: 60_000 } });
});
afterAll(async () => {
  await it.close();
  await store.remove();
});

let organisations = 0;
/** A fresh organisation, and with it a process of its own. */
const organisation = (): { creatorMspId: string } => {
  organisations += 1;
  return { creatorMspId: `Org${String(organisations)}MSP` };
};
const pidOf = async (call: { creatorMspId: string }, host = it): Promise<number> => (JSON.parse(await host.text(['show'], call)) as { pid: number }).pid;
const containing = (text: string): string => expect.stringContaining(text) as string;

describe('a process that ends or hangs', () => {
  test('a crash fails what is in flight, names the exit code, and the next request starts afresh', async () => {
    const org = organisation();
    const first = await pidOf(org);
    const settled = expect(it.run(['slow', '5000'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    await expect(it.run(['exit', '7'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED', message: containing('exit code 7') });
    await settled;
    expect(await pidOf(org)).not.toBe(first);
  });

  test('repeated crashes are started again only after a while; others are not held back', async () => {
    const org = organisation();
    await expect(it.run(['exit', '1'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    await expect(it.run(['exit', '1'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    await expect(it.run(['count'], org)).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED', message: containing('failed repeatedly') });
    expect(await it.text(['count'], organisation())).toBe('1');
  });

  test('an invocation that waits for ever times out alone; with too many of them the process is replaced', async () => {
    const org = organisation();
    const before = await pidOf(org);
    const other = it.text(['slow', '1500'], org);
    await expect(it.run(['hang'], { ...org, deadlineMs: 300 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(await other).toBe('slow');
    expect(await pidOf(org)).toBe(before);
    await expect(it.run(['hang'], { ...org, deadlineMs: 300 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(await pidOf(org)).not.toBe(before);
    await expect.poll(() => isAlive(before)).toBe(false);
  });

  test('a process that is busy for ever is ended after the first timeout', async () => {
    const org = organisation();
    const before = await pidOf(org);
    await expect(it.run(['spin'], { ...org, deadlineMs: 300 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    await expect.poll(() => isAlive(before), { timeout: 10_000 }).toBe(false);
    expect(await pidOf(org)).not.toBe(before);
  });

  test('the caller’s signal ends an invocation, and the wait for a start', async () => {
    const org = organisation();
    await expect(it.run(['count'], { ...org, signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ code: 'CANCELLED' });
    await pidOf(org);
    await expect(it.run(['hang'], { ...org, signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a process that breaks its limits or the protocol', () => {
  test.each([
    ['a refused flood', ['putForever'], 'CHAINCODE_LIMIT'],
    ['a message above the message limit', ['hugeMessage', '200000'], 'CHAINCODE_LIMIT'],
    ['bytes that are no message', ['garbage'], 'CHAINCODE_PROTOCOL'],
    ['a flood outside of a transaction', ['strays', '2000'], 'CHAINCODE_PROTOCOL'],
  ])('%s', async (_name, args, code) => {
    const org = organisation();
    await expect(it.run(args, org)).rejects.toMatchObject({ code });
    expect(await it.text(['count'], org)).toBe('1');
  });

  const start = (program: string, limits: Partial<ChaincodeLimits> = {}): Promise<ChaincodeProcess> =>
    startChaincodeProcess({
      runDirectory: it.directory, treeDirectory: BEHAVIOURS, program, chaincodeId: 'behaviours:00', mspId: 'AuroraMSP', limits: { ...CHAINCODE_LIMITS, ...limits }, signal: new AbortController().signal,
    });

  test('a process that registers under another name is not used', async () => {
    await expect(start('impostor.cjs')).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL', message: 'the chaincode registered under another name' });
  });

  test('a process that never listens is given up on', async () => {
    await expect(start('silent.cjs', { startTimeoutMs: 300 })).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED' });
  });

  test('a process that ends while it starts', async () => {
    await expect(start('missing.cjs')).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED', message: containing('exit code 1') });
  });
});

test('the longest idle process makes room, a busy one does not; closing ends everything', async () => {
  const small = await openTestHost(store, { limits: { maxProcesses: 1 } });
  const [a, b] = [organisation(), organisation()];
  const first = await pidOf(a, small);
  const second = await pidOf(b, small);
  await expect.poll(() => isAlive(first)).toBe(false);
  const grandchild = Number(await small.text(['leaveChild'], b));
  const hanging = expect(small.run(['hang'], b)).rejects.toMatchObject({ code: 'DRAINING' });
  await expect.poll(() => small.host.status().running).toBe(1);
  await expect(small.run(['count'], a)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await small.host.close();
  await hanging;
  await expect.poll(() => isAlive(second)).toBe(false);
  await expect.poll(() => isAlive(grandchild)).toBe(false);
  await expect(small.run(['count'], a)).rejects.toMatchObject({ code: 'DRAINING' });
  await small.close();
});
