import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readSnpTcb } from './product.js';
import { isDebugGuest, isMigratableGuest, parseSnpReport, SNP_REPORT_BYTES } from './report.js';

function createReport(over: { version?: number; policy?: bigint; algorithm?: number; keyInfo?: number } = {}): Buffer {
  const report = Buffer.alloc(SNP_REPORT_BYTES);
  report.writeUInt32LE(over.version ?? 5, 0);
  report.writeBigUInt64LE(over.policy ?? 0x30000n, 8);
  report.writeUInt32LE(over.algorithm ?? 1, 0x34);
  report.writeUInt32LE(over.keyInfo ?? 0, 0x48);
  return report;
}

const malformed = expect.objectContaining({ code: 'EVIDENCE_MALFORMED' }) as Error;

describe('parseSnpReport', () => {
  it('reads versions 2 to 5, debugging, migration and the signing key', () => {
    for (const version of [2, 3, 4, 5]) expect(parseSnpReport(createReport({ version })).version).toBe(version);
    expect(isDebugGuest(parseSnpReport(createReport()))).toBe(false);
    expect(isDebugGuest(parseSnpReport(createReport({ policy: 0xa0000n })))).toBe(true);
    expect(isMigratableGuest(parseSnpReport(createReport({ policy: 0x60000n })))).toBe(true);
    expect(parseSnpReport(createReport({ keyInfo: 1 << 2 })).signingKey).toBe('vlek');
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a report cut short', createReport().subarray(1)],
    ['a report with more behind it', Buffer.concat([createReport(), Buffer.alloc(1)])],
    ['version 1', createReport({ version: 1 })],
    ['version 6', createReport({ version: 6 })],
    ['another signature algorithm', createReport({ algorithm: 2 })],
    ['a policy without its fixed bit', createReport({ policy: 0x10000n })],
    ['a policy with undefined bits', createReport({ policy: 0x20000n | (1n << 40n) })],
    ['a report that no key signed', createReport({ keyInfo: 7 << 2 })],
    ['a signature scalar that is too long', Buffer.concat([createReport().subarray(0, 0x2a0 + 60), Buffer.of(1), createReport().subarray(0x2a0 + 61)])],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseSnpReport(bytes)).toThrow(malformed);
  });

  it('gives a report or EVIDENCE_MALFORMED, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1180, maxLength: 1188 }), (bytes) => {
        try {
          expect(parseSnpReport(bytes).chipId).toHaveLength(64);
        } catch (error) {
          expect(error).toMatchObject({ code: 'EVIDENCE_MALFORMED' });
        }
      }),
    );
  });
});

describe('readSnpTcb', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  it('knows where each product keeps its levels', () => {
    expect(readSnpTcb('Milan', bytes)).toEqual({ fmc: 0, bootloader: 1, tee: 2, snp: 7, microcode: 8 });
    expect(readSnpTcb('Genoa', bytes)).toEqual({ fmc: 0, bootloader: 1, tee: 2, snp: 7, microcode: 8 });
    expect(readSnpTcb('Turin', bytes)).toEqual({ fmc: 1, bootloader: 2, tee: 3, snp: 4, microcode: 8 });
  });
});
