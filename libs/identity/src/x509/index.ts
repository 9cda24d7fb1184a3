/** X.509 as it arrives from outside: what attestation's verifiers need of it too. */
export { DerError, TAG, integerHex, readDer, readInside, requireTag, type DerValue } from './der.js';
export { parseCertificate, type Certificate } from './certificate.js';
export { parseRevocationList, type RevocationList } from './revocation-list.js';
