import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackage } from '@selvedge/contract-package';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BEHAVIOURS, createTestStore, openTestHost, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let it: TestHost;
const printed: Buffer[] = [];
/** A busy machine takes its time to start and end processes. */
const PATIENT = { timeout: 15_000 };
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
  it = await openTestHost(store, { developmentOutput: (chunk) => printed.push(chunk) });
});
afterAll(async () => {
  await it.close();
  await store.remove();
});

interface Shown {
  args: string[];
  seconds: number;
  nanos: number;
  channel: string;
  txId: string;
  binding: string;
  processMspId: string;
  creatorMspId: string;
  id: string;
  colour: string;
  transient: Record<string, string>;
  environment: string[];
  directory: string;
  pid: number;
}
const show = async (call: Parameters<TestHost['run']>[1] = {}, ...args: string[]): Promise<Shown> => JSON.parse(await it.text(['show', ...args], call)) as Shown;

/** Another version of the package, in the same store. */
async function installChanged(packages: string): Promise<Uint8Array> {
  const changed = mkdtempSync(join(tmpdir(), 'sv-changed-'));
  try {
    cpSync(BEHAVIOURS, changed, { recursive: true });
    symlinkSync(join(import.meta.dirname, '../../../../node_modules'), join(changed, 'node_modules'));
    writeFileSync(join(changed, 'added.txt'), 'another version');
    return (await installPackage(changed, packages)).codeHash;
  } finally {
    rmSync(changed, { recursive: true });
  }
}

describe('what a contract is shown', () => {
  test('arguments, channel, transaction id and the request’s own timestamp', async () => {
    const shown = await show({ txId: 'ab'.repeat(32), timestamp: { seconds: 253_402_300_799n, nanos: 999_999_999 } }, 'a', '', 'ü\u{1f48e}');
    expect(shown).toMatchObject({ args: ['a', '', 'ü\u{1f48e}'], channel: 'trade', txId: 'ab'.repeat(32), seconds: 253_402_300_799, nanos: 999_999_999 });
  });

  test('arguments as bytes', async () => {
    expect(await it.text(['bytes', Uint8Array.of(0, 255, 128, 10)])).toBe('00ff800a');
  });

  test('the creator’s organisation, certificate and attributes, and the binding over the nonce', async () => {
    const shown = await show({ creatorMspId: 'BorealisMSP', nonce: Buffer.from('nonce') });
    expect(shown).toMatchObject({ creatorMspId: 'BorealisMSP', processMspId: 'BorealisMSP', colour: 'blue' });
    expect(shown.id).toMatch(/^x509::.*CN=user1::.*CN=ca\.BorealisMSP/);
    expect(shown.binding).toMatch(/^[0-9a-f]{64}$/);
  });

  test('transient fields as bytes', async () => {
    const shown = await show({ transient: new Map([['price', Uint8Array.of(0, 1, 255)], ['empty', new Uint8Array(0)]]) });
    expect(shown.transient).toEqual({ price: '0001ff', empty: '' });
  });

  test('a clean environment and its own package as directory', async () => {
    const shown = await show();
    // PWD and its like are the shell's, GRPC_SSL_CIPHER_SUITES is the shim's
    const allowed = ['CORE_CHAINCODE_ID_NAME', 'CORE_CHAINCODE_LOGGING_LEVEL', 'CORE_PEER_LOCALMSPID', 'CORE_PEER_TLS_ENABLED', 'GRPC_SSL_CIPHER_SUITES', 'HOME', 'LANG', 'LC_ALL', 'NODE_ENV', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', 'TMPDIR', 'TZ', '_'];
    expect(shown.environment.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(shown.directory).toBe('/chaincode');
  });

  test('what spares the shim its needless work is in place', async () => {
    for (const transaction of [1, 2]) expect([transaction, JSON.parse(await it.text(['preloaded']))]).toEqual([transaction, [true, true, 'writeHeard']]);
  });

  test('a timestamp that protobuf cannot hold is refused', async () => {
    await expect(show({ timestamp: { seconds: 253_402_300_800n, nanos: 0 } })).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    await expect(show({ timestamp: { seconds: 0n, nanos: 1_000_000_000 } })).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });
});

describe('processes', () => {
  test('one organisation’s globals are not another’s, nor another contract’s', async () => {
    expect(await it.text(['count'])).toBe('1');
    expect(await it.text(['count'])).toBe('2');
    expect(await it.text(['count'], { creatorMspId: 'BorealisMSP' })).toBe('1');
    expect(await it.text(['count'], { contract: 'behaviours2' })).toBe('1');
  });

  test('concurrent first requests share one start', async () => {
    const before = it.host.status().processes;
    const pids = await Promise.all(Array.from({ length: 5 }, async () => (await show({ creatorMspId: 'CelestaMSP' })).pid));
    expect(new Set(pids).size).toBe(1);
    expect(it.host.status().processes).toBe(before + 1);
  });

  test('those of the version before end when another version of the contract is prepared, after what they run', async () => {
    const call = { contract: 'upgraded' };
    await it.text(['count'], call);
    await it.text(['count'], { ...call, creatorMspId: 'BorealisMSP' });
    await it.text(['count'], { contract: 'untouched' });
    let answer = (): void => undefined;
    const isAnswered = new Promise<void>((resolve) => { answer = resolve; });
    const { calls } = it.state.begin();
    const getState: typeof calls.getState = async (...where) => {
      await isAnswered;
      return calls.getState(...where);
    };
    const running = it.text(['get', '', 'never put'], { ...call, calls: { ...calls, getState } });
    await expect.poll(() => it.host.status().running, PATIENT).toBeGreaterThan(0);
    const { processes } = it.host.status();
    await it.host.prepare('upgraded', await installChanged(store.store));
    await expect.poll(() => it.host.status().processes, PATIENT).toBe(processes - 1);
    answer();
    await running;
    await expect.poll(() => it.host.status().processes, PATIENT).toBe(processes - 2);
    expect(await it.text(['count'], { contract: 'untouched' })).toBe('2');
    // A request that was under way to this node still finds what it asks for.
    expect(await it.text(['count'], call)).toBe('1');
  });

  test('what a chaincode prints is counted and given to nobody but the development option', async () => {
    const before = it.host.status().outputBytes;
    await it.text(['print', 'canary-output']);
    await expect.poll(() => it.host.status().outputBytes - before).toBeGreaterThan(20);
    expect(Buffer.concat(printed).toString()).toContain('canary-output');
  });
});

describe('state', () => {
  test('the history of a key, over several pages', async () => {
    expect(JSON.parse(await it.text(['history', 'never']))).toEqual([]);
    for (let i = 0; i < 102; i += 1) await it.text(i === 50 ? ['remove', '', 'old'] : ['put', '', 'old', String(i)]);
    const versions = JSON.parse(await it.text(['history', 'old'])) as unknown[];
    expect(versions).toHaveLength(102);
    expect([versions[0], versions[51], versions[101]]).toEqual([['102', 101, 7, false, '101'], ['51', 50, 7, true, ''], ['1', 0, 7, false, '0']]);
  });

  test('key-level policies, of world state and collections', async () => {
    for (const collection of ['', 'stones']) {
      expect(await it.text(['exchangePolicy', collection, 'k', 'aabb'])).toBe('none');
      expect(await it.text(['exchangePolicy', collection, 'k', ''])).toBe('aabb');
    }
  });

  test('reads, writes and deletes of world state and collections; an absent key is empty', async () => {
    for (const collection of ['', 'stones']) {
      expect(await it.text(['get', collection, 'k'])).toBe('');
      await it.text(['put', collection, 'k', `value of ${collection}`]);
      expect(await it.text(['get', collection, 'k'])).toBe(`value of ${collection}`);
      await it.text(['remove', collection, 'k']);
      expect(await it.text(['get', collection, 'k'])).toBe('');
    }
  });

  test('a write is not visible to a later read of the same transaction', async () => {
    expect(await it.text(['putThenGet', 'fresh', 'v'])).toBe('');
    expect(it.state.get('', 'fresh')).toBe('v');
  });

  test('an empty value deletes, as on Fabric', async () => {
    it.state.set('', 'gone', 'v');
    await it.text(['emptyPut', 'gone']);
    expect(it.state.get('', 'gone')).toBeUndefined();
  });

  test('a write whose await was forgotten still counts', async () => {
    await it.text(['forgottenAwait']);
    expect(it.state.get('', 'forgotten')).toBe('v');
  });

  test('purge and hash of private data', async () => {
    it.state.set('stones', 'p', 'secret');
    expect(await it.text(['hash', 'stones', 'p'])).toBe(createHash('sha256').update('secret').digest('hex'));
    await it.text(['purge', 'stones', 'p']);
    expect(it.state.get('stones', 'p')).toBeUndefined();
    expect(await it.text(['hash', 'stones', 'p'])).toBe('');
  });

  test('many transactions at once keep their own answers', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, index) => {
      await it.text(['put', 'many', `m${String(index)}`, `v${String(index)}`]);
      return it.text(['get', 'many', `m${String(index)}`]);
    }));
    expect(answers).toEqual(Array.from({ length: 40 }, (_, index) => `v${String(index)}`));
  });
});

describe('answers', () => {
  test('an event comes with a success and never with a failure', async () => {
    expect((await it.run(['event', 'Sold', 'payload'])).event).toEqual({ name: 'Sold', payload: new Uint8Array(Buffer.from('payload')) });
    const failed = await it.run(['eventThenFail']);
    expect(failed).toMatchObject({ status: 500, message: 'after the event' });
    expect(failed.event).toBeUndefined();
  });

  test('errors have Fabric’s texts', async () => {
    expect(await it.run(['fail', 'no such stone'])).toMatchObject({ status: 500, message: 'no such stone' });
    expect(await it.run(['nosuch'])).toMatchObject({ status: 500, message: "You've asked to invoke a function that does not exist: nosuch" });
    expect(await it.run(['shimError', 'shim trouble'])).toMatchObject({ status: 500, message: 'error in simulation: transaction returned with failure: shim trouble' });
    const txId = 'cd'.repeat(32);
    expect(await it.run(['put', '', '', 'v'], { txId })).toMatchObject({ status: 500, message: `PUT_STATE failed: transaction ID: ${txId}: key must not be an empty string` });
  });
});
