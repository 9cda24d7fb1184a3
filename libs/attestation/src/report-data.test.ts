import { describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { computeReportData } from './report-data.js';
import { createBinding } from './testdata/setting.js';
import type { ReportDataInput } from './types.js';

const changes: Partial<ReportDataInput>[] = [
  { role: 'key-broker' },
  { nonce: new Uint8Array(32).fill(9) },
  { ephemeralKey: new Uint8Array(65).fill(9) },
  { signingKey: new Uint8Array(91).fill(9) },
  { profileDigest: new Uint8Array(32).fill(9) },
  { statementDigest: new Uint8Array(32).fill(9) },
];

describe('computeReportData', () => {
  it('is 64 bytes and the same for the same input', () => {
    expect(computeReportData(createBinding())).toHaveLength(64);
    expect(toHex(computeReportData(createBinding()))).toBe(toHex(computeReportData(createBinding())));
  });

  it.each(changes)('depends on every input: %o', (change) => {
    expect(toHex(computeReportData(createBinding(change)))).not.toBe(toHex(computeReportData(createBinding())));
  });

  it('does not confuse a byte moved from one input to the next', () => {
    const a = computeReportData(createBinding({ ephemeralKey: Buffer.of(1, 2), signingKey: Buffer.of(3) }));
    const b = computeReportData(createBinding({ ephemeralKey: Buffer.of(1), signingKey: Buffer.of(2, 3) }));
    expect(toHex(a)).not.toBe(toHex(b));
  });

  it.each<Partial<ReportDataInput>>([
    { nonce: new Uint8Array(0) },
    { nonce: new Uint8Array(31) },
    { profileDigest: new Uint8Array(0) },
    { statementDigest: new Uint8Array(0) },
    { ephemeralKey: new Uint8Array(0) },
    { signingKey: new Uint8Array(0) },
  ])('refuses an input that binds nothing: %o', (change) => {
    expect(() => computeReportData(createBinding(change))).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
