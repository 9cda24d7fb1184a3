export { compareBytes, equalBytes, fromHex, lengthPrefixed, toHex, type Part } from './bytes.js';
export { deriveKey, createFixedHash, labelledHash, labelledHmac, sha256, signingInput, type KeyedHash } from './labels.js';
export { merklePaths, merkleRoot, merkleRootAt } from './merkle.js';
export { DEFAULT_SUITE_NAMES, SUITE_NAMES, type HpkeExport, type HpkeSender, type KemKeyPair, type SealedBytes, type SigningKeyPair, type Suite, type SuiteName } from './suite.js';
export { suiteByName } from './suites/index.js';
export { createHpke, type Hpke, type HpkeKeySchedule } from './hpke/hpke.js';
export { DHKEM_P256, DHKEM_X25519, type DhKem } from './hpke/kem.js';
export { generateP256, isP256SignatureValid, signP256 } from './suites/ecdsa-p256.js';
