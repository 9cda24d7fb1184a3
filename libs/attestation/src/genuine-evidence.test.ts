import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSelvedgeError } from '@selvedge/errors';
import { parseDcapCollateral, type DcapCollateral } from './dcap/collateral.js';
import { INTEL_SGX_ROOT_CA_SHA256 } from './dcap/trust.js';
import { dcapClaims } from './dcap/verifier.js';
import { verifyDcapQuote } from './dcap/verify-quote.js';
import { snpClaims } from './sev-snp/verifier.js';
import { verifySnpReport, type SnpCollateral } from './sev-snp/verify-report.js';
import { verdictOf } from './testdata/verdict.js';

// Evidence made by real hardware and published by others; it lies beside the project and is not part of it.
const VECTORS = path.resolve(import.meta.dirname, '../../../../shared/vectors');
const isThere = existsSync(path.join(VECTORS, 'dcap/sgx_quote.bin'));
if (!isThere) process.stdout.write('skipped: genuine evidence of SGX, TDX and SEV-SNP is not at ../shared/vectors\n');

const read = (file: string): Uint8Array => new Uint8Array(readFileSync(path.join(VECTORS, file)));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Every byte is flipped in `npm run soak`; in an ordinary run one in so many, by chance which. The test fixtures, which know of soaks, depend on this package. */
const STRIDE = process.env.SELVEDGE_SOAK === '1' ? 1 : 8;

/** First and last position. */
type Range = readonly [number, number];

/** Positions whose flipped byte is accepted though it is in none of the ranges, or refused though it is in one; what is accepted must give the same claims. */
function misjudged(bytes: Uint8Array, good: string, claims: (changed: Uint8Array) => unknown, slack: readonly Range[] = []): number[] {
  const found: number[] = [];
  for (let at = randomInt(STRIDE); at < bytes.length; at += STRIDE) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] as number) ^ 0x01;
    let isAccepted = true;
    try {
      expect(JSON.stringify(claims(changed)), `byte ${String(at)}`).toBe(good);
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      isAccepted = false;
    }
    if (isAccepted !== slack.some(([first, last]) => first <= at && at <= last)) found.push(at);
  }
  return found;
}

describe.skipIf(!isThere).each([
  // The last byte of a chain is the line end of its PEM; behind the chain lies what is left of the quote's buffer.
  { kind: 'sgx', quoteSlack: [[4598, 4598]] as Range[], status: 'ConfigurationAndSWHardeningNeeded', advisoryIds: ['INTEL-SA-00289', 'INTEL-SA-00615'], fmspc: '00a067110000' },
  { kind: 'tdx', quoteSlack: [[4934, 4934], [4936, 5005]] as Range[], status: 'UpToDate', advisoryIds: [], fmspc: 'b0c06f000000' },
])('a genuine $kind quote', ({ kind, quoteSlack, status, advisoryIds, fmspc }) => {
  const quote = isThere ? read(`dcap/${kind}_quote.bin`) : new Uint8Array(0);
  const collateral = isThere ? parseDcapCollateral(read(`dcap/${kind}_quote_collateral.json`)) : (undefined as unknown as DcapCollateral);
  const trust = { rootSha256: [INTEL_SGX_ROOT_CA_SHA256] };
  const claims = (bytes = quote, beside = collateral, at = new Date('2025-07-01T00:00:00Z')) => dcapClaims(verifyDcapQuote(bytes, beside, trust, at));

  it('verifies at its time, with the claims that other verifiers report', () => {
    expect(claims()).toMatchObject({ teeType: kind, debug: false, migratable: false, tcb: { status, advisoryIds, evaluationDataNumber: 17 }, fields: { fmspc } });
    const measured = { sgx: ['mrEnclave', '33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb'], tdx: ['mrTd', '91eb2b44d141d4ece09f0c75c2c53d247a3c68edd7fafe8a3520c942a604a407de03ae6dc5f87f27428b2538873118b7'] }[kind as 'sgx' | 'tdx'];
    expect(claims().fields[measured[0] as string]).toBe(measured[1]);
  });

  it('is refused at other times', () => {
    expect(verdictOf(() => claims(quote, collateral, new Date('2025-06-01T00:00:00Z')))).toBe('COLLATERAL_CRL_EXPIRED');
    expect(verdictOf(() => claims(quote, collateral, new Date('2025-07-19T18:00:00Z')))).toMatch(/^COLLATERAL_(CRL_)?EXPIRED$/);
    expect(verdictOf(() => claims(quote, collateral, new Date('2035-01-01T00:00:00Z')))).toBe('EVIDENCE_INVALID');
  });

  it('is refused with any byte of quote, lists, statements, signatures or certificates flipped', { timeout: 400_000 }, () => {
    const good = JSON.stringify(claims());
    expect(misjudged(quote, good, (bytes) => claims(bytes), quoteSlack)).toEqual([]);
    expect(misjudged(collateral.rootCaCrl, good, (rootCaCrl) => claims(quote, { ...collateral, rootCaCrl }))).toEqual([]);
    expect(misjudged(collateral.pckCrl, good, (pckCrl) => claims(quote, { ...collateral, pckCrl }))).toEqual([]);
    for (const name of ['tcbInfo', 'qeIdentity'] as const) {
      const statement = collateral[name];
      const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
      expect(misjudged(statement.signature, good, (signature) => claims(quote, { ...collateral, [name]: { ...statement, signature } }))).toEqual([]);
      expect(misjudged(Buffer.from(statement.body), good, (bytes) => claims(quote, { ...collateral, [name]: { ...statement, body: text(bytes) } }))).toEqual([]);
      const lastLineEnd = statement.issuerChainPem.length - 1;
      expect(misjudged(Buffer.from(statement.issuerChainPem), good, (bytes) => claims(quote, { ...collateral, [name]: { ...statement, issuerChainPem: text(bytes) } }), [[lastLineEnd, lastLineEnd]])).toEqual([]);
    }
  });
});

describe.skipIf(!isThere)('a genuine SEV-SNP report', () => {
  const [signingKey, root] = isThere ? [...Buffer.from(read('sev-snp/milan_ask_ark.pem')).toString('latin1').matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)].map((found) => new Uint8Array(Buffer.from(found[1] as string, 'base64'))) : [];
  const report = isThere ? read('sev-snp/attestation.bin') : new Uint8Array(0);
  const collateral: SnpCollateral = { endorsementKey: isThere ? read('sev-snp/vcek.der') : new Uint8Array(0), signingKey: signingKey as Uint8Array, root: root as Uint8Array, revocationList: undefined };
  const at2023 = new Date('2023-01-01T00:00:00Z');
  // It was published without AMD's revocation list.
  const claims = (bytes = report, beside = collateral, at = at2023) => snpClaims(verifySnpReport(bytes, beside, { requireRevocationList: false }, at));

  it('verifies at its time', () => {
    const { measurement, debug, migratable, fields } = claims();
    expect(hex(measurement)).toBe('b07af9620f3b839b47996422ddec6058338951d984e312115131ea82705eaf5b6bdf8a9ece31a5a608eb0cf2e4872b01');
    expect({ debug, migratable }).toEqual({ debug: true, migratable: false });
    expect(fields).toMatchObject({ product: 'Milan', version: '2', vmpl: '0', signingKey: 'vcek', policy: '0xb0000', 'tcb.bootloader': '2', 'tcb.tee': '0', 'tcb.snp': '5', 'tcb.microcode': '68' });
  });

  it('is refused at other times, of another root, and without AMD’s revocation list unless that is asked for', () => {
    expect(verdictOf(() => claims(report, collateral, new Date('2022-09-01T00:00:00Z')))).toBe('EVIDENCE_INVALID');
    expect(verdictOf(() => claims(report, collateral, new Date('2030-01-01T00:00:00Z')))).toBe('EVIDENCE_INVALID');
    expect(verdictOf(() => verifySnpReport(report, collateral, { requireRevocationList: false, arkSha256: {} }, at2023))).toBe('EVIDENCE_INVALID');
    expect(verdictOf(() => verifySnpReport(report, collateral, {}, at2023))).toBe('COLLATERAL_CRL_MISSING');
    expect(verdictOf(() => verifySnpReport(report, { ...collateral, revocationList: collateral.root }, {}, at2023))).toBe('COLLATERAL_MALFORMED');
  });

  it('is refused with any byte of report or certificates flipped', { timeout: 400_000 }, () => {
    const good = JSON.stringify(claims());
    // Reserved bytes behind the signature.
    expect(misjudged(report, good, (bytes) => claims(bytes), [[816, 1183]])).toEqual([]);
    for (const name of ['endorsementKey', 'signingKey', 'root'] as const) expect(misjudged(collateral[name], good, (bytes) => claims(report, { ...collateral, [name]: bytes }))).toEqual([]);
  });
});
