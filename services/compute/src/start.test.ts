import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDevelopmentPlatform } from '@selvedge/attestation';
import type { SandboxPlatform } from '@selvedge/compute';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type * as teeProcess from '@selvedge/attestation/process';
import { createMonitor, noCheckpoint, type Logger } from '@selvedge/service-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { computeConfig, type ComputeConfig } from './config.js';
import { startComputeNode } from './start.js';

const missing = [{ layer: 'network' as const, mechanism: 'network namespace (unshare --net)', reason: 'Operation not permitted' }];
let platform: SandboxPlatform;
// What a platform has cannot be taken from it for a test alone; the probe itself is tried on real processes elsewhere.
vi.mock('@selvedge/attestation/process', async (load) => {
  const real = await load<typeof teeProcess>();
  // An enclave's process, so that this machine's swap is not asked for.
  return { ...real, guardProcess: (input: Parameters<typeof real.guardProcess>[0]) => real.guardProcess({ ...input, kind: 'gramine' }) };
});
vi.mock('@selvedge/compute', async (load) => ({ ...(await load<object>()), probeSandbox: () => Promise.resolve(platform) }));

const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-start-'));
const write = (name: string, content: string | Uint8Array): string => {
  const file = path.join(directory, name);
  writeFileSync(file, content);
  return file;
};
const configs = new Map<boolean, ComputeConfig>();

async function configOf(allowSimulated: boolean): Promise<ComputeConfig> {
  const consortium: TestConsortium = await createTestConsortium({ profile: { allowSimulated } });
  const { peer } = consortium.organisation('NorthMSP');
  const tee = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'platform', now: consortium.now });
  const name = String(allowSimulated);
  const nowhere = { mspId: 'NorthMSP', address: '127.0.0.1:9' };
  return computeConfig.parse({
    network: consortium.network, channel: consortium.channel, nodeId: 'compute-1', keyBroker: nowhere.address, followers: [nowhere], businessNodes: [nowhere],
    signedProfile: write(`${name}-profile.bin`, consortium.signedProfile),
    packageStore: path.join(directory, 'packages'), runDirectory: path.join(directory, `run-${name}`),
    tee: { kind: 'simulated', platformKeyFile: write(`${name}-platform.key`, tee.platformKeyPem), platformCertificateFile: write(`${name}-platform.pem`, tee.platformCertificatePem) },
    operator: { mspId: 'NorthMSP', certificateFile: write(`${name}-peer.pem`, peer.certificatePem), privateKeyFile: write(`${name}-peer.key`, peer.privateKeyPem) },
    tls: 'off',
  });
}

beforeAll(async () => {
  for (const allowSimulated of [true, false]) configs.set(allowSimulated, await configOf(allowSimulated));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** 'started', or the code that it refused to start with; and what was logged. */
async function start(allowSimulated: boolean, lacking: SandboxPlatform['missing'], nodeOptions: readonly string[] = []): Promise<{ readonly outcome: string; readonly logged: string }> {
  platform = { missing: lacking, has: () => false, namespaces: [], firstUid: undefined, programs: {}, libraries: [], permissionFlag: undefined };
  const lines: string[] = [];
  const log = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  const logger = { debug: log, info: log, warn: log, error: log } as unknown as Logger;
  try {
    const running = await startComputeNode({ config: configs.get(allowSimulated)!, logger, checkpoint: noCheckpoint, nodeOptions, signal: new AbortController().signal, monitor: createMonitor('compute') });
    await running.close();
    return { outcome: 'started', logged: lines.join('\n') };
  } catch (error) {
    return { outcome: String((error as { code?: unknown }).code), logged: lines.join('\n') };
  }
}

describe('a compute node on a platform that lacks a mechanism of the sandbox', () => {
  it('refuses to start where the profile does not allow simulated TEEs, and says what is missing', async () => {
    const { outcome, logged } = await start(false, missing);
    expect(outcome).toBe('SANDBOX_UNAVAILABLE');
    expect(logged).toContain('network namespace (unshare --net): Operation not permitted');
  });

  it('starts in a simulated network, and says what is missing', async () => {
    const { outcome, logged } = await start(true, missing);
    expect(outcome).toBe('started');
    expect(logged).toContain('chaincode is confined incompletely here');
  });

  it('starts in any network, and says nothing, where nothing is missing', async () => {
    const { outcome, logged } = await start(false, []);
    expect(outcome).toBe('started');
    expect(logged).not.toContain('confined incompletely');
  });
});

describe('a compute node whose process shows its memory', () => {
  it('refuses to start where the profile does not allow simulated TEEs', async () => {
    expect((await start(false, [], ['--inspect'])).outcome).toBe('PROCESS_EXPOSED');
  });

  it('starts in a simulated network, and says so', async () => {
    const { outcome, logged } = await start(true, [], ['--inspect']);
    expect([outcome, logged]).toEqual(['started', expect.stringContaining('Node runs with --inspect')]);
  });
});
