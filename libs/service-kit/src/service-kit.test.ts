import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCheckpoint, loadConfig, noCheckpoint, readEnvironment } from './index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-kit-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('configuration', () => {
  const schema = z.strictObject({ listen: z.string(), count: z.int() });
  const write = (text: string): string => {
    const file = path.join(folder, 'config.json');
    writeFileSync(file, text);
    return file;
  };

  it('is read and checked', () => {
    expect(loadConfig(schema, write('{"listen":"127.0.0.1:0","count":3}'))).toEqual({ listen: '127.0.0.1:0', count: 3 });
  });

  it.each([
    ['a missing file', path.join(folder, 'nothing'), /cannot read/],
    ['text that is not JSON', undefined, /not JSON/],
  ])('%s is INVALID_CONFIGURATION', (_what, file, text) => {
    expect(() => loadConfig(schema, file ?? write('{'))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringMatching(text) as string }));
  });

  it('names every wrong and every unknown setting', () => {
    expect(() => loadConfig(schema, write('{"listen":1,"count":1.5,"other":true}'))).toThrow(/listen.*count.*other/s);
  });

  it('an environment without SELVEDGE_CONFIG is refused', () => {
    expect(() => readEnvironment({})).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
    expect(readEnvironment({ SELVEDGE_CONFIG: 'a.json' })).toMatchObject({ configFile: 'a.json', logLevel: 'info' });
  });
});

describe('checkpoints', () => {
  it('do nothing unless asked to', () => {
    expect(createCheckpoint({})).toBe(noCheckpoint);
  });

  it('trace names and subjects in order', () => {
    const traceFile = path.join(folder, 'trace');
    const checkpoint = createCheckpoint({ traceFile });
    checkpoint('role.before-sync', 'tx');
    checkpoint('role.after-sync');
    const names = readFileSync(traceFile, 'utf8').trim().split('\n').map((line) => line.split(' ').slice(1).join(' ').trim());
    expect(names).toEqual(['role.before-sync tx', 'role.after-sync']);
  });

  it('end the process by SIGKILL at the named moment, the n-th time', () => {
    const module = fileURLToPath(new URL('../dist/checkpoint.js', import.meta.url));
    const program = `import { createCheckpoint } from ${JSON.stringify(module)}; const c = createCheckpoint({ crashAt: 'a.b:2' }); c('a.b'); console.log('first'); c('a.c'); c('a.b'); console.log('second');`;
    const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(signal).toBe('SIGKILL');
    expect(stdout).toBe('first\n');
  });
});
