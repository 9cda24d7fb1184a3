import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway } from '@selvedge/client';
import { listPackages, packagePath } from '@selvedge/contract-package';
import { issueTlsMaterial, layoutOf, openNetworkFolder, type Layout } from '@selvedge/dev-network';
import { createProfile, createSignedProfile, facts, signProfile, verifySignedProfile } from '@selvedge/policy';
import { keyPairFiles, writeKeyPair } from '@selvedge/service-kit/launch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork, type TestNetwork } from './src/network.js';
import { startPausableProxy, type PausableProxy } from './src/pausable-proxy.js';
import { runCommand } from './src/run-command.js';

const TALLY = fileURLToPath(new URL('contracts/tally', import.meta.url));
const ORGANISATIONS = ['AuroraMSP', 'BorealisMSP', 'NorthMSP', 'SouthMSP', 'OrdererMSP'];
const PATIENCE = { timeout: 60_000, interval: 250 };
const HOUR_MS = 3_600_000;
/** A process that takes every time for an hour later. */
const AHEAD = `--import=data:text/javascript,${encodeURIComponent(
  `const True = Date; globalThis.Date = class extends True { constructor(...of) { if (of.length === 0) super(True.now() + ${String(HOUR_MS)}); else super(...of); } static now() { return True.now() + ${String(HOUR_MS)}; } };`,
)}`;

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly subject: string; readonly text: string; readonly action: string }[];
}

let test: TestNetwork;
let layout: Layout;
let gateway: Gateway;
let contract: Contract;
let proxy: PausableProxy;
/** What the next start of a process has beside its settings. */
const settings = new Map<string, Record<string, unknown>>();
const flags = new Map<string, string[]>();

const doctor = async (...options: string[]): Promise<Report & { readonly code: number | null }> => {
  const { code, value } = await runCommand('--dir', test.directory, '--json', 'doctor', ...options);
  return { code, ...(value as Report) };
};
const namesOf = ({ findings }: Report): string[] => findings.map(({ code, subject }) => `${code} ${subject}`);
/** Asks until the fault is named; the exit code goes with it. */
const isNamed = async (fault: string, ...options: string[]): Promise<Report['findings'][number]> => {
  let last: Report & { readonly code: number | null } = await doctor(...options);
  await expect.poll(async () => namesOf((last = await doctor(...options))), PATIENCE).toContain(fault);
  expect(last).toMatchObject({ code: 1, healthy: false });
  const finding = last.findings.find(({ code, subject }) => `${code} ${subject}` === fault)!;
  expect(finding.action).not.toBe('');
  return finding;
};
const isHealthy = () => expect.poll(async () => namesOf(await doctor()), PATIENCE).toEqual([]);
const restart = async (name: string): Promise<void> => {
  await test.network.kill(name, 'SIGTERM');
  await test.network.restart(name);
};
/** SignedProfile bytes of a version that follows, signed by every organisation's administrator. */
const nextProfile = async (change: { readonly allowSimulated?: boolean; readonly viewQuorum?: number }): Promise<Uint8Array> => {
  const { message } = verifySignedProfile(test.network.signedProfile);
  const profile = createProfile({ ...message, version: message.version + 1n, ...change });
  const admins = await Promise.all(ORGANISATIONS.map((mspId) => test.network.identity(mspId, 'Admin')));
  return createSignedProfile(profile, admins.map((admin) => signProfile(profile, admin)));
};

beforeAll(async () => {
  test = await startTestNetwork({
    businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
    endorserOrganisations: ['NorthMSP', 'SouthMSP'],
    computeNodes: 2,
    contracts: [TALLY],
    configure: ({ name }) => settings.get(name) ?? {},
    nodeFlags: ({ name }) => flags.get(name) ?? [],
  });
  layout = layoutOf(test.directory);
  proxy = await startPausableProxy(test.network.node('sequencer').address);
  gateway = await test.network.connect('AuroraMSP');
  contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('tally');
});
afterAll(async () => {
  gateway.close();
  await proxy.close();
  await test.end();
});

describe('selvedge doctor', () => {
  it('finds nothing in a sound network', async () => {
    await isHealthy();
    expect(await doctor()).toMatchObject({ code: 0, healthy: true, findings: [], unchecked: [] });
  });

  it('refuses a wrong command line', async () => {
    expect(await runCommand('--dir', test.directory, '--json', 'doctor', '--max-lag', 'many')).toMatchObject({ code: 2 });
  });

  it('names an expired certificate', async () => {
    const directory = layout.nodeTlsDirectory('business-borealis');
    const sound = Object.values(keyPairFiles(directory)).map((file) => ({ file, bytes: readFileSync(file) }));
    await writeKeyPair(directory, await issueTlsMaterial(layout, 'BorealisMSP', { commonName: 'business-borealis', hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 60_000) }));
    await restart('business-borealis');
    await isNamed('CERTIFICATE_EXPIRED business-borealis');
    expect((await doctor()).findings.filter(({ text }) => text.startsWith('TLS, as served')).map(({ code, subject }) => `${code} ${subject}`)).toEqual(['CERTIFICATE_EXPIRED business-borealis']);
    for (const { file, bytes } of sound) writeFileSync(file, bytes);
    await restart('business-borealis');
    await isHealthy();
  });

  it('names a clock that is off', async () => {
    flags.set('endorser-south', [AHEAD]);
    await restart('endorser-south');
    expect((await isNamed('CLOCK_SKEW endorser-south')).text).toContain('ahead');
    flags.delete('endorser-south');
    await restart('endorser-south');
    await isHealthy();
  });

  it('names a full disk', async () => {
    const { dataDirectory } = test.network.node('compute-2');
    await test.network.kill('compute-2', 'SIGTERM');
    const isMounted = mount(dataDirectory);
    try {
      await test.network.restart('compute-2');
      if (isMounted) {
        // It is small, and has room.
        await expect.poll(async () => namesOf(await doctor('--min-free', '16')), PATIENCE).toEqual([]);
        fill(path.join(dataDirectory, 'filling'));
        expect((await isNamed('DISK_FULL compute-2')).text).toMatch(/: 0 of \d+ MiB are free/);
      } else {
        const { bavail, bsize } = statfsSync(dataDirectory);
        await isNamed('DISK_FULL compute-2', '--min-free', String(Math.floor((bavail * bsize) / 2 ** 20) + 1_024));
      }
      await test.network.kill('compute-2', 'SIGTERM');
    } finally {
      if (isMounted) execFileSync('umount', ['-l', dataDirectory]);
    }
    await test.network.restart('compute-2');
    await isHealthy();
  });

  it('names code that is not what was approved', async () => {
    const [approved] = await listPackages(layout.packages);
    const folder = packagePath(layout.packages, approved!);
    const file = path.join(folder, readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => path.basename(name) === 'index.cjs' && !name.includes('node_modules'))!);
    const sound = readFileSync(file);
    chmodSync(file, 0o644);
    appendFileSync(file, '\n// other code\n');
    await restart('compute-2');
    expect((await isNamed('CODE_HASH_MISMATCH compute-2')).text).toContain('has not verified');
    writeFileSync(file, sound);
    await restart('compute-2');
    await isHealthy();
  });

  it('names a follower that lags', async () => {
    settings.set('business-borealis', { ledger: { kind: 'embedded', sequencer: proxy.address } });
    await restart('business-borealis');
    await isHealthy();
    proxy.pause();
    for (let i = 0; i < 6; i += 1) await contract.submitTransaction('Put', `key-${String(i)}`);
    await isNamed('FOLLOWER_LAGS business-borealis');
    proxy.resume();
    await isHealthy();
  });

  it('names a node with another profile', async () => {
    const file = path.join(test.directory, 'other-profile.bin');
    writeFileSync(file, await nextProfile({ viewQuorum: 2 }));
    settings.set('compute-2', { signedProfile: file });
    await restart('compute-2');
    await isNamed('PROFILE_MISMATCH compute-2');
    settings.delete('compute-2');
    await restart('compute-2');
    await isHealthy();
  });

  it('names a key broker that cannot be reached', async () => {
    await test.network.kill('key-broker');
    await isNamed('BROKER_UNREACHABLE key-broker');
    await test.network.restart('key-broker');
    await isHealthy();
  });

  it('names a member of a collection that has no business node any more', async () => {
    const sound = readFileSync(layout.networkFile, 'utf8');
    const profile = JSON.parse(sound) as { businessNodes: { mspId: string }[] };
    writeFileSync(layout.networkFile, JSON.stringify({ ...profile, businessNodes: profile.businessNodes.filter(({ mspId }) => mspId !== 'BorealisMSP') }));
    expect((await isNamed('MEMBER_MISSING BorealisMSP')).text).toContain('tally');
    writeFileSync(layout.networkFile, sound);
    await isHealthy();
  });

  it('names a revoked node', async () => {
    const proposal = path.join(test.directory, 'revocation');
    const cli = (...options: string[]): ReturnType<typeof runCommand> => runCommand('--dir', test.directory, '--json', ...options);
    expect(await cli('broker', 'revoke', '--node', 'compute-2', '--output', proposal)).toMatchObject({ code: 0 });
    for (const mspId of ORGANISATIONS) expect((await cli('--identity', `${mspId}/Admin`, 'policy', 'approve', proposal)).code).toBe(0);
    expect(await cli('policy', 'submit', proposal)).toMatchObject({ code: 0 });
    await isNamed('NODE_REVOKED compute-2');
  });

  it('names simulated TEEs when the network goes into production', async () => {
    const folder = await openNetworkFolder(test.directory);
    const session = folder.openPolicySession();
    const admins = await Promise.all(ORGANISATIONS.map((mspId) => test.network.identity(mspId, 'Admin')));
    await session.change([{ key: facts.profile, value: await nextProfile({ allowSimulated: false }) }], admins);
    session.close();
    for (const name of ['key-broker', 'compute-1']) await isNamed(`SIMULATED_TEE ${name}`);
  });
});

/** Whether a small file system could be mounted there: it takes the right to. */
function mount(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function fill(file: string): void {
  const block = Buffer.alloc(1024 * 1024);
  try {
    for (;;) appendFileSync(file, block);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  }
}
