import { SelvedgeError } from '@selvedge/errors';
import { AES_256_GCM, type Aead } from '../hpke/aead.js';
import { createHpke } from '../hpke/hpke.js';
import { DHKEM_P256, DHKEM_SM2, DHKEM_X25519, type DhKem } from '../hpke/kem.js';
import { HKDF_SHA256, HKDF_SM3, type LabelledKdf } from '../hpke/labelled-kdf.js';
import { SM4_GCM } from '../hpke/sm4-gcm.js';
import { createKeyedHash, type KeyedHash } from '../labels.js';
import type { Suite, SuiteName } from '../suite.js';
import { generateP256, importP256, isP256SignatureValid, signP256 } from './ecdsa-p256.js';
import { generateEd25519, importEd25519, isEd25519SignatureValid, signEd25519 } from './ed25519.js';
import { generateSm2, importSm2, isSm2SignatureValid, signSm2 } from './sm2.js';

/** Runs an open and gives every failure the same code and text (invariant 9). */
function openOrRefuse<T>(open: () => T): T {
  try {
    return open();
  } catch {
    throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  }
}

/** Gives an encapsulation to a hostile public key a code: off the curve, of low order or of another length. */
function sealOrRefuse<T>(name: SuiteName, seal: () => T): T {
  try {
    return seal();
  } catch {
    throw new SelvedgeError('PUBLIC_KEY_INVALID', `not an HPKE public key of suite ${name}`);
  }
}

/** By the very steps that a seal begins with, so that a key passes here exactly when something can be sealed to it. */
function canEncapsulate(kem: DhKem, publicKey: Uint8Array): boolean {
  try {
    kem.encapsulate(publicKey);
    return true;
  } catch {
    return false;
  }
}

interface Algorithms {
  readonly kem: DhKem;
  readonly kdf: LabelledKdf;
  readonly aead: Aead;
  readonly keyedHash: KeyedHash;
  readonly signatures: Pick<Suite, 'generateSigningKeyPair' | 'importPublicKey' | 'sign' | 'isSignatureValid'>;
}

function createSuite(name: SuiteName, { kem, kdf, aead, keyedHash, signatures }: Algorithms): Suite {
  const hpke = createHpke(kem, { kdf, aead });
  const contentKey = (key: Uint8Array): Uint8Array => {
    if (key.length !== CONTENT_KEY_BYTES) throw new RangeError(`content key: ${String(CONTENT_KEY_BYTES)} bytes expected`);
    return key.subarray(0, aead.keyBytes);
  };
  return {
    name,
    generateKemKeyPair: () => hpke.kem.generate(),
    deriveKemKeyPair: (ikm) => hpke.kem.derive(ikm),
    isKemPublicKey: (publicKey) => canEncapsulate(kem, publicKey),
    hpkeSeal: (publicKey, info, aad, plaintext) => sealOrRefuse(name, () => hpke.seal(publicKey, info, aad, plaintext)),
    hpkeSealDerived(ikm, publicKey, info, aad, plaintext) {
      const ephemeral = kem.derive(ikm);
      return sealOrRefuse(name, () => hpke.seal(publicKey, info, aad, plaintext, ephemeral));
    },
    hpkeOpen: (recipient, enc, info, aad, ciphertext) => openOrRefuse(() => hpke.open(recipient, enc, info, aad, ciphertext)),
    hpkeSetupSender: (publicKey, info) =>
      sealOrRefuse(name, () => {
        const { sharedSecret, enc } = kem.encapsulate(publicKey);
        const schedule = hpke.keySchedule(sharedSecret, info);
        return { enc, export: (context, lengthBytes) => hpke.export(schedule, context, lengthBytes) };
      }),
    hpkeSetupRecipient: (recipient, enc, info) =>
      openOrRefuse(() => {
        const schedule = hpke.keySchedule(kem.decapsulate(enc, recipient), info);
        return (context, lengthBytes) => hpke.export(schedule, context, lengthBytes);
      }),
    aeadSeal: (key, nonce, aad, plaintext) => aead.seal(contentKey(key), nonce, aad, plaintext),
    aeadOpen: (key, nonce, aad, ciphertext) => openOrRefuse(() => aead.open(contentKey(key), nonce, aad, ciphertext)),
    ...keyedHash,
    ...signatures,
  };
}

/** What derivations give, whatever the cipher takes of it. */
const CONTENT_KEY_BYTES = 32;
const SHA256_KDF = { kdf: HKDF_SHA256, keyedHash: createKeyedHash('sha256') };

const SUITES: Record<SuiteName, Suite> = {
  'P256-AES256GCM-SHA256': createSuite('P256-AES256GCM-SHA256', {
    ...SHA256_KDF,
    kem: DHKEM_P256,
    aead: AES_256_GCM,
    signatures: { generateSigningKeyPair: generateP256, importPublicKey: importP256, sign: signP256, isSignatureValid: isP256SignatureValid },
  }),
  'X25519-ED25519-AES256GCM-SHA256': createSuite('X25519-ED25519-AES256GCM-SHA256', {
    ...SHA256_KDF,
    kem: DHKEM_X25519,
    aead: AES_256_GCM,
    signatures: { generateSigningKeyPair: generateEd25519, importPublicKey: importEd25519, sign: signEd25519, isSignatureValid: isEd25519SignatureValid },
  }),
  'SM2-SM4GCM-SM3': createSuite('SM2-SM4GCM-SM3', {
    kem: DHKEM_SM2,
    kdf: HKDF_SM3,
    aead: SM4_GCM,
    keyedHash: createKeyedHash('sm3'),
    signatures: { generateSigningKeyPair: generateSm2, importPublicKey: importSm2, sign: signSm2, isSignatureValid: isSm2SignatureValid },
  }),
};

/** The suite of that name. Throws SelvedgeError UNKNOWN_SUITE. */
export function suiteByName(name: string): Suite {
  if (!Object.hasOwn(SUITES, name)) throw new SelvedgeError('UNKNOWN_SUITE', 'unknown crypto suite');
  return SUITES[name as SuiteName];
}
