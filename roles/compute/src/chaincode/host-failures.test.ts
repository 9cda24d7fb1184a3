import { SelvedgeError } from '@selvedge/errors';
import { afterEach, describe, expect, test } from 'vitest';
import { openTestHost, BEHAVIOURS, isAlive, type TestHost } from './testdata/test-host.js';
import type { ChaincodeLimits } from './limits.js';

let it: TestHost;
const open = async (limits: Partial<ChaincodeLimits> = {}): Promise<void> => {
  it = await openTestHost(BEHAVIOURS, { limits });
};
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
    for (const _ of [1, 2]) await expect(it.run(['exit', '1'])).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
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

describe('limits', () => {
  test.each<[string, Partial<ChaincodeLimits>, string[]]>([
    ['maxReads', { maxReads: 20 }, ['getMany', '50']],
    ['maxReadBytes', { maxReadBytes: 5000 }, ['getMany', '10']],
    ['maxWrites', { maxWrites: 10 }, ['putMany', '11', '1']],
    ['maxWriteBytes', { maxWriteBytes: 5000 }, ['putMany', '10', '1000']],
    ['maxResultBytes', { maxResultBytes: 1000 }, ['result', '2000']],
    ['maxResultBytes', { maxResultBytes: 1000 }, ['event', 'e', 'x'.repeat(1000)]],
  ])('%s', async (name, limits, args) => {
    await open(limits);
    it.state.set('', 'big', 'x'.repeat(1000));
    await expect(it.run(args)).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT', details: { limit: name } });
    expect(await it.text(['count'])).toBe('1');
  });

  test('a flood that ignores its refusals is cut off', async () => {
    await open({ maxWrites: 5 });
    await expect(it.run(['putForever'])).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT' });
  });

  test('a message above the message limit', async () => {
    await open({ maxMessageBytes: 100_000 });
    await expect(it.run(['hugeMessage', '200000'])).rejects.toMatchObject({ code: 'CHAINCODE_LIMIT' });
  });

  test('invocations at the same time, and the same transaction twice', async () => {
    await open({ maxInFlight: 2 });
    await pidOf();
    const nonce = Buffer.from('same');
    const first = it.text(['slow', '600'], { nonce });
    await expect.poll(() => it.host.status().running).toBe(1);
    await expect(it.run(['slow', '1'], { nonce })).rejects.toMatchObject({ code: 'OVERLOADED', message: 'this transaction is still running here' });
    const second = it.text(['slow', '600']);
    await expect(it.run(['count'])).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await Promise.all([first, second])).toEqual(['slow', 'slow']);
  });
});

describe('the protocol', () => {
  test.each([
    ['an overlapping request', ['overlap']],
    ['bytes that are no message', ['garbage']],
    ['a result that does not parse', ['garbageResult']],
    ['a message that only a peer sends', ['wrongType']],
    ['a flood outside of a transaction', ['strays', '2000']],
  ])('%s', async (_name, args) => {
    await open();
    await expect(it.run(args)).rejects.toMatchObject({ code: 'CHAINCODE_PROTOCOL' });
    expect(await it.text(['count'])).toBe('1');
  });

  test('a request that does not parse fails like Fabric’s', async () => {
    await open();
    await expect(it.run(['garbagePayload'], { deadlineMs: 500 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
  });

  test('an end that names another transaction changes nothing', async () => {
    await open();
    expect(await it.text(['strayResult', 'ee'.repeat(32)])).toBe('done');
  });
});

describe('refusals of the state calls', () => {
  test.each([
    ['history', 'history'],
    ['richQuery', 'rich query'],
    ['keyPolicy', 'key-level endorsement policy'],
    ['readKeyPolicy', 'key-level endorsement policy'],
    ['callOther', 'chaincode to chaincode call'],
    ['swallowHistory', 'history'],
  ])('%s is refused by name', async (name, feature) => {
    await open();
    await expect(it.run([name])).rejects.toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining(`${feature} (`) as string });
  });

  test('state that is not available is the refusal, not the contract’s error about it', async () => {
    await open();
    it.state.refusals.set('far', new SelvedgeError('STATE_UNAVAILABLE', 'no owner answered', { role: 'compute' }));
    await expect(it.run(['get', 'far', 'k'])).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  test('a contract cannot take state that was withheld for absent', async () => {
    await open();
    it.state.refusals.set('far', new SelvedgeError('STATE_FORGED', 'business node sent forged state', { role: 'compute' }));
    await expect(it.run(['swallow', 'far', 'k'])).rejects.toMatchObject({ code: 'STATE_FORGED' });
  });

  test('a refusal that follows from the request may be handled by the contract, as on Fabric', async () => {
    await open();
    it.state.refusals.set('closed', new SelvedgeError('DATASET_ACCESS_DENIED', 'tx creator does not have read access permission', { role: 'compute' }));
    await expect(it.run(['get', 'closed', 'k'])).rejects.toMatchObject({ code: 'DATASET_ACCESS_DENIED' });
    expect(await it.text(['swallow', 'closed', 'k'])).toMatch(/^swallowed: GET_STATE failed: transaction ID: [0-9a-f]{64}: tx creator does not have/);
  });

  test('an unexpected failure gives nothing away', async () => {
    await open();
    const calls = { ...it.state.begin().calls, getState: () => Promise.reject(new Error('secret detail')) };
    await expect(it.run(['get', '', 'k'], { calls })).rejects.toMatchObject({ code: 'INTERNAL', message: 'unexpected failure' });
  });
});
