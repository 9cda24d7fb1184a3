import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { toPem } from '@selvedge/identity';
import { parseDcapCollateral } from '../dcap/collateral.js';
import { INTEL_SGX_ROOT_CA_SHA256 } from '../dcap/trust.js';
import { verifyDcapQuote } from '../dcap/verify-quote.js';
import { dcapFiles, makeFolder } from '../testdata/collateral-folder.js';
import { AT, authorities, createAuthority, createCollateral, createPck, createQuote, createRevocationList, FMSPC, tdQeIdentity, tdReport, tdxTcbInfo, TRUST } from '../testdata/dcap-evidence.js';
import { verdictOf } from '../testdata/verdict.js';
import { createCollateralFolder } from './folder.js';
import { readPcsAnswer } from './pcs-answer.js';

const PROCESSOR = { fmspc: FMSPC, authority: 'processor' } as const;
const folders: string[] = [];
const folderOf = (files: Readonly<Record<string, Uint8Array | string>>): string => {
  const folder = makeFolder(files);
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const pckCa = createAuthority('Intel SGX PCK Processor CA', authorities.root);
const pck = createPck({}, pckCa);
const quote = createQuote({ pck, pckIssuers: [pckCa, authorities.root] });
const files = dcapFiles(createCollateral({ pckCrl: createRevocationList(pckCa) }), 'sgx', PROCESSOR);
const collateralOf = (changed: Readonly<Record<string, Uint8Array | string | undefined>> = {}, at = AT, bytes = quote): Uint8Array[] => {
  const present = Object.fromEntries(Object.entries({ ...files, ...changed }).filter((entry): entry is [string, Uint8Array | string] => entry[1] !== undefined));
  return createCollateralFolder(folderOf(present)).collateralOf('sgx', bytes, { at });
};
const after = (name: string): string => verdictOf(() => collateralOf({ [name]: undefined }));
const TCB_INFO = `dcap/sgx/tcb-info-${FMSPC}.json`;

describe('a folder of collateral, for Intel', () => {
  it('gives what the verifier needs, as evidence carries it', () => {
    const [json] = collateralOf();
    expect(verifyDcapQuote(quote, parseDcapCollateral(json as Uint8Array), TRUST, AT).tcb.status).toBe('UpToDate');
    const pem = { 'dcap/root-ca.crl': toPem(files['dcap/root-ca.crl'] as Uint8Array, 'X509 CRL') };
    expect(collateralOf(pem)).toEqual([json]);
  });

  it('gives the collateral of TDX, and a chain for quotes that have none', () => {
    const td = createQuote({ body: tdReport(), pck, pckIssuers: [pckCa, authorities.root], withoutChain: true });
    const chain = [pck, pckCa, authorities.root].map(({ certificate }) => certificate.toString()).join('');
    const tdx = dcapFiles(createCollateral({ pckCrl: createRevocationList(pckCa), tcb: tdxTcbInfo(), qe: tdQeIdentity() }), 'tdx', PROCESSOR);
    const [json] = createCollateralFolder(folderOf({ ...tdx, 'dcap/pck-chain.pem': chain })).collateralOf('tdx', td, { at: AT });
    expect(verifyDcapQuote(td, parseDcapCollateral(json as Uint8Array), TRUST, AT).tcb.status).toBe('UpToDate');
    expect(verdictOf(() => createCollateralFolder(folderOf(tdx)).collateralOf('tdx', td, { at: AT }))).toBe('COLLATERAL_MISSING');
  });

  it('names what is missing', () => {
    expect(after('dcap/root-ca.crl')).toBe('COLLATERAL_CRL_MISSING');
    expect(after('dcap/pck-processor.crl')).toBe('COLLATERAL_CRL_MISSING');
    for (const name of [TCB_INFO, 'dcap/sgx/qe-identity.json', 'dcap/tcb-signing-chain.pem']) expect(after(name)).toBe('COLLATERAL_MISSING');
    expect(() => collateralOf({ [TCB_INFO]: undefined })).toThrow(TCB_INFO);
    expect(verdictOf(() => createCollateralFolder('/nonexistent').collateralOf('sgx', quote, { at: AT }))).toBe('COLLATERAL_MISSING');
  });

  it('refuses what is stale, by codes of their own, at the time that it is given', () => {
    const late = new Date('2026-08-01T00:00:00Z');
    const fresh = { 'dcap/root-ca.crl': createRevocationList(authorities.root, { to: new Date('2030-01-01T00:00:00Z') }), 'dcap/pck-processor.crl': createRevocationList(pckCa, { to: new Date('2030-01-01T00:00:00Z') }) };
    expect(verdictOf(() => collateralOf({}, late))).toBe('COLLATERAL_CRL_EXPIRED');
    expect(verdictOf(() => collateralOf(fresh, late))).toBe('COLLATERAL_EXPIRED');
    expect(() => collateralOf(fresh, late)).toThrow(/expired at 2026-/);
  });

  it('reads files anew, so that fresh ones count at once', () => {
    const folder = folderOf({ ...files, 'dcap/root-ca.crl': createRevocationList(authorities.root, { to: new Date('2026-05-20T00:00:00Z') }) });
    const source = createCollateralFolder(folder);
    expect(verdictOf(() => source.collateralOf('sgx', quote, { at: AT }))).toBe('COLLATERAL_CRL_EXPIRED');
    writeFileSync(path.join(folder, 'dcap/root-ca.crl'), files['dcap/root-ca.crl'] as Uint8Array);
    expect(verdictOf(() => source.collateralOf('sgx', quote, { at: AT }))).toBe('verified');
  });

  it.each<[string, string, Uint8Array | string, string]>([
    ['a list that is none', 'dcap/root-ca.crl', 'nonsense', 'COLLATERAL_MALFORMED'],
    ['a list in broken PEM', 'dcap/root-ca.crl', '-----BEGIN X509 CRL-----\nAA', 'COLLATERAL_MALFORMED'],
    ['TCB info without its signature', TCB_INFO, '{"tcbInfo":{}}', 'COLLATERAL_MALFORMED'],
    ['TCB info without a period', TCB_INFO, `{"tcbInfo":{},"signature":"${'00'.repeat(64)}"}`, 'COLLATERAL_MALFORMED'],
    ['TCB info in place of the QE identity', 'dcap/sgx/qe-identity.json', files[TCB_INFO] as string, 'COLLATERAL_MALFORMED'],
    ['TCB info that is no JSON', TCB_INFO, `{"tcbInfo":{"a"},"signature":"${'00'.repeat(64)}"}`, 'COLLATERAL_MALFORMED'],
    ['an empty file', TCB_INFO, '', 'COLLATERAL_MALFORMED'],
  ])('refuses %s', (_, name, content, code) => {
    expect(verdictOf(() => collateralOf({ [name]: content }))).toBe(code);
  });

  it('refuses a file too large, by its size', () => {
    expect(() => collateralOf({ 'dcap/root-ca.crl': Buffer.alloc(512 * 1024 + 1) })).toThrow('dcap/root-ca.crl: more than 524288 bytes');
  });

  it('refuses a folder where a file should be, quotes that are none, authorities it does not know, and other TEEs', () => {
    expect(verdictOf(() => createCollateralFolder(folderOf({ ...Object.fromEntries(Object.entries(files).filter(([name]) => name !== TCB_INFO)), [`${TCB_INFO}/x`]: '' })).collateralOf('sgx', quote, { at: AT }))).toBe('COLLATERAL_MALFORMED');
    expect(verdictOf(() => collateralOf({}, AT, new Uint8Array(10)))).toBe('EVIDENCE_MALFORMED');
    const other = createAuthority('Some CA', authorities.root);
    expect(verdictOf(() => collateralOf({}, AT, createQuote({ pck: createPck({}, other), pckIssuers: [other, authorities.root] })))).toBe('EVIDENCE_MALFORMED');
    expect(verdictOf(() => createCollateralFolder(folderOf(files)).collateralOf('simulated', quote, { at: AT }))).toBe('EVIDENCE_MALFORMED');
  });
});

describe('readPcsAnswer', () => {
  it('gives the body exactly as signed, or a code, whatever comes', () => {
    const body = '{ "nextUpdate": "2027-01-01T00:00:00Z", "x": [1, {"y":"}"}] }';
    const of = { file: 'f', field: 'tcbInfo', at: AT };
    expect(readPcsAnswer(Buffer.from(`{"tcbInfo":${body},"signature":"${'ab'.repeat(64)}"}`), of).body).toBe(body);
    const around = fc.tuple(fc.constantFrom('', '{', '{"tcbInfo":', `{"tcbInfo":${body}`), fc.string({ maxLength: 60 }), fc.constantFrom('', `,"signature":"${'ab'.repeat(64)}"}`, '}')).map((parts) => parts.join(''));
    fc.assert(fc.property(around, (text) => {
      expect(['verified', 'COLLATERAL_MALFORMED', 'COLLATERAL_EXPIRED']).toContain(verdictOf(() => readPcsAnswer(Buffer.from(text), of)));
    }));
  });
});

const VECTORS = path.resolve(import.meta.dirname, '../../../../../shared/vectors/dcap');
const isThere = existsSync(path.join(VECTORS, 'sgx_quote.bin'));
if (!isThere) process.stdout.write('skipped: a folder of genuine collateral, as it is not at ../shared/vectors\n');

describe.skipIf(!isThere).each([
  { kind: 'sgx', fmspc: '00a067110000' },
  { kind: 'tdx', fmspc: 'b0c06f000000' },
] as const)('a folder of genuine collateral of $kind', ({ kind, fmspc }) => {
  it('lets the genuine quote verify', () => {
    const genuine = new Uint8Array(readFileSync(path.join(VECTORS, `${kind}_quote.bin`)));
    const json = JSON.parse(readFileSync(path.join(VECTORS, `${kind}_quote_collateral.json`), 'utf8')) as Record<string, string>;
    const at = new Date('2025-07-01T00:00:00Z');
    const of = { fmspc, authority: authorityOf(genuine) };
    const [collateral] = createCollateralFolder(folderOf(dcapFiles(json, kind, of))).collateralOf(kind, genuine, { at });
    expect(verifyDcapQuote(genuine, parseDcapCollateral(collateral as Uint8Array), { rootSha256: [INTEL_SGX_ROOT_CA_SHA256] }, at).body.kind).toBe(kind);
    expect(verdictOf(() => createCollateralFolder(folderOf(dcapFiles(json, kind, of))).collateralOf(kind, genuine, { at: new Date('2026-01-01T00:00:00Z') }))).toBe('COLLATERAL_CRL_EXPIRED');
  });
});

/** Which of Intel's authorities issued a quote's certificate. */
function authorityOf(quoteBytes: Uint8Array): 'processor' | 'platform' {
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(Buffer.from(quoteBytes).toString('latin1'))?.[0] ?? '';
  return Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64').toString('latin1').includes('Processor CA') ? 'processor' : 'platform';
}
