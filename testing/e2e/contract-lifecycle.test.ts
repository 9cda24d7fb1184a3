import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endorseUntilRefused } from './src/endorse-until-refused.js';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { nodesHolding, startTestNetwork, text, type TestNetwork } from './src/network.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/bin/selvedge.js');
const TALLY = fileURLToPath(new URL('contracts/tally', import.meta.url));
const TIMEOUT_MS = 300_000;
/** Until something is so, however busy the machine is. */
const POLL = { timeout: 120_000, interval: 100 };
/** All that a request may end with when its contract is upgraded meanwhile: each says that it may be made again. */
const UPGRADED = ['CODE_HASH_MISMATCH', 'POLICY_VERSION_MISMATCH', 'MVCC_READ_CONFLICT'];

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Listed {
  readonly contracts: { name: string; version: string; policyVersion: string; codeHash: string; blockNumber?: string }[];
  readonly proposals: { name: string; codeHash: string; approvedBy: string[]; missing: string[]; needed: number; state: string }[];
}

/** One committed write: which code ran, and where it stands. */
interface Committed {
  readonly key: string;
  readonly version: string;
  readonly blockNumber: bigint;
}

/** From a directory to an upgrade, by the commands as operators type them, one organisation after the other. */
describe.each(LEDGERS)('a contract’s life on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const work = mkdtempSync(path.join(tmpdir(), 'selvedge-lifecycle-'));
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;
  let organisations: string[] = [];
  let first = { file: '', codeHash: '' };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ ledger, computeNodes: 2 });
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('tally');
  }, TIMEOUT_MS);
  afterAll(async () => {
    rmSync(work, { recursive: true, force: true });
    if (isSkipped) return;
    gateway.close();
    await test.end();
  }, TIMEOUT_MS);

  const selvedge = (...args: string[]): Promise<Result> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [CLI, '--dir', test.directory, ...args], { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, err]: [string[], string[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString('utf8')));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString('utf8')));
      child.once('close', (code) => {
        resolve({ code, out: out.join(''), err: err.join('') });
      });
    });
  const succeed = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await selvedge(...args);
    expect(`${args.join(' ')}: ${String(code)} ${code === 0 ? '' : err}`).toBe(`${args.join(' ')}: 0 `);
    return out;
  };
  const refusal = async (...args: string[]): Promise<string> => {
    const { code, err } = await selvedge(...args);
    expect(code).toBe(1);
    return err;
  };
  const list = async (): Promise<Listed> => JSON.parse(await succeed('contract', 'list', '--json')) as Listed;

  /** The chaincode in another version, as a developer's folder. */
  const developed = (version: string, name = version): string => {
    const directory = path.join(work, name, 'tally');
    mkdirSync(path.dirname(directory), { recursive: true });
    cpSync(TALLY, directory, { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
    const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as object;
    writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ ...manifest, version }));
    return directory;
  };
  const packed = async (version: string): Promise<{ file: string; codeHash: string }> => JSON.parse(await succeed('contract', 'package', developed(version), '-o', `${version}.tar`, '--json')) as { file: string; codeHash: string };

  /** Approvals of one organisation after the other until there are enough. */
  const approveByMany = async (what: string): Promise<void> => {
    for (const mspId of organisations) {
      const { proposal } = JSON.parse(await succeed('--identity', `${mspId}/Admin`, 'contract', 'approve', what, '--json')) as { proposal: { approvals: string[]; needed: number } };
      expect(proposal.approvals).toContain(mspId);
      if (proposal.approvals.length >= proposal.needed) return;
    }
  };

  it.skipIf(isSkipped)('begins with a package that is the same file wherever it is made, and is installed by its hash', async () => {
    first = await packed('1.0.0');
    const { file, codeHash } = first;
    await succeed('contract', 'package', developed('1.0.0', 'elsewhere'), '-o', 'again.tar');
    expect(readFileSync(file).equals(readFileSync(path.join(work, 'again.tar')))).toBe(true);
    expect(await refusal('contract', 'install', file, '--hash', codeHash.replaceAll(/./g, 'f'))).toMatch(/^PACKAGE_INVALID .*\n {2}Mend the chaincode package/);
    expect(await succeed('contract', 'install', file, '--hash', codeHash)).toContain(codeHash);
    expect(await list()).toMatchObject({ contracts: [], proposals: [] });
    // Installed is not approved: nobody runs it.
    await expect(contract.evaluateTransaction('Get', 'a')).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' });
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('takes approvals by administrators of enough organisations, and is in force from its commit on', async () => {
    const { codeHash } = first;
    expect(await refusal('--identity', 'AuroraMSP/User1', 'contract', 'approve', '1.0.0.tar')).toContain('IDENTITY_WRONG_ROLE');
    expect(await refusal('contract', 'commit', 'tally')).toContain('no proposal for contract tally waits');
    await succeed('--identity', 'AuroraMSP/Admin', 'contract', 'approve', codeHash.slice(0, 12));
    const [proposed] = (await list()).proposals;
    expect(proposed).toMatchObject({ name: 'tally', codeHash, approvedBy: ['AuroraMSP'], state: 'waiting' });
    organisations = ['AuroraMSP', ...(proposed?.missing ?? [])];
    expect(await refusal('contract', 'commit', 'tally')).toMatch(new RegExp(`^POLICY_APPROVALS_MISSING .*approved by AuroraMSP; ${String(proposed?.needed)} organisations are needed, so .* more of .*${String(proposed?.missing[0])}`));
    // Another organisation's other copy is not the same contract.
    await packed('1.0.1');
    expect(await refusal('--identity', `${String(organisations[1])}/Admin`, 'contract', 'approve', '1.0.1.tar')).toMatch(/INVALID_CONFIGURATION.*it differs in version, codeHash/);
    await approveByMany('1.0.0.tar');
    expect((await list()).proposals[0]?.state).toBe('ready');
    await expect(contract.evaluateTransaction('Get', 'a')).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' });

    const committed = await selvedge('contract', 'commit', 'tally', '--json');
    expect(committed).toMatchObject({ code: 0, err: expect.stringContaining('recording contract tally 1.0.0') as string });
    const { blockNumber } = JSON.parse(committed.out) as { blockNumber: string };
    expect(await list()).toMatchObject({ contracts: [{ name: 'tally', version: '1.0.0', policyVersion: '1', codeHash, blockNumber, installed: true }], proposals: [] });
    expect(text(await contract.submitTransaction('Put', 'first'))).toBe('1.0.0');
    expect(await succeed('invoke', '-n', 'tally', '-c', '{"Args":["Put","second"]}')).toBe('1.0.0\n');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is upgraded under load at one height: nothing fails with retry, every failure says to try again without, and every commit is of the version at its height', async () => {
    const { file } = await packed('2.0.0');
    await succeed('contract', 'install', file);
    await approveByMany(file);
    const [executed, endorsed] = await Promise.all([contract.newProposal('Put', { arguments: ['held'] }).execute(), contract.newProposal('Put', { arguments: ['ordered-late'] }).execute().then((one) => one.endorse())]);

    const committed: Committed[] = [];
    const failures: string[] = [];
    const retried: string[] = [];
    let isOver = false;
    let count = 0;
    const withoutRetry = async (lane: number): Promise<void> => {
      while (!isOver) {
        const key = `lane${String(lane)}-${String((count += 1))}`;
        try {
          const submitted = await (await (await contract.newProposal('Put', { arguments: [key] }).execute()).endorse()).submit();
          await submitted.verifyCommitted();
          committed.push({ key, version: text(submitted.getResult()), blockNumber: (await submitted.getStatus()).blockNumber });
        } catch (error) {
          failures.push(isSelvedgeError(error) ? error.code : String(error));
        }
      }
    };
    const withRetry = async (lane: number): Promise<void> => {
      while (!isOver) retried.push(text(await contract.submit('Put', { arguments: [`retry${String(lane)}-${String((count += 1))}`], retry: { attempts: 30 } })));
    };
    const load = Promise.all([withoutRetry(1), withoutRetry(2), withoutRetry(3), withRetry(1), withRetry(2)]);
    await Promise.race([expect.poll(() => committed.length > 0 && retried.length > 0, POLL).toBe(true), load]);
    const commit = selvedge('contract', 'commit', 'tally', '--json');
    const { code, out, err } = await Promise.race([commit, load.then(() => commit)]);
    await Promise.race([expect.poll(() => committed.filter(({ version }) => version === '2.0.0').length > 2 && retried.includes('2.0.0'), POLL).toBe(true), load]);
    isOver = true;
    await load;

    expect([code, err]).toEqual([0, expect.stringContaining('nothing of an earlier version commits')]);
    const border = BigInt((JSON.parse(out) as { blockNumber: string }).blockNumber);
    expect(failures.filter((failure) => !UPGRADED.includes(failure))).toEqual([]);
    const [old, young] = ['1.0.0', '2.0.0'].map((version) => committed.filter((one) => one.version === version));
    expect(old?.length).toBeGreaterThan(0);
    expect(young?.length).toBeGreaterThan(0);
    expect(old?.filter(({ blockNumber }) => blockNumber > border)).toEqual([]);
    expect(young?.filter(({ blockNumber }) => blockNumber < border)).toEqual([]);
    expect(old!.length + young!.length).toBe(committed.length);
    expect(new Set(retried)).toEqual(new Set(['1.0.0', '2.0.0']));
    for (const { key, version } of [...old!.slice(-3), ...young!.slice(0, 3)]) expect(text(await contract.evaluateTransaction('Get', key))).toBe(version);

    // What the old version ran is refused by endorsers, and what they endorsed before, at commit.
    await expect(endorseUntilRefused(executed)).rejects.toMatchObject({ code: 'CODE_HASH_MISMATCH' });
    const late = await endorsed.submit();
    await expect(late.verifyCommitted()).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
    expect(text(await contract.evaluateTransaction('Get', 'ordered-late'))).toBe('');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('does not go back: an older version number is refused', async () => {
    expect(await refusal('contract', 'approve', '1.0.0.tar')).toMatch(/^CONTRACT_DOWNGRADE \(refused by: .*version 1\.0\.0 is older than 2\.0\.0/);
    expect(await refusal('contract', 'upgrade', developed('1.9.9'))).toContain('CONTRACT_DOWNGRADE');
    expect(await refusal('contract', 'upgrade', developed('9.9.9'), '--name', 'nobody')).toContain('contract nobody is not on the ledger');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is not committed while compute nodes lack its package, which are named', async () => {
    const { file, codeHash } = await packed('3.0.0');
    await approveByMany(file);
    rmSync(path.join(test.directory, 'packages', codeHash), { recursive: true });
    await expect.poll(() => nodesHolding(test.network, codeHash), POLL).toEqual([]);
    expect(await refusal('contract', 'commit', 'tally')).toMatch(/^CONTRACT_CODE_MISSING .*compute-1 lacks the package; compute-2 lacks the package/);
    await succeed('contract', 'install', file);
    expect(await succeed('contract', 'commit', 'tally')).toContain('contract tally 3.0.0 is in force since block');
    expect(text(await contract.submitTransaction('Put', 'third'))).toBe('3.0.0');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('is upgraded in one step, also to another endorsement policy, which what was endorsed before is told', async () => {
    const before = await (await contract.newProposal('Put', { arguments: ['before'] }).execute()).endorse();
    const endorsers = ['NorthMSP', 'SouthMSP', 'EastMSP'].map((mspId) => `'${mspId}.peer'`);
    const { complete, policyVersion } = JSON.parse(await succeed('contract', 'upgrade', developed('4.0.0'), '--endorsement-policy', `AND(${endorsers.join(', ')})`, '--json')) as { complete: boolean; policyVersion: string };
    expect([complete, policyVersion]).toEqual([true, '4']);
    const code = await before.submit().then((submitted) => submitted.verifyCommitted()).then(() => 'committed', (error: unknown) => (isSelvedgeError(error) ? error.code : String(error)));
    expect(['POLICY_VERSION_MISMATCH', 'MVCC_READ_CONFLICT']).toContain(code);
    expect(text(await contract.submit('Put', { arguments: ['fourth'], retry: { attempts: 10 } }))).toBe('4.0.0');
    // The policy stays where an upgrade does not speak of it.
    await succeed('contract', 'upgrade', developed('4.0.1'));
    expect(await succeed('policy', 'show', 'contract/tally')).toContain(`AND(${endorsers.join(', ')})`);
  }, TIMEOUT_MS);
});
