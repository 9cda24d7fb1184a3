import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { commandsOf, pageText } from './src/mode-page.js';
import { runCommand } from './src/run-command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/bin/selvedge.js');
const VAULTS = fileURLToPath(new URL('contracts/vaults', import.meta.url));
const TIMEOUT_MS = 300_000;
const PATIENCE = { timeout: 60_000, interval: 500 };

/** What docs/views.md and docs/keys.md have their reader type, one page after the other on a network that the first one starts. */
describe('pages for operators', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-pages-'));
  const directory = path.join(folder, 'network');
  const running: ChildProcess[] = [];
  let organisations: string[] = [];
  afterAll(async () => {
    await Promise.all(running.map((child) => new Promise((resolve) => {
      child.once('close', resolve);
      child.kill('SIGINT');
    })));
    rmSync(folder, { recursive: true, force: true });
  });

  const selvedge = (...args: string[]): ReturnType<typeof runCommand> => runCommand('--dir', directory, '--json', ...args);
  const succeed = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, value } = await selvedge(...args);
    expect({ args, code, value }).toMatchObject({ args, code: 0 });
    return value as Record<string, unknown>;
  };
  const call = (...Args: string[]): string[] => ['-n', 'basic', '-c', JSON.stringify({ Args })];
  /** Files that a page names lie in the test's folder. */
  const typed = (command: readonly string[]): string[] => command.map((argument) => (/^[a-z-]+\.(bin|yaml)$/.test(argument) ? path.join(folder, argument) : argument));
  /** Runs a page's commands; an approval that it shows of one administrator is given by as many as it takes. */
  const follow = async (commands: readonly (readonly string[])[]): Promise<Record<string, unknown>[]> => {
    const values: Record<string, unknown>[] = [];
    for (const command of commands.map(typed)) {
      let value = await succeed(...command);
      for (const mspId of organisations) {
        if (command[1] !== 'approve' || Number(value.approvals) >= Number(value.needed)) break;
        value = await succeed(...command.map((argument) => argument.replace(/^AuroraMSP\//, `${mspId}/`)));
      }
      values.push(value);
    }
    return values;
  };

  it('start a network with viewers, which show an organisation its own data', async () => {
    const [up = [], key = [], collection = [], history = [], tx = [], verify = [], ...more] = commandsOf('views', 'views');
    expect([up[0], more]).toEqual(['up', []]);
    const child = spawn(process.execPath, [CLI, '--dir', directory, '--json', ...up], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
    running.push(child);
    const nodes = await new Promise<{ name: string; mspId: string }[]>((resolve, reject) => {
      child.stdout.once('data', (line: Buffer) => { resolve((JSON.parse(line.toString('utf8')) as { nodes: { name: string; mspId: string }[] }).nodes); });
      child.once('close', () => { reject(new Error('the network ended')); });
    });
    organisations = [...new Set(nodes.filter(({ name }) => /^(business|endorser)-/.test(name)).map(({ mspId }) => mspId))];
    expect(nodes.map(({ name }) => name)).toContain('viewer-aurora');

    const contract = path.join(folder, 'basic');
    cpSync(VAULTS, contract, { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(contract, 'node_modules'));
    writeFileSync(path.join(contract, 'collections_config.json'), readFileSync(path.join(contract, 'collections_config.json'), 'utf8').replace('"closed"', '"ours"'));
    await succeed('deploy', contract, '--name', 'basic');
    const { transactionId } = await succeed('invoke', ...call('Put', '', 'asset1', 'blue'));
    await succeed('invoke', ...call('Put', 'ours', 'secret', 'ours alone'));
    await succeed('invoke', ...call('Put', '', 'asset1', 'red'));

    await expect.poll(async () => (await selvedge(...key)).code, PATIENCE).toBe(0);
    const shown = await succeed(...key);
    expect(shown).toMatchObject({ found: true, result: 'red' });
    expect(await succeed(...collection)).toMatchObject({ found: true, result: 'ours alone' });
    expect(await succeed(...history)).toMatchObject({ versions: [{ result: 'red' }, { result: 'blue' }] });
    expect(await succeed(...tx.map((argument) => (argument === '5f2e…' ? String(transactionId) : argument)))).toMatchObject({ valid: true, contracts: [{ writes: [{ key: 'asset1', result: 'blue' }] }] });

    const { count, hash } = shown.audit as { readonly count: number; readonly hash: string };
    const known: Record<string, string> = { 'views.jsonl': path.join(directory, 'nodes/viewer-aurora/data/views.jsonl'), '12:0ab1…': `${String(count)}:${hash}` };
    expect(await succeed(...verify.map((argument) => known[argument] ?? argument))).toMatchObject({ verified: true, since: 3 });
  }, TIMEOUT_MS);

  it('say what rules about keys admit', async () => {
    const [, rules = ''] = /```yaml\n(keyAccess:[\s\S]*?)```/.exec(pageText('keys')) ?? [];
    writeFileSync(path.join(folder, 'key-access.yaml'), rules);
    expect(await follow(commandsOf('rules', 'keys'))).toMatchObject([{ valid: true, keyAccess: [{ contract: '*' }, { contract: 'diamonds' }] }]);
  });

  it('rotate keys and re-encrypt what lies under older ones', async () => {
    const values = await follow(commandsOf('rotation', 'keys'));
    expect(values.at(-1)).toMatchObject({ contract: 'basic', written: 2, left: '0' });
  }, TIMEOUT_MS);

  it('bring a contract under a new name key in three steps, during which it takes no updates', async () => {
    const [names = [], ...steps] = commandsOf('name key', 'keys');
    expect(await succeed(...names)).toMatchObject({ phase: 'settled', current: '1', left: '0' });
    for (const step of ['open', 'switch', 'finish']) {
      const [proposed] = await follow(steps);
      expect(proposed).toMatchObject({ proposed: step });
      if (step !== 'finish') await expect.poll(async () => (await selvedge('invoke', ...call('Put', '', 'asset1', 'late'))).value, PATIENCE).toMatchObject({ error: { code: 'CONTRACT_MIGRATING' } });
    }
    await expect.poll(() => succeed(...names), PATIENCE).toMatchObject({ phase: 'settled', current: '2', toCopy: '0', left: '0' });
    expect(await succeed('query', ...call('Get', '', 'asset1'))).toMatchObject({ result: 'red' });
  }, TIMEOUT_MS);
});
