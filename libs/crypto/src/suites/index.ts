import { SelvedgeError } from '@selvedge/errors';
import { createHpke, gcmOpen, gcmSeal, type Hpke } from '../hpke/hpke.js';
import { DHKEM_P256, DHKEM_X25519 } from '../hpke/kem.js';
import type { SealedBytes, Suite, SuiteName } from '../suite.js';
import { generateP256, importP256, isP256SignatureValid, signP256 } from './ecdsa-p256.js';
import { generateEd25519, importEd25519, isEd25519SignatureValid, signEd25519 } from './ed25519.js';

/** Runs an open and gives every failure the same code and text (invariant 9). */
function openOrRefuse(open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } catch {
    throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  }
}

/** Gives an encapsulation to a hostile public key a code: off the curve, of low order or of another length. */
function sealOrRefuse(name: SuiteName, seal: () => SealedBytes): SealedBytes {
  try {
    return seal();
  } catch {
    throw new SelvedgeError('PUBLIC_KEY_INVALID', `not an HPKE public key of suite ${name}`);
  }
}

type Signatures = Pick<Suite, 'generateSigningKeyPair' | 'importPublicKey' | 'sign' | 'isSignatureValid'>;

function createSuite(name: SuiteName, hpke: Hpke, signatures: Signatures): Suite {
  return {
    name,
    generateKemKeyPair: () => hpke.kem.generate(),
    deriveKemKeyPair: (ikm) => hpke.kem.derive(ikm),
    hpkeSeal: (publicKey, info, aad, plaintext) => sealOrRefuse(name, () => hpke.seal(publicKey, info, aad, plaintext)),
    hpkeOpen: (recipient, enc, info, aad, ciphertext) => openOrRefuse(() => hpke.open(recipient, enc, info, aad, ciphertext)),
    aeadSeal: gcmSeal,
    aeadOpen: (key, nonce, aad, ciphertext) => openOrRefuse(() => gcmOpen(key, nonce, aad, ciphertext)),
    ...signatures,
  };
}

const SUITES: Record<SuiteName, Suite> = {
  'P256-AES256GCM-SHA256': createSuite('P256-AES256GCM-SHA256', createHpke(DHKEM_P256), {
    generateSigningKeyPair: generateP256,
    importPublicKey: importP256,
    sign: signP256,
    isSignatureValid: isP256SignatureValid,
  }),
  'X25519-ED25519-AES256GCM-SHA256': createSuite('X25519-ED25519-AES256GCM-SHA256', createHpke(DHKEM_X25519), {
    generateSigningKeyPair: generateEd25519,
    importPublicKey: importEd25519,
    sign: signEd25519,
    isSignatureValid: isEd25519SignatureValid,
  }),
};

/** The suite of that name. Throws SelvedgeError UNKNOWN_SUITE. */
export function suiteByName(name: string): Suite {
  if (!Object.hasOwn(SUITES, name)) throw new SelvedgeError('UNKNOWN_SUITE', 'unknown crypto suite');
  return SUITES[name as SuiteName];
}
