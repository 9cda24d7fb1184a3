import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// What a TEE measures is one file: what must not be in it is searched for in that file.
const root = path.resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-production-'));
const bundleOf = (service: string, kind: string): string => path.join(folder, `${service}.${kind}.mjs`);

interface BuildScript {
  readonly TEE_SERVICES: readonly string[];
  readonly PRODUCTION: readonly string[];
  bundleService(name: string, outfile: string, patches?: readonly object[], conditions?: readonly string[]): Promise<void>;
}
let build: BuildScript;
beforeAll(async () => {
  build = (await import(pathToFileURL(path.join(root, 'scripts/build.mjs')).href)) as BuildScript;
  for (const service of build.TEE_SERVICES) {
    await build.bundleService(service, bundleOf(service, 'development'));
    await build.bundleService(service, bundleOf(service, 'production'), [], build.PRODUCTION);
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Marks of every module of the simulated TEE: its file, as esbuild notes it, and texts that its code cannot do without. */
const MARKS = [/libs\/attestation\/src\/simulated\/(?:attester|platform|quote|verifier|index)\.ts/, /SLVSIM01/, /simulated quote/, /simulated platform/, /Selvedge simulated TEE/];

describe('bundles for production', () => {
  it('are those of the services that run in a TEE', () => {
    expect(build.TEE_SERVICES).toEqual(['compute', 'key-broker', 'viewer']);
  });

  it('hold nothing of the simulated TEE, where those for development hold it', () => {
    for (const service of build.TEE_SERVICES) {
      const [development, production] = ['development', 'production'].map((kind) => readFileSync(bundleOf(service, kind), 'utf8')) as [string, string];
      expect(MARKS.map((mark) => mark.test(development)).filter(Boolean).length, service).toBeGreaterThanOrEqual(3);
      expect(MARKS.filter((mark) => mark.test(production)), service).toEqual([]);
      expect(production, service).toMatch(/libs\/attestation\/src\/simulated\/absent\.ts/);
      // What attests and verifies hardware is in both.
      const needed = ['attesters/gramine.ts', 'attesters/configfs-tsm.ts', ...(service === 'key-broker' ? ['dcap/verify-quote.ts', 'sev-snp/verify-report.ts', 'appraisal/appraise.ts'] : [])];
      for (const bundle of [development, production]) for (const file of needed) expect(bundle, service).toContain(`libs/attestation/src/${file}`);
    }
  });

  it('do not start with a simulated TEE, whatever the profile says', () => {
    const file = (name: string, content: string): string => {
      writeFileSync(path.join(folder, name), content);
      return path.join(folder, name);
    };
    const [platformKeyFile, platformCertificateFile] = [file('key.pem', 'k'), file('certificate.pem', 'c')];
    const nowhere = path.join(folder, 'nothing');
    const config = file('config.json', JSON.stringify({
      tls: 'off',
      network: 'n', channel: 'c', nodeId: 'compute-1', signedProfile: nowhere, keyBroker: '127.0.0.1:1',
      followers: [{ mspId: 'Org1MSP', address: '127.0.0.1:1' }], businessNodes: [{ mspId: 'Org1MSP', address: '127.0.0.1:1' }],
      packageStore: nowhere, runDirectory: nowhere, operator: { mspId: 'Org1MSP', certificateFile: nowhere, privateKeyFile: nowhere },
      tee: { kind: 'simulated', platformKeyFile, platformCertificateFile },
    }));
    const { status, stderr } = spawnSync(process.execPath, [bundleOf('compute', 'production')], { env: { SELVEDGE_CONFIG: config }, encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('"code":"SIMULATED_TEE_REFUSED"')]);
  });
});
