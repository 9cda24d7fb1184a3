import { create } from '@bufbuild/protobuf';
import { lengthPrefixed, SUITE_NAMES, suiteByName, toHex, type KemKeyPair } from '@selvedge/crypto';
import { Direction, encodeMessage, LIMITS, parseMessage, RequestHeaderSchema, SealedRequestSchema, type RequestHeader } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecipientContexts, createSenderContext, type SenderContextInput } from './contexts.js';
import { openSealedRequest, sealRequest, type OpenedRequest, type SealRequestInput } from './request.js';

const place = { network: 'net', channel: 'chan' };
const txId = new Uint8Array(32).fill(3);
const signedRequest = Buffer.from('a signed request');
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe.each(SUITE_NAMES)('sealed request, %s', (suiteName) => {
  const suite = suiteByName(suiteName);
  const pair = suite.generateKemKeyPair();
  const lookup = (name: string, epoch: bigint): KemKeyPair | undefined => (name === suiteName && epoch === 4n ? pair : undefined);
  const scope: SenderContextInput = { suite: suiteName, envelopeKey: { epoch: 4n, publicKey: pair.publicKey }, ...place };
  const seal = (change: Partial<SenderContextInput & Omit<SealRequestInput, 'context'>> = {}): ReturnType<typeof sealRequest> =>
    sealRequest({ context: createSenderContext({ ...scope, ...change }), txId, signedRequest, ...change });
  const open = (sealed: Parameters<typeof openSealedRequest>[0]): OpenedRequest => openSealedRequest(sealed, lookup, place);

  /** Seals correctly by the formulas, but with a changed header or salt: only the check of that field can refuse it. */
  function sealByHand(change: Partial<Omit<RequestHeader, '$typeName' | '$unknown'>>, saltBytes = 32): Parameters<typeof openSealedRequest>[0] {
    const fields = { version: 1, suite: suiteName as string, ...place, envelopeEpoch: 4n, txId, direction: Direction.REQUEST, ...change };
    const header = encodeMessage(RequestHeaderSchema, fields);
    const salt = new Uint8Array(saltBytes);
    const sender = suite.hpkeSetupSender(pair.publicKey, lengthPrefixed(['selvedge/v1/request context', 1, fields.suite, fields.network, fields.channel, fields.envelopeEpoch]));
    const transactionKey = sender.export(lengthPrefixed(['selvedge/v1/transaction key', header, salt]), 32);
    const ciphertext = suite.aeadSeal(suite.deriveKey(transactionKey, 'request key', [header]), new Uint8Array(12), header, signedRequest);
    return create(SealedRequestSchema, { header, enc: sender.enc, salt, ciphertext });
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
    const parts = ['header', 'enc', 'salt', 'ciphertext'] as const;
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
    for (const part of ['enc', 'salt', 'ciphertext'] as const) expect(() => open({ ...a, [part]: b[part] })).toThrow(refusal('DECRYPT_FAILED'));
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

  it('refuses a salt of another length as any failing decryption', () => {
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

  describe('under one context', () => {
    const context = createSenderContext(scope);
    const sealMore = (change: Partial<SealRequestInput> = {}): ReturnType<typeof sealRequest> => sealRequest({ context, txId, signedRequest, ...change });
    const counting = (): { readonly lookup: typeof lookup; readonly decapsulations: () => number } => {
      // The recipient's private key is read where something is decapsulated, and nowhere else.
      let reads = 0;
      const watched: KemKeyPair = {
        publicKey: pair.publicKey,
        get privateKey() {
          reads += 1;
          return pair.privateKey;
        },
      };
      return { lookup: () => watched, decapsulations: () => reads };
    };

    it('has a transaction key for each sealing, of one transaction too', () => {
      const all = Array.from({ length: 20 }, (_, i) => sealMore({ txId: new Uint8Array(32).fill(i % 2) }));
      expect(new Set(all.map((one) => toHex(one.transactionKey))).size).toBe(20);
      expect(new Set(all.map((one) => toHex(one.sealed.enc))).size).toBe(1);
      for (const { sealed, transactionKey } of all) expect(toHex(open(sealed).transactionKey)).toBe(toHex(transactionKey));
    });

    it('refuses parts of another request of the same sender', () => {
      const [a, b] = [sealMore().sealed, sealMore({ txId: new Uint8Array(32).fill(4) }).sealed];
      for (const part of ['header', 'salt', 'ciphertext'] as const) expect(() => open({ ...a, [part]: b[part] })).toThrow(refusal('DECRYPT_FAILED'));
    });

    it('is decapsulated once by who keeps contexts, and opens the same', () => {
      const contexts = createRecipientContexts(2);
      const { lookup: watched, decapsulations } = counting();
      for (let i = 0; i < 3; i += 1) {
        const { sealed, transactionKey } = sealMore({ txId: new Uint8Array(32).fill(i) });
        expect(toHex(openSealedRequest(sealed, watched, place, contexts).transactionKey)).toBe(toHex(transactionKey));
        expect(decapsulations()).toBe(1);
      }
    });

    it('is kept when something opened under it, and no longer than the latest', () => {
      const contexts = createRecipientContexts(2);
      const { lookup: watched, decapsulations } = counting();
      const openKept = (sealed: Parameters<typeof openSealedRequest>[0]): OpenedRequest => openSealedRequest(sealed, watched, place, contexts);
      const junk = { ...sealMore().sealed, ciphertext: new Uint8Array(40) };
      for (let i = 1; i <= 2; i += 1) {
        expect(() => openKept(junk)).toThrow(refusal('DECRYPT_FAILED'));
        expect(decapsulations()).toBe(i);
      }
      const senders = [context, createSenderContext(scope), createSenderContext(scope)];
      const from = (i: number): OpenedRequest => openKept(sealMore({ context: senders[i]! }).sealed);
      for (const i of [0, 1, 0, 2]) from(i);
      expect(decapsulations()).toBe(5);
      from(0); // used again meanwhile
      expect(decapsulations()).toBe(5);
      from(1);
      expect(decapsulations()).toBe(6);
    });

    it('is another one for another key pair', () => {
      const contexts = createRecipientContexts(2);
      const { sealed } = sealMore();
      openSealedRequest(sealed, lookup, place, contexts);
      const other = suite.generateKemKeyPair();
      expect(() => openSealedRequest(sealed, () => other, place, contexts)).toThrow(refusal('DECRYPT_FAILED'));
    });
  });

  it('does not show the request', () => {
    const canary = Buffer.from('canary-5d41402a');
    const { sealed } = seal({ signedRequest: canary });
    expect(Buffer.from(encodeMessage(SealedRequestSchema, sealed)).includes(canary)).toBe(false);
    expect(parseMessage(RequestHeaderSchema, sealed.header, LIMITS.maxHeaderBytes).txId).toEqual(txId);
  });
});
