import { packagePath } from '@selvedge/contract-package';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probeSandbox } from '../sandbox/index.js';
import { startChaincodeProcess, type ChaincodeProcess } from './chaincode-process.js';
import { createConfiner } from './confinement.js';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
import { BEHAVIOURS, createTestStore, isAlive, openTestHost, processesOf, type TestHost, type TestStore } from './testdata/test-host.js';

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
/** Pid of the organisation's process, which starts when there is none. */
const pidOf = async (call: { creatorMspId: string }, host = it): Promise<number> => {
  await host.text(['show'], call);
  const [pid, ...others] = await processesOf(call.creatorMspId);
  if (pid === undefined || others.length > 0) throw new Error(`${String(others.length + 1)} processes`);
  return pid;
};
const containing = (text: string): string => expect.stringContaining(text) as string;

describe('a process that ends or hangs', () => {
  test('a crash names the exit code, and the next request starts afresh', async () => {
    const org = organisation();
    const first = await pidOf(org);
    await expect(it.run(['exit', '7'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED', message: containing('exit code 7') });
    expect(await pidOf(org)).not.toBe(first);
  });

  test('a crash harms only its own invocation: what ran beside it runs again, from nothing', async () => {
    const org = organisation();
    await pidOf(org);
    const others = Array.from({ length: 4 }, (_, index) => it.run(['putSlowly', `beside${String(index)}`, '500'], org));
    await expect(it.run(['exit', '7'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED', message: containing('exit code 7') });
    for (const result of await Promise.all(others)) expect(result.status).toBe(200);
    expect([0, 1, 2, 3].map((index) => it.state.get('', `beside${String(index)}`))).toEqual(['v', 'v', 'v', 'v']);
  });

  test('after repeated crashes the process starts again only after a while, and requests run alone until then', async () => {
    const org = organisation();
    for (let crash = 0; crash < 4; crash += 1) {
      await expect(it.run(['exit', '1'], org)).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
      expect(await it.text(['result', '3'], org)).toBe('xxx');
    }
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

  const start = async (program: string, changes: Partial<ChaincodeLimits> = {}): Promise<ChaincodeProcess> => {
    const limits = { ...CHAINCODE_LIMITS, ...changes };
    return startChaincodeProcess({
      runDirectory: it.directory, treeDirectory: packagePath(store.store, store.codeHash), start: { runtime: 'node', program, args: ['start'] }, chaincodeId: 'behaviours:00', mspId: 'AuroraMSP', idleSeed: '00'.repeat(32),
      limits, confiner: createConfiner(await probeSandbox(), it.directory, limits), now: () => performance.now(), signal: new AbortController().signal,
    });
  };

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
  const hanging = expect(small.run(['hang'], b)).rejects.toMatchObject({ code: 'DRAINING' });
  await expect.poll(() => small.host.status().running).toBe(1);
  await expect(small.run(['count'], a)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await small.host.close();
  await hanging;
  await expect.poll(() => isAlive(second)).toBe(false);
  await expect(small.run(['count'], a)).rejects.toMatchObject({ code: 'DRAINING' });
  await small.close();
});
