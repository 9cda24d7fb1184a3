import fc from 'fast-check';
import { isSelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, SignedViewSchema, ViewBodySchema } from '@selvedge/protocol';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { parseView } from './parse-view.js';

const write = { ownerSet: 'o', dataset: 'd', datasetTag: new Uint8Array(32), ledgerKey: new Uint8Array(32), packetHash: new Uint8Array(32) };
const transaction = (value: Record<string, unknown>) => ({ question: { case: 'transaction' as const, value: { txId: new Uint8Array(32), writes: [write], sealedEvent: new Uint8Array(0), ...value } } });
const encode = (body: MessageInitShape<typeof ViewBodySchema>, signature = new Uint8Array(70)): Uint8Array =>
  encodeMessage(SignedViewSchema, { body: encodeMessage(ViewBodySchema, { nonce: new Uint8Array(24), contract: 'c', question: { case: 'key', value: { dataset: '', key: 'k' } }, ...body }), signature });
const codeOf = (bytes: Uint8Array): string => {
  try {
    parseView(bytes);
    return 'parsed';
  } catch (error) {
    if (isSelvedgeError(error)) return error.code;
    throw error;
  }
};

describe('a question of hostile bytes', () => {
  it('is one of three, whole and within its limits', () => {
    expect(codeOf(encode({}))).toBe('parsed');
    expect(codeOf(encode(transaction({})))).toBe('parsed');
    expect(codeOf(encode(transaction({ writes: [{ ...write, packetHash: new Uint8Array(0) }] })))).toBe('parsed');
    expect(codeOf(encode({ question: { case: undefined } }))).toBe('MALFORMED_MESSAGE');
  });

  it.each<[string, Uint8Array, string]>([
    ['a nonce of another length', encode({ nonce: new Uint8Array(23) }), 'MALFORMED_MESSAGE'],
    ['a huge identity', encode({ reader: new Uint8Array(LIMITS.maxCreatorBytes + 1) }), 'LIMIT_EXCEEDED'],
    ['a huge key to answer to', encode({ readerKey: new Uint8Array(257) }), 'LIMIT_EXCEEDED'],
    ['a huge signature', encode({}, new Uint8Array(LIMITS.maxSignatureBytes + 1)), 'LIMIT_EXCEEDED'],
    ['a huge contract name', encode({ contract: 'c'.repeat(LIMITS.maxNameBytes + 1) }), 'LIMIT_EXCEEDED'],
    ['a huge dataset name', encode({ question: { case: 'history', value: { dataset: 'd'.repeat(LIMITS.maxNameBytes + 1), key: '' } } }), 'LIMIT_EXCEEDED'],
    ['a short transaction id', encode(transaction({ txId: new Uint8Array(31) })), 'MALFORMED_MESSAGE'],
    ['too many writes', encode(transaction({ writes: Array.from({ length: 1_001 }, () => write) })), 'LIMIT_EXCEEDED'],
    ['a short ledger key', encode(transaction({ writes: [{ ...write, ledgerKey: new Uint8Array(31) }] })), 'MALFORMED_MESSAGE'],
    ['a short tag', encode(transaction({ writes: [{ ...write, datasetTag: new Uint8Array(31) }] })), 'MALFORMED_MESSAGE'],
    ['a short hash', encode(transaction({ writes: [{ ...write, packetHash: new Uint8Array(31) }] })), 'MALFORMED_MESSAGE'],
    ['a huge name in a write', encode(transaction({ writes: [{ ...write, ownerSet: 'o'.repeat(LIMITS.maxNameBytes + 1) }] })), 'LIMIT_EXCEEDED'],
    ['more bytes than a request may have', new Uint8Array(LIMITS.maxRequestBytes + 1), 'MESSAGE_TOO_LARGE'],
  ])('is refused with %s', (_what, bytes, code) => {
    expect(codeOf(bytes)).toBe(code);
  });

  it('is refused with a code, whatever the bytes', () => {
    const good = encode(transaction({}));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void codeOf(bytes)));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(good);
        changed[at] = (changed[at] as number) ^ flip;
        codeOf(changed);
      }),
    );
  });
});
