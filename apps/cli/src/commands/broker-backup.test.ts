import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT_OK, EXIT_REFUSED, run } from '../run.js';

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

let folder: string;
let store: string;
let backup: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-broker-backup-'));
  store = join(folder, 'store');
  backup = join(folder, 'broker.backup');
  await mkdir(store);
  await writeFile(join(store, 'state.sealed'), 'sealed');
  await writeFile(join(store, 'audit.jsonl'), '{"number":0}\n{"numb');
});
afterEach(() => rm(folder, { recursive: true }));

describe('selvedge broker backup and restore', () => {
  it('carry a store to another directory in one file', async () => {
    const other = join(folder, 'new machine', 'store');
    expect(await cli('broker', 'backup', backup, '--store', store)).toMatchObject({ code: EXIT_OK, err: '' });
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    expect(await cli('broker', 'restore', backup, '--store', other)).toMatchObject({ code: EXIT_OK, out: expect.stringContaining('selvedge broker unlock') as string });
    expect((await readFile(join(other, 'state.sealed'))).toString()).toBe('sealed');
    expect((await readFile(join(other, 'audit.jsonl'))).toString()).toBe('{"number":0}\n');
    for (const [path, mode] of [[other, 0o700], [join(other, 'state.sealed'), 0o600], [join(other, 'audit.jsonl'), 0o600]] as const) expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  it('write nothing over, and restore nothing that is not whole', async () => {
    expect(await cli('broker', 'backup', backup, '--store', join(folder, 'nothing'))).toMatchObject({ code: EXIT_REFUSED, err: expect.stringMatching(/^INVALID_CONFIGURATION.*holds no store/) as string });
    await cli('broker', 'backup', backup, '--store', store);
    expect(await cli('broker', 'backup', backup, '--store', store)).toMatchObject({ code: EXIT_REFUSED, err: expect.stringContaining('INVALID_CONFIGURATION') as string });
    expect(await cli('broker', 'restore', backup, '--store', store)).toMatchObject({ code: EXIT_REFUSED, err: expect.stringContaining('not written over') as string });
    await writeFile(backup, (await readFile(backup)).subarray(0, -1));
    const other = join(folder, 'other');
    expect(await cli('broker', 'restore', backup, '--store', other)).toMatchObject({ code: EXIT_REFUSED, err: expect.stringContaining('BACKUP_DAMAGED') as string });
    expect(existsSync(other)).toBe(false);
  });
});
