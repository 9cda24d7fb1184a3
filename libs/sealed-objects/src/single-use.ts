/** Nonce of keys that encrypt exactly one plaintext: each is derived from 32 fresh random bytes, or from a digest that names the plaintext. */
export const SINGLE_USE_NONCE: Uint8Array = new Uint8Array(12);
