import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { pageText } from './src/mode-page.js';
import { openTerminals } from './src/tutorial/terminals.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 600_000;
const PATIENCE = { timeout: 180_000, interval: 200 };

/** docs/quick-start.md, as its reader types it in a clone: a folder of this test's, with what the page needs of the clone in it. */
describe('the quick start', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'selvedge-quick-start-'));
  const folder = path.join(scratch, 'clone');
  mkdirSync(folder);
  for (const name of ['examples', 'node_modules']) symlinkSync(path.join(ROOT, name), path.join(folder, name));
  const terminals = openTerminals(folder, scratch);
  afterAll(async () => {
    await terminals.endAll();
    rmSync(scratch, { recursive: true, force: true });
  });

  const page = pageText('quick-start');
  const blockOf = (start: string): string => {
    const [, block] = new RegExp(`${start}([\\s\\S]*?)\`\`\``).exec(page) ?? [];
    if (block === undefined) throw new Error(`the page has no block that begins with ${start}`);
    return block;
  };
  const run = async (commands: readonly string[]): Promise<string> => {
    const { code, shown } = await terminals.run(commands);
    expect({ code, shown }).toMatchObject({ code: 0 });
    return shown;
  };

  it('starts a network, deploys a contract and has it called, by the commands of the page', async () => {
    const [build, up] = blockOf('```sh\\n').split('\n');
    // npm test has built: its first stage is this script.
    expect(build).toBe('npm run build');
    terminals.start('network', up ?? '');
    await expect.poll(() => terminals.hasEnded('network') || terminals.shown('network').includes('Ready (simulated TEEs)'), PATIENCE).toBe(true);
    expect(terminals.hasEnded('network')).toBe(false);
    const shown = await run(blockOf('<!-- test: quick start -->\\n```sh\\n').trimEnd().split('\n'));
    for (const pattern of [/compute-1 .* ready/, /^contract stock 0\.1\.0 is approved in block \d+ and ready$/m, /^committed transaction [0-9a-f]{64} in block \d+$/m, /^\{"stones":1,"points":80\}$/m, /"codeHash": "[\w+/]{43}="/, /^\{"stones":0,"points":0\}$/m, /^9 processes: no fault found$/m]) expect(shown).toMatch(pattern);
  }, TIMEOUT_MS);

  it('calls it from a program', async () => {
    writeFileSync(path.join(folder, 'program.mjs'), blockOf('```ts\\n'));
    expect(await run(['node program.mjs'])).toBe('{"stones":2,"points":200}\n');
  }, TIMEOUT_MS);

  it('stops the network from another terminal, and goes on with its data', async () => {
    await run([/`(npx selvedge down)`/.exec(page)?.[1] ?? 'false']);
    await expect.poll(() => terminals.hasEnded('network'), PATIENCE).toBe(true);
    terminals.start('again', /next `(npx selvedge up)`/.exec(page)?.[1] ?? 'false');
    await expect.poll(() => terminals.hasEnded('again') || terminals.shown('again').includes('Ready (simulated TEEs)'), PATIENCE).toBe(true);
    expect(await run([`npx selvedge query -n stock -c '{"Args":["count","aurora"]}'`])).toBe('{"stones":2,"points":200}\n');
    await terminals.endAll();
    expect((await terminals.run(['npx selvedge status'])).code).toBe(1);
  }, TIMEOUT_MS);
});
