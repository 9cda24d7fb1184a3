import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, runIn } from './src/packed.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-measurement-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Measured {
  readonly service: string;
  readonly kind: string;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  readonly measurement?: string;
}

/** What a clone of this repository would hold, as it is now, with dependencies of its own and another time on every file. */
function copyTo(name: string, time: Date): string {
  const target = path.join(folder, name);
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  const files = stdout.split('\0').filter((file) => file !== '');
  expect(files.length).toBeGreaterThan(500);
  for (const file of files) {
    const copied = path.join(target, file);
    mkdirSync(path.dirname(copied), { recursive: true });
    cpSync(path.join(ROOT, file), copied);
    utimesSync(copied, time, time);
  }
  // Links between workspaces are relative: in the copy they lead to the copy's.
  const copy = (how: string): number | null => spawnSync('cp', [how, path.join(ROOT, 'node_modules'), target]).status;
  // Hard links where the file system is the same: nothing writes to them.
  if (copy('-al') !== 0) expect(copy('-a')).toBe(0);
  return target;
}

function measureIn(place: string): readonly Measured[] {
  const { code, out, err } = runIn(place, process.execPath, 'scripts/measure.mjs', '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return (JSON.parse(out) as { readonly measured: readonly Measured[] }).measured;
}

describe('measurements', () => {
  it('are those of the sources: the same from every folder, whenever they were written', () => {
    const one = measureIn(copyTo('one', new Date('2001-01-01T00:00:00Z')));
    const two = measureIn(copyTo('another, farther/down', new Date('2002-02-02T02:02:02Z')));
    expect(two).toEqual(one);
    expect(measureIn(ROOT)).toEqual(one);
    expect(one.map(({ service, kind, measurement }) => [service, kind, measurement?.length])).toEqual([
      ...['compute', 'key-broker', 'viewer'].flatMap((service) => [[service, 'main', 96], [service, 'production', 96]]),
      ['endorsement-chaincode', 'main', undefined],
      ['policy-chaincode', 'main', undefined],
    ]);
    expect(new Set(one.map(({ sha256 }) => sha256)).size).toBe(one.length);
  }, 480_000);
});
