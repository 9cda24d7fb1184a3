import { createSocket, type Socket } from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BEHAVIOURS, createTestStore, isAlive, openTestHost, processesOf, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let it: TestHost;
let tcp: Server;
let udp: Socket;
let reached = 0;
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
  it = await openTestHost(store, { limits: { maxCpuMs: 2000, maxHeapMiB: 128, maxMemoryMiB: 512, maxOutputBytes: 1024 * 1024, pingIntervalMs: 500, maxBlockedMs: 4000, watchIntervalMs: 100 } });
  tcp = createServer(() => { reached += 1; }).listen(0, '127.0.0.1');
  udp = createSocket('udp4').on('message', () => { reached += 1; }).bind(0, '127.0.0.1');
  await Promise.all([tcp, udp].map((socket) => new Promise((resolve) => socket.once('listening', resolve))));
});
afterAll(async () => {
  tcp.close();
  udp.close();
  await it.close();
  await store.remove();
});

let organisations = 0;
/** A fresh organisation, and with it a process of its own. */
const organisation = (): { creatorMspId: string } => {
  organisations += 1;
  return { creatorMspId: `Hostile${String(organisations)}MSP` };
};
const tcpPort = (): string => String((tcp.address() as AddressInfo).port);
const udpPort = (): string => String(udp.address().port);

describe('refused, with a code of its own, and the process serves on', () => {
  const org = organisation();
  test.each<[string, () => string[], string]>([
    ['TCP', () => ['tcp', tcpPort()], 'CHAINCODE_NETWORK_REFUSED'],
    ['HTTP', () => ['fetch', tcpPort()], 'CHAINCODE_NETWORK_REFUSED'],
    ['listening', () => ['listen'], 'CHAINCODE_NETWORK_REFUSED'],
    ['UDP', () => ['udp', udpPort()], 'CHAINCODE_NETWORK_REFUSED'],
    ['DNS', () => ['dns'], 'CHAINCODE_NETWORK_REFUSED'],
    ['DNS with a callback', () => ['dnsCallback'], 'CHAINCODE_NETWORK_REFUSED'],
    ['a file in its package', () => ['write', 'index.cjs'], 'CHAINCODE_FILE_REFUSED'],
    ['a file elsewhere', () => ['writeLater', '/tmp/file'], 'CHAINCODE_FILE_REFUSED'],
    ['opening a file to write', () => ['openToWrite', '/file'], 'CHAINCODE_FILE_REFUSED'],
    ['a child process', () => ['child'], 'CHAINCODE_PROCESS_REFUSED'],
    ['a thread', () => ['thread'], 'CHAINCODE_PROCESS_REFUSED'],
  ])('%s', async (_name, args, code) => {
    const [fn = '', ...rest] = args();
    await expect(it.run([`Hostile:${fn}`, ...rest], org)).rejects.toMatchObject({ code });
  });

  test('all of it in one process, and nothing arrived', async () => {
    expect(await it.text(['count'], org)).toBe('1');
    expect(reached).toBe(0);
  });

  test('a contract that can do without goes on', async () => {
    expect(await it.text(['Hostile:tolerantOfNetwork', tcpPort()], org)).toBe('went on');
  });

  test('a second stream to the node’s socket is answered by nothing', async () => {
    expect(await it.text(['Hostile:secondStream'], org)).toBe('0');
    expect(await it.text(['count'], org)).toBe('2');
  });
});

describe('what is not there', () => {
  const org = organisation();
  test('the node’s files and processes', async () => {
    await writeFile(join(it.directory, 'key.pem'), 'a private key');
    for (const path of [join(it.directory, 'key.pem'), '/etc/passwd', '/proc/1/environ', `/proc/${String(process.pid)}/environ`, '/selvedge/../etc/hostname']) {
      expect(await it.run(['Hostile:read', path], org), path).toMatchObject({ status: 500, message: expect.stringContaining('ENOENT') as string });
    }
    expect(JSON.parse(await it.text(['Hostile:list', '/'], org))).not.toContain('etc');
    expect(await it.run(['Hostile:kill', String(process.pid)], org)).toMatchObject({ status: 500, message: expect.stringContaining('ESRCH') as string });
  });

  test('an inspector: not by the contract, and not by SIGUSR1', async () => {
    expect((await it.run(['Hostile:inspector'], org)).status).toBe(500);
    const [pid = 0] = await processesOf(org.creatorMspId);
    process.kill(pid, 'SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await it.text(['Hostile:inspectorUrl'], org)).toBe('undefined');
  });
});

describe('ended, with a code of its own', () => {
  const cases: [string, string[], string][] = [
    ['an endless loop', ['spin'], 'CHAINCODE_CPU_LIMIT'],
    ['a heap without end', ['heap'], 'CHAINCODE_MEMORY_LIMIT'],
    ['a flood of output', ['flood'], 'CHAINCODE_OUTPUT_LIMIT'],
    ['a thread that waits for ever', ['block'], 'CHAINCODE_CRASHED'],
  ];
  test.each(cases)('%s', async (_name, [fn = ''], code) => {
    const org = organisation();
    expect(await it.text(['count'], org)).toBe('1');
    const [pid = 0] = await processesOf(org.creatorMspId);
    // Another contract's request and one of the same process, under way at the same time.
    const elsewhere = it.text(['slow', '1000'], { contract: 'another', ...organisation() });
    const beside = it.run(['putSlowly', `beside-${fn}`, '1000'], org);
    await expect(it.run([`Hostile:${fn}`], { ...org, deadlineMs: 60_000 })).rejects.toMatchObject({ code });
    expect((await beside).status).toBe(200);
    expect(it.state.get('', `beside-${fn}`)).toBe('v');
    expect(await elsewhere).toBe('slow');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    expect(await it.text(['count'], org)).toMatch(/^\d+$/);
  });

  test('buffers without end are ended, or refused by the kernel', async () => {
    const org = organisation();
    const outcome = await it.run(['Hostile:buffers'], { ...org, deadlineMs: 60_000 }).catch((error: unknown) => error);
    const isEnded = (outcome as { code?: string }).code === 'CHAINCODE_MEMORY_LIMIT';
    const isRefused = (outcome as { message: string }).message.includes('allocation failed');
    expect(isEnded || isRefused).toBe(true);
    expect(await it.text(['count'], org)).toMatch(/^\d+$/);
  });
});

describe('on a platform that lacks everything', () => {
  test('chaincode runs all the same, and the preload still refuses', async () => {
    const bare = await openTestHost(store, { platform: { missing: [], has: () => false, namespaces: [], firstUid: undefined, programs: {}, libraries: [], permissionFlag: undefined } });
    const org = organisation();
    expect(await bare.text(['count'], org)).toBe('1');
    await expect(bare.run(['Hostile:tcp', tcpPort()], org)).rejects.toMatchObject({ code: 'CHAINCODE_NETWORK_REFUSED' });
    await expect(bare.run(['Hostile:child'], org)).rejects.toMatchObject({ code: 'CHAINCODE_PROCESS_REFUSED' });
    expect(reached).toBe(0);
    await bare.close();
  });
});

describe('lies', () => {
  test('a result in another transaction’s name is that of its own process alone', async () => {
    const [liar, other] = [organisation(), organisation()];
    const txId = 'ef'.repeat(32);
    const honest = it.text(['slow', '800'], { ...other, txId });
    await expect(it.run(['Hostile:pretendToBeOther', txId], { ...liar, deadlineMs: 1500 })).rejects.toMatchObject({ code: 'CHAINCODE_TIMEOUT' });
    expect(await honest).toBe('slow');
  });

  test.each(['\n\u0000selvedge-refused network [1,2]\n', '\n\u0000selvedge-refused nothing ["a","b"]\n', '\n\u0000selvedge-refused network {\n', `\n\u0000selvedge-refused ${'x'.repeat(100_000)}\n`, '\n\u0000selvedge-refused network ["trade","00"]\n'])('a false report changes nothing', async (text) => {
    const org = { creatorMspId: 'LiarMSP' };
    expect(await it.run(['Hostile:falseReport', text], org)).toMatchObject({ status: 500, message: 'as it says' });
  });
});
