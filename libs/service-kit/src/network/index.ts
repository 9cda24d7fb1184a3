export { readSigner, type IdentityFiles } from './read-signer.js';
export { readTrustAnchor, type TrustAnchorSettings } from './read-trust-anchor.js';
