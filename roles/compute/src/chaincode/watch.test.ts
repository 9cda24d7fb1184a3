import { spawn, type ChildProcess } from 'node:child_process';
import type { SelvedgeError } from '@selvedge/errors';
import { afterEach, describe, expect, test } from 'vitest';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
import { watchProcess, type Watch } from './watch.js';

let child: ChildProcess | undefined;
let watch: Watch | undefined;
afterEach(() => {
  watch?.stop();
  child?.kill('SIGKILL');
});

let nowMs = 0;
/** Watches a Node program of its own. */
const run = (source: string, changes: Partial<ChaincodeLimits>, maxProcesses = 1): SelvedgeError[] => {
  child = spawn(process.execPath, ['-e', source], { stdio: 'ignore' });
  const breaches: SelvedgeError[] = [];
  watch = watchProcess({ limits: { ...CHAINCODE_LIMITS, watchIntervalMs: 20, ...changes }, pid: child.pid ?? 0, maxProcesses, isIdle: () => false, now: () => nowMs, onBreach: (error) => breaches.push(error) });
  return breaches;
};
const SPIN = 'for (;;);';
const IDLE = 'setInterval(() => {}, 1000)';
const seen = (breaches: SelvedgeError[]): Promise<void> => expect.poll(() => breaches.length, { timeout: 20_000 }).toBe(1);

describe('what ends a process', () => {
  test('processor time without a finished invocation', async () => {
    const breaches = run(SPIN, { maxCpuMs: 300 });
    watch?.progress();
    await seen(breaches);
    expect(breaches).toMatchObject([{ code: 'CHAINCODE_CPU_LIMIT', details: { limit: 'maxCpuMs', maximum: 300 } }]);
    expect(watch?.explainSilence()?.code).toBe('CHAINCODE_CPU_LIMIT');
  });

  test('memory', async () => {
    const breaches = run(`globalThis.held = Buffer.alloc(200 * 1024 * 1024, 1); ${IDLE}`, { maxMemoryMiB: 150 });
    await seen(breaches);
    expect(breaches).toMatchObject([{ code: 'CHAINCODE_MEMORY_LIMIT' }]);
  });

  test('a child of its own', async () => {
    const breaches = run(`require('node:child_process').spawn(process.execPath, ['-e', '${IDLE}']); ${IDLE}`, {});
    await seen(breaches);
    expect(breaches).toMatchObject([{ code: 'CHAINCODE_PROCESS_REFUSED' }]);
  });

  test('output beyond what is granted', () => {
    const breaches = run(IDLE, { maxOutputBytes: 1000 });
    watch?.output(1000);
    nowMs += 5000;
    watch?.output(500);
    expect(breaches).toEqual([]);
    watch?.output(1);
    expect(breaches).toMatchObject([{ code: 'CHAINCODE_OUTPUT_LIMIT' }]);
  });
});

test('work that gets done, an idle process and a process that is gone are left alone', async () => {
  const breaches = run(SPIN, { maxCpuMs: 400 });
  for (let round = 0; round < 10; round += 1) {
    watch?.progress();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child?.kill('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(breaches).toEqual([]);
  expect(await watch?.isBusySince(await watch.mark())).toBe(false);
});
