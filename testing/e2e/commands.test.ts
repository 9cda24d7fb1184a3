import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { isMissing, LEDGERS } from './src/ledgers.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/bin/selvedge.js');
const TOUR = path.join(ROOT, 'examples/clients/tour/dist/main.js');
const DESKS = path.join(ROOT, 'testing/e2e/contracts/desks');
const TIMEOUT_MS = 300_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a program of this repository; `ended` resolves with what it wrote. */
function run(file: string, args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString('utf8')));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, out: out.join(''), err: err.join('') });
    });
  });
  return { child, ended };
}

/** What the README has its reader type first, on each ledger. */
describe.each(LEDGERS)('on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-commands-'));
  const running: ChildProcess[] = [];
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const REFUSALS = {
    embedded: ['TEE_SIGNATURE_INVALID by endorser', 'STALE_READ by endorser', 'NOT_DECLARED_HERE by business'],
    fabric: ['TEE_SIGNATURE_INVALID by endorser', 'MVCC_READ_CONFLICT by ledger', 'ENDORSEMENT_POLICY_FAILURE by ledger'],
  };

  it.skipIf(isSkipped)('the tour comes to its end, with the refusals that it promises', async () => {
    const { code, out, err } = await run(TOUR, ['--ledger', ledger, '--stones', '33', '--seconds', '1', '--dir', path.join(folder, 'tour')]).ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const refusal of REFUSALS[ledger]) expect(out).toContain(refusal);
    expect(out).toContain('every answer agrees with the data set');
    expect(out).toMatch(/done: 33 stones loaded, \d+ queries answered, 3 refusals shown/);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('a network in the foreground takes a chaincode and its first private value, and stops', async () => {
    const selvedge = async (...args: string[]): Promise<Ended> => run(CLI, ['--dir', path.join(folder, 'up'), ...args]).ended;
    const up = run(CLI, ['--dir', path.join(folder, 'up'), '--json', 'up', '--ledger', ledger]);
    running.push(up.child);
    const nodes = await new Promise<{ name: string; mspId: string; pid: number }[]>((resolve, reject) => {
      up.child.stdout?.once('data', (line: Buffer) => {
        resolve((JSON.parse(line.toString('utf8')) as { nodes: { name: string; mspId: string; pid: number }[] }).nodes);
      });
      void up.ended.then(({ err }) => {
        reject(new Error(err));
      });
    });
    const named = (prefix: string): number => nodes.filter(({ name }) => name.startsWith(prefix)).length;
    expect([named('business-'), named('endorser-'), named('peer-'), named('orderer')]).toEqual(ledger === 'fabric' ? [3, 3, 6, 1] : [3, 3, 0, 0]);

    expect(await selvedge('deploy', DESKS)).toMatchObject({ code: 0 });
    const call = JSON.stringify({ Args: ['Put', 'near', 'first', 'private'] });
    expect(await selvedge('invoke', '-C', 'main', '-n', 'desks', '-c', call)).toMatchObject({ code: 0 });
    expect(await selvedge('query', '-C', 'main', '-n', 'desks', '-c', '{"Args":["Get","near","first"]}')).toMatchObject({ code: 0, out: 'private\n' });
    expect(await selvedge('status')).toMatchObject({ code: 0 });

    up.child.kill('SIGINT');
    expect((await up.ended).code).toBe(0);
    for (const { name, pid } of nodes) expect(() => process.kill(pid, 0), `${name} has ended`).toThrow('ESRCH');
  }, TIMEOUT_MS);
});
