import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.js';
import { AES_256_GCM } from './aead.js';
import { createHpke, type HpkeKeySchedule } from './hpke.js';
import { DHKEM_P256, DHKEM_X25519 } from './kem.js';

interface Vector {
  readonly mode: number;
  readonly kem_id: number;
  readonly kdf_id: number;
  readonly aead_id: number;
  readonly info: string;
  readonly ikmE: string;
  readonly ikmR: string;
  readonly skRm: string;
  readonly pkRm: string;
  readonly enc: string;
  readonly encryptions_accumulated: string;
  readonly exports_accumulated: string;
}

const file = new URL('../testdata/rfc9180-base.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };

const ROUNDS = 1000;
const shake = (input: Uint8Array, outputLength: number): Buffer => createHash('shake128', { outputLength }).update(input).digest();

/** The inputs of the accumulated form: a SHAKE128 stream of (length byte, that many bytes). */
function createInputs(): () => Uint8Array {
  const stream = shake(new Uint8Array(0), 2 * ROUNDS * 256);
  let offset = 0;
  return () => {
    const length = stream[offset] as number;
    const start = offset + 1;
    offset = start + length;
    return stream.subarray(start, offset);
  };
}

/** RFC 9180 section 5.2, ComputeNonce. */
function nonceAt(schedule: HpkeKeySchedule, sequence: number): Uint8Array {
  const nonce = Buffer.from(schedule.baseNonce);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8);
  return nonce;
}

describe.each(vectors)('RFC 9180 vectors, base mode, kem $kem_id kdf $kdf_id aead $aead_id', (vector) => {
  const kem = vector.kem_id === DHKEM_P256.id ? DHKEM_P256 : DHKEM_X25519;
  const hpke = createHpke(kem);
  const recipient = kem.derive(fromHex(vector.ikmR));
  const ephemeral = kem.derive(fromHex(vector.ikmE));
  const { enc, sharedSecret } = kem.encapsulate(recipient.publicKey, ephemeral);
  const schedule = hpke.keySchedule(sharedSecret, fromHex(vector.info));

  it('has the ids of our suite', () => {
    expect([vector.mode, vector.kem_id, vector.kdf_id, vector.aead_id]).toEqual([0, kem.id, 1, 2]);
  });

  it('derives the key pairs', () => {
    expect(toHex(recipient.privateKey)).toBe(vector.skRm);
    expect(toHex(recipient.publicKey)).toBe(vector.pkRm);
    expect(toHex(enc)).toBe(vector.enc);
  });

  it('decapsulates what it encapsulated', () => {
    expect(toHex(kem.decapsulate(enc, recipient))).toBe(toHex(sharedSecret));
  });

  it('gives the accumulated encryptions', () => {
    const draw = createInputs();
    const ciphertexts: Uint8Array[] = [];
    for (let sequence = 0; sequence < ROUNDS; sequence += 1) {
      const aad = draw();
      const plaintext = draw();
      const ciphertext = AES_256_GCM.seal(schedule.key, nonceAt(schedule, sequence), aad, plaintext);
      ciphertexts.push(ciphertext);
      expect(Buffer.compare(AES_256_GCM.open(schedule.key, nonceAt(schedule, sequence), aad, ciphertext), plaintext)).toBe(0);
    }
    expect(toHex(shake(Buffer.concat(ciphertexts), 16))).toBe(vector.encryptions_accumulated);
  });

  it('gives the accumulated exports', () => {
    const draw = createInputs();
    const exports = Array.from({ length: ROUNDS }, (_, length) => hpke.export(schedule, draw(), length));
    expect(toHex(shake(Buffer.concat(exports), 16))).toBe(vector.exports_accumulated);
  });

  it('seals in one shot as the first encryption of the context', () => {
    const draw = createInputs();
    const aad = draw();
    const plaintext = draw();
    const sealed = hpke.seal(recipient.publicKey, fromHex(vector.info), aad, plaintext, ephemeral);
    expect(toHex(sealed.enc)).toBe(vector.enc);
    expect(toHex(sealed.ciphertext)).toBe(toHex(AES_256_GCM.seal(schedule.key, schedule.baseNonce, aad, plaintext)));
    expect(toHex(hpke.open(recipient, sealed.enc, fromHex(vector.info), aad, sealed.ciphertext))).toBe(toHex(plaintext));
  });
});
