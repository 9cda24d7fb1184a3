import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AT, createCollateral, createQuote, tdReport } from './testdata/dcap-evidence.js';
import { createReport } from './testdata/snp-evidence.js';
import { readEvidence, verifyStoredEvidence } from './stored-evidence.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('readEvidence', () => {
  it('tells the kinds of evidence apart', () => {
    expect(readEvidence(createQuote())).toMatchObject({ teeType: 'sgx', version: 3, fields: { mrEnclave: 'e1'.repeat(32) } });
    expect(readEvidence(createQuote({ version: 5, body: tdReport() }))).toMatchObject({ teeType: 'tdx', version: 5, fields: { mrTd: 'd1'.repeat(48) } });
    expect(readEvidence(createReport(privateKey))).toMatchObject({ teeType: 'sev-snp', version: 5, fields: { vmpl: '0', signingKey: 'vcek' } });
    expect(() => readEvidence(Buffer.from('not evidence'))).toThrow(refusal('EVIDENCE_MALFORMED'));
  });
});

describe('verifyStoredEvidence', () => {
  const json = Buffer.from(JSON.stringify(createCollateral()));

  it('takes the vendors’ roots and no others', () => {
    expect(() => verifyStoredEvidence({ quote: createQuote(), collateral: [json], at: AT })).toThrow(/vendor’s root/);
    expect(() => verifyStoredEvidence({ quote: createReport(privateKey), collateral: [json, json, json], at: AT })).toThrow(refusal('COLLATERAL_MALFORMED'));
  });

  it('says how many pieces of collateral it wants', () => {
    expect(() => verifyStoredEvidence({ quote: createQuote(), collateral: [], at: AT })).toThrow(/0 pieces beside a DCAP quote/);
    expect(() => verifyStoredEvidence({ quote: createQuote(), collateral: [json, json], at: AT })).toThrow(/2 pieces/);
    expect(() => verifyStoredEvidence({ quote: createReport(privateKey), collateral: [json], at: AT })).toThrow(/1 pieces beside a SEV-SNP report/);
  });
});
