import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from '../testdata/verdict.js';
import { closeExposure, guardProcess, type ExposureInput } from './exposure.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-exposure-'));
const [procFolder, sysFolder] = [path.join(folder, 'proc'), path.join(folder, 'sys')];
const FILTER = path.join(procFolder, 'self/coredump_filter');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const swaps = (...lines: string[]): void => {
  writeFileSync(path.join(procFolder, 'swaps'), ['Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority', ...lines, ''].join('\n'));
};
beforeEach(() => {
  mkdirSync(path.join(procFolder, 'self'), { recursive: true });
  writeFileSync(FILTER, '00000033\n');
  swaps();
});

const exposure = (over: Partial<ExposureInput> = {}): string[] => closeExposure({ kind: 'sev-snp', inspectorUrl: undefined, nodeOptions: [], procFolder, sysFolder, ...over });

describe('closeExposure', () => {
  it('takes memory out of core dumps, and finds nothing else to say', () => {
    // A kernel answers with eight digits; the file of this test keeps those behind the one that was written.
    writeFileSync(FILTER, '0');
    expect(exposure()).toEqual([]);
    expect(readFileSync(FILTER, 'utf8')).toBe('0');
  });

  it('does so on this machine', () => {
    const said = closeExposure({ kind: 'simulated', inspectorUrl: undefined, nodeOptions: [] });
    expect(said.filter((text) => text.startsWith('core dumps'))).toEqual([]);
    expect(readFileSync('/proc/self/coredump_filter', 'utf8')).toMatch(/^0+\s*$/);
  });

  it('says that core dumps hold memory when they cannot be turned off', () => {
    // The kernel keeps its value.
    expect(exposure()).toEqual([expect.stringContaining('core dumps')]);
    rmSync(FILTER);
    expect(exposure()).toEqual([expect.stringContaining('core dumps')]);
  });

  it('finds an inspector, and options that show memory or load code', () => {
    writeFileSync(FILTER, '0');
    expect(exposure({ inspectorUrl: 'ws://127.0.0.1:9229/x' })).toEqual(['an inspector is open']);
    for (const option of ['--inspect', '--inspect-brk=0.0.0.0:9229', '--heapsnapshot-signal=SIGUSR2', '--heap-prof', '--report-on-signal', '--require', '-r', '--import=x.mjs', '--loader', '--experimental-loader=x']) {
      expect(exposure({ nodeOptions: ['--max-old-space-size=512', option] })).toEqual([`Node runs with ${option.split('=')[0] ?? ''}`]);
    }
    expect(exposure({ nodeOptions: ['--enable-source-maps', '--max-old-space-size=512', '--conditions=selvedge-source'] })).toEqual([]);
  });

  it('finds swap that is not known to be encrypted', () => {
    writeFileSync(FILTER, '0');
    const uuid = (name: string, content: string): void => {
      mkdirSync(path.join(sysFolder, 'block', name, 'dm'), { recursive: true });
      writeFileSync(path.join(sysFolder, 'block', name, 'dm/uuid'), content);
    };
    uuid('dm-0', 'CRYPT-PLAIN-swap\n');
    uuid('dm-1', 'LVM-abc\n');
    swaps('/dev/zram0 partition 1 0 100', '/dev/dm-0 partition 1 0 -2');
    expect(exposure()).toEqual([]);
    swaps('/dev/sda2 partition 1 0 -2', '/swapfile file 1 0 -3', '/dev/dm-1 partition 1 0 -4', '/dev/dm-2 partition 1 0 -5', '/dev/zram0/../sda3 partition 1 0 -6');
    expect(exposure()).toEqual(['/dev/sda2', '/swapfile', '/dev/dm-1', '/dev/dm-2', '/dev/zram0/../sda3'].map((device) => `swap on ${device} is not known to be encrypted`));
    rmSync(path.join(procFolder, 'swaps'));
    expect(exposure()).toEqual([]);
    mkdirSync(path.join(procFolder, 'swaps'));
    expect(exposure()).toEqual(['swap on an unknown device is not known to be encrypted']);
    rmSync(path.join(procFolder, 'swaps'), { recursive: true });
  });

  it('asks neither of an enclave, whose memory is in none of them', () => {
    swaps('/dev/sda2 partition 1 0 -2');
    expect(exposure({ kind: 'gramine' })).toEqual([]);
    expect(exposure({ kind: 'gramine', inspectorUrl: 'ws://x' })).toEqual(['an inspector is open']);
  });
});

describe('guardProcess', () => {
  const guard = (isDevelopment: boolean, nodeOptions: readonly string[]) => guardProcess({ isDevelopment, kind: 'gramine', inspectorUrl: undefined, nodeOptions });

  it('refuses outside development, and names everything that is open', () => {
    expect(verdictOf(() => guard(false, []))).toBe('verified');
    expect(verdictOf(() => guard(false, ['--inspect']))).toBe('PROCESS_EXPOSED');
    expect(() => guard(false, ['--inspect', '--heap-prof'])).toThrow('Node runs with --inspect; Node runs with --heap-prof');
  });

  it('says it in development', () => {
    expect(guard(true, ['--inspect'])).toEqual(['Node runs with --inspect']);
  });
});
