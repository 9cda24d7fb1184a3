/**
 * Identities of a network's organisations, as Fabric's MSPs have them: who signs ({@link createSigner}), who is recognised
 * ({@link createMspRegistry}), and authorities for development.
 *
 * @module @selvedge/identity
 */

export { NODE_ROLES, type Identity, type MspRegistry, type NodeRole, type OrganisationTrust, type SignedBy } from './identity.js';
export { createMspRegistry } from './registry.js';
export { verifyRevocationLists, type VerifiedRevocationList } from './ledger-lists.js';
export { parsePem, toPem, type PemLabel } from './x509/pem.js';
export { signerIdOf } from './signer-id.js';
export { createSigner, serializeIdentity, signAs, type Signer } from './signer.js';
export type { KeyPairPem } from './key-pair.js';
export { createDevCa, loadDevCa, type DevCa } from './dev-ca/dev-ca.js';
export type { IssueInput } from './dev-ca/issue.js';
export { createDevTlsCa, loadDevTlsCa, type DevTlsCa, type IssueTlsInput } from './dev-ca/tls-ca.js';
