import { beforeAll, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { EvidenceSchema } from '@selvedge/protocol';
import { computeReportData } from '../report-data.js';
import { createBinding } from '../testdata/setting.js';
import { AT, CHIP_ID, collateralOf, createEndorsementKey, createReport, createSnpAuthority, createSnpRevocationList, pinOf, type EndorsementKeyPair, type ReportInput, type SnpAuthority } from '../testdata/snp-evidence.js';
import { createSevSnpVerifier } from './verifier.js';
import { verifySnpReport, type SnpCollateral, type SnpTrust } from './verify-report.js';
import { verdictOf } from '../testdata/verdict.js';

let root: SnpAuthority;
let ask: SnpAuthority;
let vcek: EndorsementKeyPair;
let list: Uint8Array;
let trust: SnpTrust;
let good: SnpCollateral;

const TURIN_ID = new Uint8Array(64).fill(0xc1, 0, 8);
const verdict = (report: ReportInput = {}, collateral: Partial<SnpCollateral> = {}, key = vcek, at = AT): string => verdictOf(() => verifySnpReport(createReport(key.privateKey, report), { ...good, endorsementKey: key.der, ...collateral }, trust, at));

beforeAll(async () => {
  root = await createSnpAuthority('ARK-Test');
  ask = await createSnpAuthority('SEV-Test', root, '0a');
  vcek = await createEndorsementKey(ask);
  list = await createSnpRevocationList(root, []);
  trust = { arkSha256: { Milan: pinOf(root), Genoa: pinOf(root), Turin: pinOf(root) } };
  good = collateralOf(vcek, ask, root, list);
});

describe('verifySnpReport', () => {
  it('verifies a chain of RSASSA-PSS above a P-384 key, with a VCEK or a VLEK', async () => {
    expect(verdict()).toBe('verified');
    const vlek = await createEndorsementKey(ask, { kind: 'vlek', productName: 'Genoa' });
    expect(verdict({ signingKey: 'vlek' }, {}, vlek)).toBe('verified');
    expect(verdict({ signingKey: 'vcek' }, {}, vlek)).toBe('COLLATERAL_MISMATCH');
    expect(verdict({ signingKey: 'vlek' })).toBe('COLLATERAL_MISMATCH');
  });

  it('reads Turin’s own order of levels and its short chip ids', async () => {
    const key = await createEndorsementKey(ask, { productName: 'Turin-B1', hwId: TURIN_ID.slice(0, 8) });
    expect(verdict({ product: 'Turin', chipId: TURIN_ID }, {}, key)).toBe('verified');
    expect(verdict({ product: 'Genoa', chipId: TURIN_ID }, {}, key)).toBe('COLLATERAL_MISMATCH');
    expect(verdict({ product: 'Turin', chipId: CHIP_ID }, {}, key)).toBe('COLLATERAL_MISMATCH');
    expect(verdict({ product: 'Turin', chipId: TURIN_ID }, {}, await createEndorsementKey(ask, { productName: 'Turin-B1', hwId: TURIN_ID.slice(0, 8), withoutLevel: '3.9' }))).toBe('EVIDENCE_INVALID');
  });

  it('refuses a certificate of another chip or of another TCB, and a masked chip', () => {
    expect(verdict({ chipId: new Uint8Array(64).fill(0xc2) })).toBe('COLLATERAL_MISMATCH');
    expect(verdict({ chipId: new Uint8Array(64) })).toBe('EVIDENCE_INVALID');
    for (const tcb of [{ bootloader: 3 }, { tee: 1 }, { snp: 21 }, { microcode: 212 }]) expect(verdict({ tcb })).toBe('COLLATERAL_MISMATCH');
  });

  it('refuses what another key signed, at every step', async () => {
    const stranger = await createSnpAuthority('ARK-Test');
    const strangersAsk = await createSnpAuthority('SEV-Test', stranger, '0a');
    expect(verdictOf(() => verifySnpReport(createReport(vcek.privateKey), { ...good, root: stranger.der }, trust, AT))).toBe('EVIDENCE_INVALID');
    expect(verdict({}, { signingKey: strangersAsk.der })).toBe('EVIDENCE_INVALID');
    const strangersKey = await createEndorsementKey(strangersAsk);
    expect(verdict({}, {}, strangersKey)).toBe('EVIDENCE_INVALID');
    // All below AMD's root is the stranger's, and fits together.
    expect(verdict({}, { signingKey: strangersAsk.der }, strangersKey)).toBe('EVIDENCE_INVALID');
    const other = await createEndorsementKey(ask);
    expect(verdict({}, { endorsementKey: vcek.der }, other)).toBe('EVIDENCE_INVALID');
    // The leaf is no authority.
    expect(verdict({}, { signingKey: vcek.der })).toBe('EVIDENCE_INVALID');
  });

  it('refuses other products, levels out of range, and certificates without AMD’s extensions', async () => {
    expect(verdict({}, {}, await createEndorsementKey(ask, { productName: 'Rome-B0' }))).toBe('EVIDENCE_INVALID');
    expect(verdict({}, {}, await createEndorsementKey(ask, { withoutLevel: '3.3' }))).toBe('EVIDENCE_INVALID');
    expect(verdictOf(() => verifySnpReport(createReport(vcek.privateKey), good, { ...trust, arkSha256: { Milan: pinOf(root) } }, AT))).toBe('EVIDENCE_INVALID');
    expect(verdict({}, { endorsementKey: ask.der })).toBe('EVIDENCE_INVALID');
    for (const endorsementKey of [new Uint8Array(0), new Uint8Array(20_000), vcek.der.subarray(1)]) expect(verdict({}, { endorsementKey })).toBe('COLLATERAL_MALFORMED');
  });

  it('refuses outside the certificates’ time', () => {
    expect(verdict({}, {}, vcek, new Date('2026-04-01T00:00:00Z'))).toBe('EVIDENCE_INVALID');
    expect(verdict({}, {}, vcek, new Date('2026-08-01T00:00:00Z'))).toBe('EVIDENCE_INVALID');
  });

  it('heeds AMD’s revocation list', async () => {
    expect(verdict({}, { revocationList: await createSnpRevocationList(root, ['0a']) })).toBe('EVIDENCE_REVOKED');
    expect(verdict({}, { revocationList: undefined })).toBe('COLLATERAL_CRL_MISSING');
    expect(verdict({}, { revocationList: await createSnpRevocationList(root, [], new Date('2026-05-20T00:00:00Z')) })).toBe('COLLATERAL_CRL_EXPIRED');
    expect(verdict({}, { revocationList: await createSnpRevocationList(ask, []) })).toBe('COLLATERAL_CRL_WRONG_ISSUER');
    expect(verdict({}, { revocationList: await createSnpRevocationList(await createSnpAuthority('ARK-Test'), []) })).toBe('COLLATERAL_CRL_INVALID');
  });
});

describe('the verifier of SEV-SNP evidence', () => {
  const binding = createBinding();
  const evidenceOf = (reportData: Uint8Array, collateral: readonly Uint8Array[], teeType = 'sev-snp') => create(EvidenceSchema, { teeType, quote: createReport(vcek.privateKey, { reportData }), collateral: [...collateral] });
  const whole = (): Uint8Array[] => [good.endorsementKey, good.signingKey, good.root, list];

  it('gives claims when the report data is bound, and EVIDENCE_UNBOUND when it is not', () => {
    const verifier = createSevSnpVerifier(trust);
    const claims = verifier.verifyEvidence(evidenceOf(computeReportData(binding), whole()), binding, { at: AT });
    expect(claims).toMatchObject({ teeType: 'sev-snp', debug: false, migratable: false, fields: { product: 'Genoa', 'tcb.snp': '22' } });
    expect(claims.platformId).toHaveLength(32);
    expect(verdictOf(() => verifier.verifyEvidence(evidenceOf(new Uint8Array(64), whole()), binding, { at: AT }))).toBe('EVIDENCE_UNBOUND');
  });

  it('refuses evidence of another type and other numbers of certificates', () => {
    const verifier = createSevSnpVerifier(trust);
    const refused = (collateral: readonly Uint8Array[], teeType?: string): string => verdictOf(() => verifier.verifyEvidence(evidenceOf(computeReportData(binding), collateral, teeType), binding, { at: AT }));
    expect(refused(whole(), 'sgx')).toBe('EVIDENCE_MALFORMED');
    expect(refused(whole().slice(0, 2))).toBe('COLLATERAL_MALFORMED');
    expect(refused([...whole(), list])).toBe('COLLATERAL_MALFORMED');
    expect(refused(whole().slice(0, 3))).toBe('COLLATERAL_CRL_MISSING');
  });
});
