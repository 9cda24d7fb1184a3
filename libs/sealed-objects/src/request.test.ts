import { create } from '@bufbuild/protobuf';
import { lengthPrefixed, SUITE_NAMES, suiteByName, toHex, type KemKeyPair } from '@selvedge/crypto';
import { Direction, encodeMessage, LIMITS, parseMessage, RequestHeaderSchema, SealedRequestSchema, type RequestHeader } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSealedRequest, sealRequest, type OpenedRequest, type SealRequestInput } from './request.js';

const place = { network: 'net', channel: 'chan' };
const txId = new Uint8Array(32).fill(3);
const signedRequest = Buffer.from('a signed request');
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe.each(SUITE_NAMES)('sealed request, %s', (suiteName) => {
  const suite = suiteByName(suiteName);
  const pair = suite.generateKemKeyPair();
  const lookup = (name: string, epoch: bigint): KemKeyPair | undefined => (name === suiteName && epoch === 4n ? pair : undefined);
  const input: SealRequestInput = { suite: suiteName, envelopeKey: { epoch: 4n, publicKey: pair.publicKey }, ...place, txId, signedRequest };
  const seal = (change: Partial<SealRequestInput> = {}): ReturnType<typeof sealRequest> => sealRequest({ ...input, ...change });
  const open = (sealed: Parameters<typeof openSealedRequest>[0]): OpenedRequest => openSealedRequest(sealed, lookup, place);

  /** Seals correctly by the formulas, but with a changed header or key: only the check of that field can refuse it. */
  function sealByHand(change: Partial<Omit<RequestHeader, '$typeName' | '$unknown'>>, transactionKeyBytes = 32): Parameters<typeof openSealedRequest>[0] {
    const header = encodeMessage(RequestHeaderSchema, { version: 1, suite: suiteName, ...place, envelopeEpoch: 4n, txId, direction: Direction.REQUEST, ...change });
    const transactionKey = new Uint8Array(transactionKeyBytes);
    const envelope = suite.hpkeSeal(pair.publicKey, lengthPrefixed(['selvedge/v1/request envelope', header]), header, transactionKey);
    const ciphertext = suite.aeadSeal(suite.deriveKey(transactionKey, 'request key', [header]), new Uint8Array(12), header, signedRequest);
    return create(SealedRequestSchema, { header, enc: envelope.enc, sealedTransactionKey: envelope.ciphertext, ciphertext });
  }

  it('follows the formulas', () => {
    expect(toHex(open(sealByHand({})).signedRequest)).toBe(toHex(signedRequest));
  });

  it('opens to what was sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const { sealed, transactionKey, headerBytes } = seal({ signedRequest: bytes });
        const opened = open(sealed);
        expect(toHex(opened.signedRequest)).toBe(toHex(bytes));
        expect(toHex(opened.transactionKey)).toBe(toHex(transactionKey));
        expect(toHex(opened.headerBytes)).toBe(toHex(headerBytes));
        expect(opened.header).toMatchObject({ version: 1, suite: suiteName, ...place, envelopeEpoch: 4n, direction: Direction.REQUEST });
      }),
      { numRuns: 20 },
    );
  });

  it('takes a fresh transaction key each time', () => {
    const all = Array.from({ length: 20 }, () => seal());
    expect(new Set(all.map((one) => toHex(one.transactionKey))).size).toBe(20);
    expect(new Set(all.map((one) => toHex(one.sealed.ciphertext))).size).toBe(20);
    expect(all.every((one) => one.transactionKey.length === 32)).toBe(true);
  });

  it('refuses every flipped byte', () => {
    const { sealed } = seal();
    const parts = ['header', 'enc', 'sealedTransactionKey', 'ciphertext'] as const;
    for (const part of parts) {
      for (let i = 0; i < sealed[part].length; i += 1) {
        const changed = new Uint8Array(sealed[part]);
        changed[i] = (changed[i] as number) ^ 1;
        const attempt = (): OpenedRequest => open({ ...sealed, [part]: changed });
        if (part === 'header') expect(attempt).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
        else expect(attempt).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' }));
      }
    }
  });

  it('refuses parts of another request', () => {
    const [a, b] = [seal().sealed, seal().sealed];
    for (const part of ['enc', 'sealedTransactionKey', 'ciphertext'] as const) expect(() => open({ ...a, [part]: b[part] })).toThrow(refusal('DECRYPT_FAILED'));
    const other = seal({ txId: new Uint8Array(32).fill(4) }).sealed;
    expect(() => open({ ...a, header: other.header })).toThrow(refusal('DECRYPT_FAILED'));
  });

  it('checks each field of the clear header with a code of its own', () => {
    const cases: readonly [Parameters<typeof sealByHand>[0], string][] = [
      [{ version: 2 }, 'UNSUPPORTED_VERSION'],
      [{ version: 0 }, 'UNSUPPORTED_VERSION'],
      [{ suite: 'ROT13' }, 'UNKNOWN_SUITE'],
      [{ network: 'other' }, 'WRONG_NETWORK'],
      [{ channel: 'other' }, 'WRONG_CHANNEL'],
      [{ direction: Direction.RESPONSE }, 'MALFORMED_MESSAGE'],
      [{ txId: new Uint8Array(31) }, 'MALFORMED_MESSAGE'],
      [{ envelopeEpoch: 5n }, 'ENVELOPE_EPOCH_UNKNOWN'],
    ];
    for (const [change, code] of cases) expect(() => open(sealByHand(change))).toThrow(refusal(code));
    expect(() => open({ ...seal().sealed, header: Buffer.of(0xff) })).toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('refuses a transaction key of another length as any failing decryption', () => {
    for (const length of [0, 16, 31, 33]) {
      expect(() => open(sealByHand({}, length))).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' }));
    }
  });

  it('refuses what is too large, on both sides', () => {
    const { sealed } = seal();
    expect(() => open({ ...sealed, ciphertext: new Uint8Array(LIMITS.maxRequestBytes + 1) })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => open({ ...sealed, header: new Uint8Array(LIMITS.maxHeaderBytes + 1) })).toThrow(refusal('MESSAGE_TOO_LARGE'));
    expect(() => seal({ signedRequest: new Uint8Array(LIMITS.maxRequestBytes) })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => seal({ network: 'n'.repeat(LIMITS.maxHeaderBytes) })).toThrow(refusal('LIMIT_EXCEEDED'));
  });

  it('refuses to seal to a bad envelope key, under an unknown suite, or for a bad txId', () => {
    expect(() => seal({ envelopeKey: { epoch: 4n, publicKey: new Uint8Array(pair.publicKey.length) } })).toThrow(refusal('PUBLIC_KEY_INVALID'));
    expect(() => seal({ suite: 'ROT13' })).toThrow(refusal('UNKNOWN_SUITE'));
    expect(() => seal({ txId: new Uint8Array(31) })).toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('does not show the request', () => {
    const canary = Buffer.from('canary-5d41402a');
    const { sealed } = seal({ signedRequest: canary });
    expect(Buffer.from(encodeMessage(SealedRequestSchema, sealed)).includes(canary)).toBe(false);
    expect(parseMessage(RequestHeaderSchema, sealed.header, LIMITS.maxHeaderBytes).txId).toEqual(txId);
  });
});
