import { isSelvedgeError } from '@selvedge/errors';
import { encodeSignaturePolicy, mapKeyPolicy, type KeyPolicyTerms } from '@selvedge/policy';

/**
 * The validation parameter that peers hold a key to, for the policy that the contract set: its organisations mapped to
 * endorsers; empty when it ends the key's policy, undefined when it cannot be carried out.
 */
export function peersKeyPolicy(keyPolicy: Uint8Array, terms: KeyPolicyTerms): Uint8Array | undefined {
  try {
    const mapped = mapKeyPolicy(keyPolicy, terms);
    return mapped === undefined ? new Uint8Array(0) : encodeSignaturePolicy(mapped);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return undefined;
  }
}
