import { create } from '@bufbuild/protobuf';
import type { Attester } from '@selvedge/attestation';
import { equalBytes, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { RootRequestSchema, signing, type ChallengeAnswer, type RootRequest } from '@selvedge/protocol';
import { NONCE_BYTES, REPLICATION_SUITE, rootRequestDigest } from './binding.js';

export interface RootRequestInput {
  /** Of the broker that asks. */
  readonly attester: Attester;
  /** Peer or administrator identity of the organisation that operates it. */
  readonly operator: Signer;
  /** Of the replica that is asked. */
  readonly challenge: ChallengeAnswer;
  readonly profile: Profile;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A request under way: what is sent, and what opens its answer. Holds a private key. */
export interface PendingRootRequest {
  readonly request: RootRequest;
  readonly ephemeral: KemKeyPair;
}

/** What a broker without its root sends to a replica that has it. Throws PROFILE_MISMATCH, MALFORMED_MESSAGE. */
export async function createRootRequest({ attester, operator, challenge, profile, randomBytes }: RootRequestInput): Promise<PendingRootRequest> {
  if (!equalBytes(challenge.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the other replica runs with another network profile');
  const { nonce } = challenge;
  const { network, channel } = profile.message;
  const ownNonce = randomBytes(NONCE_BYTES);
  const ephemeral = REPLICATION_SUITE.generateKemKeyPair();
  const ephemeralKey = ephemeral.publicKey;
  const evidence = await attester.createEvidence({
    role: 'key-broker',
    nonce,
    ephemeralKey,
    // It signs with nothing yet: the ephemeral key stands in that place.
    signingKey: ephemeralKey,
    profileDigest: profile.digest,
    statementDigest: rootRequestDigest({ network, channel, operatorMspId: operator.mspId, ownNonce }),
  });
  const signature = signAs(operator, signing.replicaOperator(nonce, ownNonce, ephemeralKey));
  return { request: create(RootRequestSchema, { nonce, ownNonce, evidence, ephemeralKey, profileDigest: profile.digest, operator: signature }), ephemeral };
}
