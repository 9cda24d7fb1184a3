import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FAULTS, TD } from '../testdata/dcap-faults.js';
import { AT, authorities, createAuthority, createCollateral, createPck, createQuote, createRevocationList, partLevel, platformLevel, sgxReport, tcbInfo, tdReport, tdxTcbInfo, TRUST, type CollateralInput, type QuoteInput } from '../testdata/dcap-evidence.js';
import { verifyRevocationList } from '../revocation.js';
import { verifyIssuance } from './chain.js';
import { parseDcapCollateral } from './collateral.js';
import { parseDcapQuote } from './quote.js';
import { dcapClaims } from './verifier.js';
import { verifyDcapQuote } from './verify-quote.js';
import { verdictOf } from '../testdata/verdict.js';

const { root, pckCa } = authorities;
const encoded = (collateral: Record<string, string>): Uint8Array => Buffer.from(JSON.stringify(collateral));
const verify = (quote: QuoteInput = {}, collateral: CollateralInput = {}, at = AT) => verifyDcapQuote(createQuote(quote), parseDcapCollateral(encoded(createCollateral(collateral))), TRUST, at);
describe('verifyDcapQuote', () => {
  it('gives the claims of an SGX quote of each version', () => {
    for (const version of [3, 4, 5] as const) {
      const claims = dcapClaims(verify({ version }));
      expect(claims).toMatchObject({ teeType: 'sgx', debug: false, tcb: { status: 'UpToDate', advisoryIds: [], evaluationDataNumber: 20 } });
      expect(Buffer.from(claims.measurement).toString('hex')).toBe('e1'.repeat(32));
    }
  });

  it('gives the claims of a TDX quote of each version and body', () => {
    for (const quote of [{ version: 4, body: tdReport() }, { version: 5, body: tdReport() }, { version: 5, body: tdReport({ mrServiceTd: '00'.repeat(48) }) }] as const) {
      expect(dcapClaims(verify(quote, TD))).toMatchObject({ teeType: 'tdx', debug: false, tcb: { status: 'UpToDate' }, fields: { mrTd: 'd1'.repeat(48) } });
    }
  });

  it('tells TDs apart that were built or configured differently', () => {
    const measure = (at: number): string => {
      const body = tdReport();
      body[at] = 0x77;
      return Buffer.from(dcapClaims(verify({ body }, TD)).measurement).toString('hex');
    };
    // MRTD, MRCONFIGID, MROWNER, MROWNERCONFIG, RTMR0 to 3.
    const measured = [136, 184, 232, 280, 328, 376, 424, 472].map(measure);
    expect(new Set(measured).size).toBe(measured.length);
    // A byte of the report data is no part of it.
    expect(measure(520)).toBe(measure(521));
  });

  it('takes the PCK chain from the collateral when the quote has none', () => {
    const pck = createPck();
    expect(verdictOf(() => verify({ pck, withoutChain: true }, { pckChain: [pck, pckCa, root] }))).toBe('verified');
    expect(verdictOf(() => verify({ pck, withoutChain: true }))).toBe('EVIDENCE_MALFORMED');
  });

  it('says of a debuggable enclave or TD that it is', () => {
    expect(dcapClaims(verify({ body: sgxReport({ attributes: '1300000000000000e700000000000000' }) })).debug).toBe(true);
    expect(dcapClaims(verify({ body: tdReport({ tdAttributes: '0100001000000000' }) }, TD)).debug).toBe(true);
  });

  it.each([...FAULTS])('refuses %s', (_, quote, collateral, expected, at) => {
    expect(verdictOf(() => verify(quote, collateral, at))).toBe(expected);
  });

  it('refuses a chain with more authorities than its root allows', () => {
    const verifyUnder = (pathLength: number): string => {
      const own = createAuthority('Test SGX Root CA', undefined, { pathLength });
      const authority = createAuthority('Test SGX PCK Platform CA', own);
      return verdictOf(() => {
        verifyIssuance([createPck({}, authority).certificate, authority.certificate, own.certificate], AT, 'chain');
      });
    };
    expect(verifyUnder(1)).toBe('verified');
    expect(verifyUnder(0)).toBe('EVIDENCE_INVALID');
  });

  it('refuses a revocation list of an authority that may not sign any', () => {
    const authority = createAuthority('Test SGX PCK Platform CA', root, { maySignLists: false });
    expect(verdictOf(() => verifyRevocationList(createRevocationList(authority), authority.certificate, AT, 'list'))).toBe('COLLATERAL_CRL_INVALID');
  });

  it('refuses a revoked PCK', () => {
    const pck = createPck();
    expect(verdictOf(() => verify({ pck }, { pckCrl: createRevocationList(pckCa, { revoked: [root.certificate, pck.certificate] }) }))).toBe('EVIDENCE_REVOKED');
  });

  it('gives the status of the first level that is reached in everything, converged with the parts’', () => {
    const status = (quote: QuoteInput, collateral: CollateralInput = {}): unknown => verify(quote, collateral).tcb;
    const old = createPck({ components: [4, ...Array.from({ length: 15 }, () => 9)] });
    expect(status({ pck: old })).toMatchObject({ status: 'OutOfDate', advisoryIds: ['INTEL-SA-00001'] });
    expect(status({ qe: { isvSvn: 7 } })).toMatchObject({ status: 'OutOfDate', advisoryIds: ['INTEL-SA-00002'] });
    const needs = (word: string): CollateralInput => ({ tcb: tcbInfo({ tcbLevels: [platformLevel(word, 5)] }) });
    expect(status({ qe: { isvSvn: 7 } }, needs('ConfigurationNeeded'))).toMatchObject({ status: 'OutOfDateConfigurationNeeded' });
    expect(status({ qe: { isvSvn: 7 } }, needs('SWHardeningNeeded'))).toMatchObject({ status: 'OutOfDate' });
    expect(status({}, needs('ConfigurationAndSWHardeningNeeded'))).toMatchObject({ status: 'ConfigurationAndSWHardeningNeeded' });
    expect(status({ body: tdReport({ teeTcbSvn: '03010500000000000000000000000000' }) }, TD)).toMatchObject({ status: 'OutOfDate' });
    expect(status({ body: tdReport({ teeTcbSvn: '06000500000000000000000000000000' }) }, TD)).toMatchObject({ status: 'UpToDate' });
    expect(verdictOf(() => verify({ body: tdReport() }, { ...TD, tcb: tdxTcbInfo({ tdxModuleIdentities: [{ id: 'TDX_01', mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8), tcbLevels: [partLevel('Revoked', 0)] }] }) }))).toBe('TCB_REVOKED');
  });
});

describe('hostile bytes', () => {
  const quote = createQuote();

  it('give EVIDENCE_MALFORMED when a quote is cut anywhere, too long, or of another kind', () => {
    for (let length = 0; length < quote.length; length += 7) expect(verdictOf(() => parseDcapQuote(quote.subarray(0, length)))).toBe('EVIDENCE_MALFORMED');
    expect(verdictOf(() => parseDcapQuote(new Uint8Array(33 * 1024)))).toBe('EVIDENCE_MALFORMED');
    for (const [at, value] of [[0, 2], [0, 6], [2, 3], [4, 0x80], [12, 0]] as const) {
      const changed = Uint8Array.from(quote);
      changed[at] = value;
      expect(verdictOf(() => parseDcapQuote(changed)), String(at)).toBe('EVIDENCE_MALFORMED');
    }
  });

  it('give a stable code or a quote, whatever comes behind a good header', () => {
    fc.assert(
      fc.property(fc.nat({ max: quote.length - 1 }), fc.uint8Array({ maxLength: 64 }), (at, bytes) => {
        const changed = Uint8Array.from(quote);
        changed.set(bytes.subarray(0, changed.length - at), at);
        expect(['verified', 'EVIDENCE_MALFORMED']).toContain(verdictOf(() => parseDcapQuote(changed)));
      }),
    );
  });

  it('give COLLATERAL_MALFORMED as collateral', () => {
    const good = createCollateral();
    const parse = (bytes: Uint8Array): string => verdictOf(() => parseDcapCollateral(bytes));
    expect(parse(encoded(good))).toBe('verified');
    for (const bytes of [new Uint8Array(0), Buffer.from('[]'), Buffer.from('{"tcb_info":1}'), new Uint8Array(2 * 1024 * 1024), Buffer.of(0xff, 0xfe), encoded({ ...good, pck_crl: 'zz' }), encoded({ ...good, pck_crl: 'abc' })]) {
      expect(parse(bytes)).toBe('COLLATERAL_MALFORMED');
    }
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parse(Buffer.from(text))).toBe('COLLATERAL_MALFORMED');
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['something between certificates', 'x'],
    ['four certificates', [pckCa, pckCa, pckCa, root]],
    ['one certificate', [root]],
  ])('give EVIDENCE_MALFORMED as a chain: %s', (_, chain) => {
    const collateral = createCollateral();
    const pem = typeof chain === 'string' ? `${chain}${chain === '' ? '' : (collateral.tcb_info_issuer_chain ?? '')}` : (createCollateral({ statementChain: chain }).tcb_info_issuer_chain ?? '');
    expect(verdictOf(() => verifyDcapQuote(quote, parseDcapCollateral(encoded({ ...collateral, tcb_info_issuer_chain: pem })), TRUST, AT))).toBe('EVIDENCE_MALFORMED');
  });
});
