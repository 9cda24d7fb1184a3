import { create } from '@bufbuild/protobuf';
import { equalBytes, suiteByName, type KemKeyPair, type SigningKeyPair, type Suite } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import { KeyRequestSchema, signing, type ChallengeAnswer, type KeyRequest } from '@selvedge/protocol';
import { nodeStatementDigest } from '../node-statement.js';
import type { AppraisalProfile, Attester, NodeTeeRole } from '../types.js';

export interface KeyRequestInput {
  readonly attester: Attester;
  /** Default: compute. */
  readonly role?: NodeTeeRole;
  readonly suite: string;
  readonly nodeId: string;
  /** Peer or administrator identity of the organisation that operates the node. */
  readonly operator: Signer;
  readonly challenge: ChallengeAnswer;
  readonly profile: AppraisalProfile;
  /** The node's signing key, kept over renewals; made when left out. Of the suite. */
  readonly signingKeys?: SigningKeyPair;
}

/** A request under way: what is sent, and what opens its answer. Holds private keys. */
export interface PendingKeyRequest {
  readonly request: KeyRequest;
  readonly suite: Suite;
  readonly ephemeral: KemKeyPair;
  readonly signingKeys: SigningKeyPair;
  readonly operatorMspId: string;
}

/**
 * Builds an attested party's request for keys, answering the broker's challenge.
 * Throws PROFILE_MISMATCH when the broker runs with another profile, UNKNOWN_SUITE, MALFORMED_MESSAGE.
 */
export async function createKeyRequest(input: KeyRequestInput): Promise<PendingKeyRequest> {
  const { attester, role = 'compute', nodeId, operator, challenge, profile } = input;
  const suite = suiteByName(input.suite);
  if (!equalBytes(challenge.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the key broker runs with another network profile');
  const { nonce } = challenge;
  const ephemeral = suite.generateKemKeyPair();
  const signingKeys = input.signingKeys ?? suite.generateSigningKeyPair();
  const signingKey = signingKeys.publicKeyDer;
  const { network, channel } = profile.message;
  const evidence = await attester.createEvidence({
    role,
    nonce,
    ephemeralKey: ephemeral.publicKey,
    signingKey,
    profileDigest: profile.digest,
    statementDigest: nodeStatementDigest({ network, channel, nodeId, suite: suite.name, operatorMspId: operator.mspId }),
  });
  const request = create(KeyRequestSchema, {
    nonce,
    role,
    evidence,
    suite: suite.name,
    nodeId,
    ephemeralKey: ephemeral.publicKey,
    signingKey,
    profileDigest: profile.digest,
    operator: signAs(operator, signing.operator(nonce, nodeId, signingKey, ephemeral.publicKey)),
  });
  return { request, suite, ephemeral, signingKeys, operatorMspId: operator.mspId };
}
