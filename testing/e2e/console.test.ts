import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, findViolations, launchBrowser, openWatched, type Watched } from './src/console-browser.js';
import { runCommand } from './src/run-command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/bin/selvedge.js');
const CANARY = fileURLToPath(new URL('contracts/canary', import.meta.url));
/** A key's name and a value, which are searched for where they must not be. */
const [KEY, VALUE] = ['canary-key-4713', 'canary-value-4714'];
const WAIT = { timeout: 90_000 };
const START_MS = 240_000;
const chromium = findChromium();
if (chromium === undefined) console.log('console.test.ts is skipped: there is no chromium');

interface Ready {
  readonly console: string;
  readonly nodes: readonly { readonly name: string; readonly monitoring: string }[];
}

describe.skipIf(chromium === undefined)('the console', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-console-'));
  const said: string[] = [];
  const people: Watched[] = [];
  let up: ChildProcess;
  let ready: Ready;
  let browser: Browser;
  let admin: Watched;
  let user: Watched;

  const signedIn = async (identity: string): Promise<Watched> => {
    const watched = await openWatched(browser);
    people.push(watched);
    const { code, value } = await runCommand('--dir', directory, '--json', '--identity', identity, 'console', 'sign-in');
    expect({ code, value }).toMatchObject({ code: 0, value: { canSign: true } });
    await watched.page.goto((value as { url: string }).url);
    await watched.page.getByRole('heading', { level: 1, name: 'Network' }).waitFor(WAIT);
    return watched;
  };
  const visit = async ({ page }: Watched, title: string): Promise<void> => {
    await page.getByRole('navigation').getByRole('link', { name: title }).click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor(WAIT);
  };
  const fill = async ({ page }: Watched, fields: Readonly<Record<string, string>>): Promise<void> => {
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  };
  const send = async (watched: Watched, kind: string, fields: Readonly<Record<string, string>>): Promise<void> => {
    await fill(watched, { Contract: 'canary', ...fields });
    await watched.page.getByRole('radio', { name: kind }).check();
    await watched.page.getByRole('button', { name: 'Send' }).click();
    await watched.page.getByRole('heading', { name: /^(Done in|Refused after)/ }).waitFor(WAIT);
  };
  const textOf = ({ page }: Watched): Promise<string> => page.locator('main').innerText();

  beforeAll(async () => {
    up = spawn(process.execPath, [CLI, '--dir', directory, '--json', 'up', '--viewers', '--deploy', CANARY], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    up.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
    ready = await new Promise<Ready>((resolve, reject) => {
      let line = '';
      up.stdout?.on('data', (chunk: Buffer) => {
        said.push(chunk.toString('utf8'));
        line += chunk.toString('utf8');
        if (line.endsWith('\n')) resolve(JSON.parse(line) as Ready);
      });
      up.once('exit', (code) => { reject(new Error(`the network ended with ${String(code)}: ${said.join('').slice(-1_000)}`)); });
    });
    browser = await launchBrowser(chromium ?? '');
    admin = await signedIn('AuroraMSP/Admin');
  }, START_MS);

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    if (up.exitCode === null) {
      const ended = new Promise((resolve) => up.once('exit', resolve));
      up.kill('SIGTERM');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows nothing to whoever is not signed in, and a link opens once', async () => {
    const stranger = await openWatched(browser);
    people.push(stranger);
    await stranger.page.goto(ready.console);
    await stranger.page.getByRole('heading', { level: 1, name: 'Selvedge console' }).waitFor(WAIT);
    expect(await findViolations(stranger)).toEqual([]);
    for (const name of ['session', 'network', 'policy', 'metrics', 'refusals']) expect((await fetch(`${ready.console}/api/${name}`)).status, name).toBe(401);
  });

  it('shows every process, its height, its TEE and the verdict on its evidence', async () => {
    await admin.page.getByRole('region', { name: 'Processes, table' }).waitFor(WAIT);
    await expect.poll(() => textOf(admin), WAIT).toMatch(/12 of 12/);
    const text = await textOf(admin);
    for (const { name } of ready.nodes) expect(text, name).toContain(name);
    await expect.poll(() => textOf(admin), WAIT).toMatch(/its evidence verifies here[^]*accepted by the key broker[^]*envelope 1, canary 1/);
    expect(await admin.page.getByRole('note').innerText()).toContain('Simulated TEEs');
    expect(await findViolations(admin)).toEqual([]);
  });

  it('follows an update through all hops', async () => {
    await visit(admin, 'Follow a request');
    await send(admin, 'Update', { Function: 'PutTransient', Arguments: 'secrets', 'Transient data': `${KEY}=${VALUE}` });
    await expect.poll(async () => {
      const rows = await admin.page.getByRole('region', { name: 'Hops, table' }).getByRole('row').allInnerTexts();
      return ['compute-1 Compute.Execute', 'Endorser.Endorse', 'business-aurora BusinessLedger.Stage', 'sequencer Sequencer.Submit', 'BusinessLedger.CommitStatus'].filter((hop) => !rows.some((row) => hop.split(' ').every((part) => row.includes(part)) && !row.includes('INTERNAL')));
    }, WAIT).toEqual([]);
    const text = await textOf(admin);
    expect(text).toMatch(/VALID in block \d+/);
    for (const role of ['Host of a compute node', 'Business node', 'Endorser', 'Ordering']) expect(text, role).toContain(role);
    expect(text).toMatch(/saw a sealed request\s+([0-9a-f]{8} ){5}[0-9a-f]{8} … \d+ bytes/);
    expect(text).toMatch(/secrets\s+write/);
    expect(await findViolations(admin)).toEqual([]);
  });

  it('shows a forged request refused', async () => {
    await send(admin, 'Forged', { Function: 'Put', Arguments: 'secrets\nother\nthing', 'Transient data': '' });
    const refusal = admin.page.getByRole('alert');
    await refusal.waitFor(WAIT);
    expect(await refusal.innerText()).toMatch(/TEE_SIGNATURE_INVALID refused by endorser[^]*What to do/);
    await visit(admin, 'Refusals');
    await expect.poll(() => textOf(admin), WAIT).toMatch(/a forged request to canary\s+TEE_SIGNATURE_INVALID[^]*endorser-[a-z]+\s+TEE_SIGNATURE_INVALID\s+1/);
    expect(await findViolations(admin)).toEqual([]);
  });

  it('opens a view to an entitled reader, and refuses another', async () => {
    await visit(admin, 'A key');
    await fill(admin, { Contract: 'canary', Collection: 'secrets', Key: KEY });
    await admin.page.getByRole('button', { name: 'Open the value' }).click();
    await expect.poll(() => textOf(admin), WAIT).toMatch(new RegExp(`${VALUE}[^]*Recorded by viewer-aurora as entry \\d+`));
    expect(await findViolations(admin)).toEqual([]);

    user = await signedIn('AuroraMSP/User1');
    await visit(user, 'A key');
    await fill(user, { Contract: 'canary', Collection: 'secrets', Key: KEY });
    await user.page.getByRole('button', { name: 'Open the value' }).click();
    const refusal = user.page.getByRole('alert');
    await refusal.waitFor(WAIT);
    expect(await refusal.innerText()).toContain('READER_NOT_ENTITLED');
    expect(await textOf(user)).not.toContain(VALUE);
  });

  it.each([['Policy', /canary\s+1\.0\.0/], ['Load and time', /Requests per second/]])('shows the page %s', async (title, expected) => {
    await visit(admin, title);
    await expect.poll(() => textOf(admin), WAIT).toMatch(expected);
    expect(await findViolations(admin)).toEqual([]);
  });

  it('is used by the keyboard alone', async () => {
    await visit(user, 'Network');
    await user.page.keyboard.press('Tab');
    for (let presses = 0; presses < 12 && (await user.page.locator(':focus').innerText()) !== 'Policy'; presses += 1) await user.page.keyboard.press('Tab');
    await user.page.keyboard.press('Enter');
    await user.page.getByRole('heading', { level: 1, name: 'Policy' }).waitFor(WAIT);
  });

  it('ends a session with the sign-out', async () => {
    const cookies = await user.context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    await user.page.getByRole('button', { name: 'Sign out' }).click();
    await user.page.getByRole('heading', { level: 1, name: 'Selvedge console' }).waitFor(WAIT);
    await user.page.goto(ready.console);
    await user.page.getByRole('heading', { level: 1, name: 'Selvedge console' }).waitFor(WAIT);
  });

  it('asked for nothing elsewhere, and the browsers complained of nothing but refusals', () => {
    const addresses = people.flatMap(({ requested }) => requested);
    expect(addresses.length).toBeGreaterThan(20);
    expect(addresses.filter((address) => !address.startsWith(`${ready.console}/`))).toEqual([]);
    // Chromium tells of every answer that refuses: the view's.
    expect(people.flatMap(({ complaints }) => complaints).filter((text) => !text.includes('status of 403 '))).toEqual([]);
  });

  it('left name and value in no address, file, log or metric', async () => {
    const isFound = (bytes: Buffer | string): boolean => [KEY, VALUE].some((marker) => bytes.includes(marker));
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => isFound(readFileSync(file)))).toEqual([]);
    expect(isFound(said.join(''))).toBe(false);
    expect(people.flatMap(({ requested }) => requested).filter(isFound)).toEqual([]);
    for (const { name, monitoring } of ready.nodes) expect(isFound(await (await fetch(`http://${monitoring}/metrics`)).text()), name).toBe(false);
  });
});
