import { createECDH, createPrivateKey, createPublicKey, diffieHellman, randomBytes, type KeyObject } from 'node:crypto';
import { UNREGISTERED_IDS } from './ids.js';
import { HKDF_SHA256, HKDF_SM3, i2osp, type LabelledKdf } from './labelled-kdf.js';
import type { KemKeyPair } from '../suite.js';

/** A Diffie-Hellman based KEM (RFC 9180 section 4.1). Keys are raw bytes. */
export interface DhKem {
  /** kem_id of RFC 9180 section 7.1. */
  readonly id: number;
  /** Npk, which equals Nenc. */
  readonly publicKeyBytes: number;
  generate(): KemKeyPair;
  /** Section 7.1.3. */
  derive(ikm: Uint8Array): KemKeyPair;
  /** Encap; ephemeral: as in Hpke.seal. Throws when the public key is invalid. */
  encapsulate(recipientPublicKey: Uint8Array, ephemeral?: KemKeyPair): { sharedSecret: Uint8Array; enc: Uint8Array };
  /** Decap. Throws when enc is invalid. */
  decapsulate(enc: Uint8Array, recipient: KemKeyPair): Uint8Array;
}

interface Group {
  readonly id: number;
  readonly kdf: LabelledKdf;
  readonly publicKeyBytes: number;
  generate(): KemKeyPair;
  fromPrivateKey(privateKey: Uint8Array): KemKeyPair;
  deriveScalar(suiteId: Uint8Array, dkpPrk: Uint8Array): Uint8Array;
  /** Throws on an invalid point and on an all-zero X25519 result (section 7.1.4). */
  dh(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

const MIN_IKM_BYTES = 32;

function createDhKem(group: Group): DhKem {
  const { kdf } = group;
  const suiteId = Buffer.concat([Buffer.from('KEM'), i2osp(group.id, 2)]);
  const extractAndExpand = (dh: Uint8Array, kemContext: Uint8Array): Uint8Array => {
    const prk = kdf.extract(suiteId, new Uint8Array(0), 'eae_prk', dh);
    return kdf.expand(suiteId, prk, 'shared_secret', kemContext, 32);
  };
  return {
    id: group.id,
    publicKeyBytes: group.publicKeyBytes,
    generate: () => group.generate(),
    derive(ikm) {
      if (ikm.length < MIN_IKM_BYTES) throw new RangeError('DeriveKeyPair: ikm shorter than Nsk (RFC 9180 section 7.1.3)');
      const prk = kdf.extract(suiteId, new Uint8Array(0), 'dkp_prk', ikm);
      return group.fromPrivateKey(group.deriveScalar(suiteId, prk));
    },
    encapsulate(recipientPublicKey, ephemeral = group.generate()) {
      const dh = group.dh(ephemeral.privateKey, recipientPublicKey);
      const enc = ephemeral.publicKey;
      return { enc, sharedSecret: extractAndExpand(dh, Buffer.concat([enc, recipientPublicKey])) };
    },
    decapsulate(enc, recipient) {
      const dh = group.dh(recipient.privateKey, enc);
      return extractAndExpand(dh, Buffer.concat([enc, recipient.publicKey]));
    },
  };
}

/** A curve of 256 bits as OpenSSL names it: public keys are 65-byte uncompressed points. */
function createCurveGroup(curve: { readonly id: number; readonly kdf: LabelledKdf; readonly name: string; readonly order: bigint }): Group {
  return {
    id: curve.id,
    kdf: curve.kdf,
    publicKeyBytes: 65,
    generate() {
      const ecdh = createECDH(curve.name);
      const publicKey = ecdh.generateKeys();
      return { publicKey, privateKey: leftPad32(ecdh.getPrivateKey()) };
    },
    fromPrivateKey(privateKey) {
      const ecdh = createECDH(curve.name);
      ecdh.setPrivateKey(privateKey);
      return { publicKey: ecdh.getPublicKey(), privateKey };
    },
    deriveScalar(suiteId, dkpPrk) {
      for (let counter = 0; counter < 256; counter += 1) {
        const bytes = curve.kdf.expand(suiteId, dkpPrk, 'candidate', i2osp(counter, 1), 32);
        const scalar = BigInt('0x' + Buffer.from(bytes).toString('hex'));
        if (scalar > 0n && scalar < curve.order) return bytes;
      }
      throw new RangeError('DeriveKeyPair: no scalar found (RFC 9180 section 7.1.3)');
    },
    dh(privateKey, publicKey) {
      if (publicKey.length !== 65 || publicKey[0] !== 4) throw new RangeError(`${curve.name} public key: 65-byte uncompressed point expected`);
      const ecdh = createECDH(curve.name);
      ecdh.setPrivateKey(privateKey);
      return leftPad32(ecdh.computeSecret(publicKey));
    },
  };
}

/** DHKEM(P-256, HKDF-SHA256): public keys are 65-byte uncompressed points. */
export const DHKEM_P256: DhKem = createDhKem(
  createCurveGroup({ id: 0x0010, kdf: HKDF_SHA256, name: 'prime256v1', order: BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551') }),
);

/** RFC 9180's construction on the curve of GB/T 32918.5-2017 with HKDF-SM3: public keys are 65-byte uncompressed points. */
export const DHKEM_SM2: DhKem = createDhKem(
  createCurveGroup({ id: UNREGISTERED_IDS.dhkemSm2, kdf: HKDF_SM3, name: 'SM2', order: BigInt('0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123') }),
);

function leftPad32(bytes: Buffer): Uint8Array {
  return bytes.length === 32 ? bytes : Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]);
}

const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

function x25519Private(raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([X25519_PKCS8, raw]), format: 'der', type: 'pkcs8' });
}

function x25519PublicOf(privateKey: Uint8Array): Uint8Array {
  const der = createPublicKey(x25519Private(privateKey)).export({ format: 'der', type: 'spki' });
  return der.subarray(X25519_SPKI.length);
}

/** DHKEM(X25519, HKDF-SHA256): 32-byte keys (RFC 7748). */
export const DHKEM_X25519: DhKem = createDhKem({
  id: 0x0020,
  kdf: HKDF_SHA256,
  publicKeyBytes: 32,
  generate() {
    const privateKey = randomBytes(32);
    return { privateKey, publicKey: x25519PublicOf(privateKey) };
  },
  fromPrivateKey: (privateKey) => ({ privateKey, publicKey: x25519PublicOf(privateKey) }),
  deriveScalar: (suiteId, dkpPrk) => HKDF_SHA256.expand(suiteId, dkpPrk, 'sk', new Uint8Array(0), 32),
  dh(privateKey, publicKey) {
    if (publicKey.length !== 32) throw new RangeError('X25519 public key: 32 bytes expected');
    const peer = createPublicKey({ key: Buffer.concat([X25519_SPKI, publicKey]), format: 'der', type: 'spki' });
    // OpenSSL itself refuses an all-zero shared secret (RFC 9180 section 7.1.4).
    return diffieHellman({ privateKey: x25519Private(privateKey), publicKey: peer });
  },
});
