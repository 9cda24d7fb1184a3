import type { webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.js';
import { createHpke } from './hpke.js';
import { DHKEM_P256, DHKEM_X25519 } from './kem.js';

declare global {
  // The oracle's declarations name these as browsers do.
  type CryptoKey = webcrypto.CryptoKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
}

const RUNS = 40;
// Not shared: the oracle's KDF remembers the suite that it belongs to.
const common = (): { kdf: HkdfSha256; aead: Aes256Gcm } => ({ kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> => fc.uint8Array({ maxLength }).map((value) => new Uint8Array(value));
const ikm = fc.uint8Array({ minLength: 32, maxLength: 80 });
const plain = (value: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(value);
const hexOf = (value: ArrayBuffer): string => toHex(new Uint8Array(value));

describe.each([
  { name: 'P-256', kem: DHKEM_P256, oracle: new CipherSuite({ kem: new DhkemP256HkdfSha256(), ...common() }) },
  { name: 'X25519', kem: DHKEM_X25519, oracle: new CipherSuite({ kem: new DhkemX25519HkdfSha256(), ...common() }) },
])('HPKE on $name agrees with @hpke/core', ({ kem, oracle }) => {
  const hpke = createHpke(kem);

  it('derives equal key pairs', async () => {
    await fc.assert(
      fc.asyncProperty(ikm, async (seed) => {
        const ours = kem.derive(seed);
        const theirs = await oracle.kem.deriveKeyPair(plain(seed));
        expect(hexOf(await oracle.kem.serializePublicKey(theirs.publicKey))).toBe(toHex(ours.publicKey));
        expect(hexOf(await oracle.kem.serializePrivateKey(theirs.privateKey))).toBe(toHex(ours.privateKey));
      }),
      { numRuns: RUNS },
    );
  });

  it('opens what the oracle seals, and exports equal secrets', async () => {
    const recipient = kem.generate();
    const recipientPublicKey = await oracle.kem.deserializePublicKey(plain(recipient.publicKey));
    await fc.assert(
      fc.asyncProperty(bytes(300), bytes(64), bytes(2000), bytes(64), fc.integer({ min: 1, max: 200 }), async (info, aad, plaintext, exporterContext, length) => {
        const sender = await oracle.createSenderContext({ recipientPublicKey, info });
        const enc = new Uint8Array(sender.enc);
        const ciphertext = new Uint8Array(await sender.seal(plaintext, aad));
        expect(toHex(hpke.open(recipient, enc, info, aad, ciphertext))).toBe(toHex(plaintext));
        const schedule = hpke.keySchedule(kem.decapsulate(enc, recipient), info);
        expect(toHex(hpke.export(schedule, exporterContext, length))).toBe(hexOf(await sender.export(exporterContext, length)));
      }),
      { numRuns: RUNS },
    );
  });

  it('seals what the oracle opens', async () => {
    const seed = new Uint8Array(32).fill(7);
    const recipient = kem.derive(seed);
    const { privateKey: recipientKey } = await oracle.kem.deriveKeyPair(seed);
    await fc.assert(
      fc.asyncProperty(bytes(300), bytes(64), bytes(2000), async (info, aad, plaintext) => {
        const { enc, ciphertext } = hpke.seal(recipient.publicKey, info, aad, plaintext);
        expect(hexOf(await oracle.open({ recipientKey, enc: plain(enc), info }, plain(ciphertext), aad))).toBe(toHex(plaintext));
      }),
      { numRuns: RUNS },
    );
  });

  it('refuses when info, associated data, enc or ciphertext differ', () => {
    const recipient = kem.generate();
    const flip = (value: Uint8Array, at: number, bit: number): Uint8Array => {
      const copy = new Uint8Array(value);
      const index = at % copy.length;
      copy[index] = (copy[index] as number) ^ (1 << bit);
      return copy;
    };
    fc.assert(
      fc.property(fc.constantFrom('info', 'aad', 'ciphertext', 'enc'), fc.nat(), fc.nat(7), (what, at, bit) => {
        // RFC 7748 section 5 ignores the last bit of an X25519 key, but the KEM context holds it, so a flip still refuses.
        const parts = { info: Buffer.from('info'), aad: Buffer.from('aad'), ...hpke.seal(recipient.publicKey, Buffer.from('info'), Buffer.from('aad'), Buffer.from('plaintext')) };
        const changed = { ...parts, [what]: flip(parts[what], at, bit) };
        expect(() => hpke.open(recipient, changed.enc, changed.info, changed.aad, changed.ciphertext)).toThrow();
      }),
      { numRuns: 100 },
    );
  });
});
