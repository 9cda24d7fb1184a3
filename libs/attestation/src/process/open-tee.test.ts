import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { measureFile } from '../measurement.js';
import * as absent from '../simulated/absent.js';
import * as present from '../simulated/index.js';
import { createTsmTree } from '../testdata/attestation-files.js';
import { createReport } from '../testdata/snp-evidence.js';
import { AT, createBinding, platform } from '../testdata/setting.js';
import { verdictOf } from '../testdata/verdict.js';
import { teeConfig, type TeeConfig } from './config.js';
import { openTee } from './open-tee.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-tee-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const fileOf = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
const open = (tee: TeeConfig, over: Partial<Parameters<typeof openTee>[0]> = {}) => openTee({ tee, codeFile: fileOf('code.mjs', 'code'), isInspected: false, now: () => AT, ...over });
const simulated = (): TeeConfig => ({ kind: 'simulated', platformKeyFile: fileOf('key.pem', platform.platformKeyPem), platformCertificateFile: fileOf('certificate.pem', platform.platformCertificatePem) });

describe('openTee', () => {
  it('opens the simulated TEE, which measures the code’s file', async () => {
    const tee = await open(simulated());
    expect(tee.isSimulated).toBe(true);
    expect(toHex(tee.measurement)).toBe(toHex(measureFile(path.join(folder, 'code.mjs'), process.version)));
    expect((await tee.attester.createEvidence(createBinding())).teeType).toBe('simulated');
    await expect(open({ ...simulated(), platformKeyFile: path.join(folder, 'nothing') } as TeeConfig)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it('opens a TEE of hardware, which must attest at once', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const levels: number[] = [];
    const tree = createTsmTree('sev_guest', (reportData, level) => {
      levels.push(level);
      return { outblob: createReport(privateKey, { reportData }) };
    });
    try {
      // Its files lie at the kernel's own path, which is not there.
      for (const kind of ['gramine', 'tdx', 'sev-snp'] as const) await expect(open({ kind, collateral: folder })).rejects.toMatchObject({ code: 'ATTESTATION_UNAVAILABLE' });
      const files = { ...tree.files };
      const below = (file: string): string => file.replace('/sys/kernel/config/tsm/report', tree.folder);
      const moved = { read: (file: string, maxBytes: number) => files.read(below(file), maxBytes), write: (file: string, content: Uint8Array) => files.write(below(file), content), makeFolder: (name: string) => files.makeFolder(below(name)), removeFolder: (name: string) => files.removeFolder(below(name)) };
      const tee = await open({ kind: 'sev-snp', collateral: folder, privilegeLevel: 1 }, { files: moved });
      expect(tee).toMatchObject({ isSimulated: false, measurement: new Uint8Array(48).fill(0x3e) });
      expect(levels).toEqual([1]);
      await expect(tee.attester.createEvidence(createBinding())).rejects.toMatchObject({ code: 'COLLATERAL_MISSING' });
    } finally {
      tree.remove();
    }
  });
});

describe('teeConfig', () => {
  it('takes the kinds that there are, and no settings of another', () => {
    expect(teeConfig.safeParse(simulated()).success).toBe(true);
    for (const good of [{ kind: 'gramine', collateral: 'c' }, { kind: 'tdx', collateral: 'c' }, { kind: 'sev-snp', collateral: 'c', privilegeLevel: 3 }]) expect(teeConfig.safeParse(good).success).toBe(true);
    for (const wrong of [{}, { kind: 'nitro' }, { kind: 'gramine' }, { kind: 'tdx', collateral: 'c', privilegeLevel: 0 }, { kind: 'sev-snp', collateral: 'c', privilegeLevel: 4 }, { kind: 'simulated' }]) expect(teeConfig.safeParse(wrong).success).toBe(false);
  });
});

describe('what stands in production in place of the simulated TEE', () => {
  it('has every function of it, and each refuses', () => {
    expect(Object.keys(absent).sort()).toEqual(Object.keys(present).sort());
    for (const refuse of Object.values(absent) as (() => unknown)[]) expect(verdictOf(() => refuse())).toBe('SIMULATED_TEE_REFUSED');
  });
});
