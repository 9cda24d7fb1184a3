import { verifyAndAppraise, verifyTeeNotRevoked, type AttestationResult, type Attester } from '@selvedge/attestation';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { FactReader, Profile } from '@selvedge/policy';

const NONCE_BYTES = 32;

export interface OwnStandingOptions {
  /** Of the broker's own TEE. */
  readonly attester: Attester;
  readonly profile: Profile;
  /** SubjectPublicKeyInfo, DER. */
  readonly rootPublicKey: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly now: () => Date;
  readonly randomBytes: (length: number) => Uint8Array;
}

/**
 * Whether this broker may still hand anything out. It learns its platform and measurement as everybody else does, from
 * evidence, once: nothing that its host configures says so. The function rejects with BROKER_REVOKED; with the codes of
 * verifyAndAppraise, that it is about its own evidence in the text, while it cannot prove what it is.
 */
export function createOwnStanding({ attester, profile, rootPublicKey, ephemeralKey, now, randomBytes }: OwnStandingOptions): (ledger: FactReader) => Promise<void> {
  let own: Promise<AttestationResult> | undefined;
  const attest = async (): Promise<AttestationResult> => {
    // Nobody has asked for it, and it does not leave this process.
    const nonce = randomBytes(NONCE_BYTES);
    const binding = { role: 'key-broker', nonce, ephemeralKey, signingKey: rootPublicKey, profileDigest: profile.digest, statementDigest: nonce } as const;
    return verifyAndAppraise({ evidence: await attester.createEvidence(binding), binding, profile, role: 'key-broker', at: now() });
  };
  /** Proves itself anew with the next call. */
  const unproven = (error: unknown): never => {
    own = undefined;
    if (!isSelvedgeError(error)) throw error;
    throw new SelvedgeError(error.code, `the key broker’s own evidence: ${error.message}`, { cause: error });
  };
  return async (ledger) => {
    own ??= attest();
    verifyTeeNotRevoked(ledger, await own.catch(unproven), 'BROKER_REVOKED');
  };
}
