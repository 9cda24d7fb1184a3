import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { toPem } from '@selvedge/identity';
import { parseCertificateTable } from '../sev-snp/certificate-table.js';
import { verifySnpReport } from '../sev-snp/verify-report.js';
import { makeFolder } from '../testdata/collateral-folder.js';
import { AT, certificateTable, createEndorsementKey, createReport, createSnpAuthority, createSnpRevocationList, pinOf, type EndorsementKeyPair, type SnpAuthority } from '../testdata/snp-evidence.js';
import { verdictOf } from '../testdata/verdict.js';
import { createCollateralFolder } from './folder.js';

let root: SnpAuthority;
let ask: SnpAuthority;
let asvk: SnpAuthority;
let vcek: EndorsementKeyPair;
let older: EndorsementKeyPair;
let vlek: EndorsementKeyPair;
let list: Uint8Array;
let files: Record<string, Uint8Array | string>;
const folders: string[] = [];
beforeAll(async () => {
  root = await createSnpAuthority('ARK-Genoa');
  ask = await createSnpAuthority('SEV-Genoa', root, '0a');
  asvk = await createSnpAuthority('SEV-VLEK-Genoa', root, '0b');
  vcek = await createEndorsementKey(ask);
  older = await createEndorsementKey(ask, { tcb: { snp: 21 } });
  vlek = await createEndorsementKey(asvk, { kind: 'vlek' });
  list = await createSnpRevocationList(root, []);
  const chain = (signer: SnpAuthority): string => toPem(signer.der, 'CERTIFICATE') + toPem(root.der, 'CERTIFICATE');
  files = { 'sev-snp/vcek/a-older.der': older.der, 'sev-snp/vcek/b.pem': toPem(vcek.der, 'CERTIFICATE'), 'sev-snp/vcek/0-notes.txt': 'notes', 'sev-snp/Genoa/vcek-chain.pem': chain(ask), 'sev-snp/Genoa/vlek-chain.pem': chain(asvk), 'sev-snp/Genoa/revocation-list.crl': list };
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function collateralOf(report: Uint8Array, changed: Readonly<Record<string, Uint8Array | string | undefined>> = {}, over: { at?: Date; hostCertificates?: Uint8Array } = {}): Uint8Array[] {
  const folder = makeFolder(Object.fromEntries(Object.entries({ ...files, ...changed }).filter((entry): entry is [string, Uint8Array | string] => entry[1] !== undefined)));
  folders.push(folder);
  return createCollateralFolder(folder).collateralOf('sev-snp', report, { at: AT, ...over });
}

function verify(report: Uint8Array, collateral: readonly Uint8Array[]): string {
  const [endorsementKey, signingKey, arkDer, revocationList] = collateral as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  return verifySnpReport(report, { endorsementKey, signingKey, root: arkDer, revocationList }, { arkSha256: { Genoa: pinOf(root) } }, AT).report.signingKey;
}

describe('a folder of collateral, for AMD', () => {
  it('gives the certificate of the chip at its present TCB, its chain and the revocation list', () => {
    const report = createReport(vcek.privateKey);
    expect(verify(report, collateralOf(report))).toBe('vcek');
    const before = createReport(older.privateKey, { tcb: { snp: 21 } });
    expect(collateralOf(before)[0]).toEqual(older.der);
  });

  it('takes a VLEK from the host, and a whole chain when the folder has none', () => {
    const report = createReport(vlek.privateKey, { signingKey: 'vlek' });
    expect(verify(report, collateralOf(report, {}, { hostCertificates: certificateTable([['vlek', vlek.der]]) }))).toBe('vlek');
    expect(verdictOf(() => collateralOf(report))).toBe('COLLATERAL_MISSING');
    const ofChip = createReport(vcek.privateKey);
    const host = certificateTable([['ark', root.der], ['ask', ask.der], ['vcek', vcek.der]]);
    expect(verify(ofChip, collateralOf(ofChip, { 'sev-snp/vcek/b.pem': undefined, 'sev-snp/Genoa/vcek-chain.pem': undefined }, { hostCertificates: host }))).toBe('vcek');
  });

  it('names what is missing, and what is stale', async () => {
    const report = createReport(vcek.privateKey);
    expect(verdictOf(() => collateralOf(report, { 'sev-snp/vcek/b.pem': undefined }))).toBe('COLLATERAL_MISSING');
    expect(() => collateralOf(report, { 'sev-snp/Genoa/vcek-chain.pem': undefined })).toThrow('sev-snp/Genoa/vcek-chain.pem');
    expect(verdictOf(() => collateralOf(report, { 'sev-snp/Genoa/revocation-list.crl': undefined }))).toBe('COLLATERAL_CRL_MISSING');
    expect(verdictOf(() => collateralOf(report, { 'sev-snp/Genoa/revocation-list.crl': root.der }))).toBe('COLLATERAL_MALFORMED');
    expect(verdictOf(() => collateralOf(report, { 'sev-snp/Genoa/vcek-chain.pem': toPem(ask.der, 'CERTIFICATE') }))).toBe('COLLATERAL_MALFORMED');
    expect(verdictOf(() => collateralOf(report, {}, { at: new Date('2026-08-01T00:00:00Z') }))).toBe('COLLATERAL_CRL_EXPIRED');
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`sev-snp/vcek/x${String(i)}`, '']));
    expect(verdictOf(() => collateralOf(report, many))).toBe('COLLATERAL_MALFORMED');
  });

  it('says that a masked chip id is no good before it looks for certificates', () => {
    expect(verdictOf(() => collateralOf(createReport(vcek.privateKey, { chipId: new Uint8Array(64) })))).toBe('EVIDENCE_INVALID');
  });
});

describe('parseCertificateTable', () => {
  const table = certificateTable([['vcek', Uint8Array.of(1, 2)], ['unknown', Uint8Array.of(9)], ['ask', Uint8Array.of(3)]]);

  it('gives the certificates that it knows, and none of no bytes', () => {
    expect(parseCertificateTable(table)).toEqual({ vcek: Uint8Array.of(1, 2), ask: Uint8Array.of(3) });
    expect(parseCertificateTable(new Uint8Array(0))).toEqual({});
    expect(parseCertificateTable(new Uint8Array(24))).toEqual({});
  });

  it.each<[string, Uint8Array]>([
    ['a table without an end', table.subarray(0, 72)],
    ['an entry cut short', table.subarray(0, 30)],
    ['an entry that points behind the end', table.subarray(0, table.length - 1)],
    ['a certificate twice', certificateTable([['vcek', Uint8Array.of(1)], ['vcek', Uint8Array.of(2)]])],
    ['too many entries', certificateTable(Array.from({ length: 33 }, () => ['unknown', Uint8Array.of(1)] as const))],
    ['too many bytes', new Uint8Array(64 * 1024 + 1)],
  ])('refuses %s', (_, bytes) => {
    expect(verdictOf(() => parseCertificateTable(bytes))).toBe('COLLATERAL_MALFORMED');
  });

  it('gives certificates or COLLATERAL_MALFORMED, whatever comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(199), fc.nat(255), (bytes, at, value) => {
      const changed = Uint8Array.from(table);
      changed[at % table.length] = value;
      for (const candidate of [bytes, changed]) expect(['verified', 'COLLATERAL_MALFORMED']).toContain(verdictOf(() => parseCertificateTable(candidate)));
    }));
  });
});
