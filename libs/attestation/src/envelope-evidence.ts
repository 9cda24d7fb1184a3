import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { FactReader } from '@selvedge/policy';
import { BrokerStatementSchema, LIMITS, parseMessage, statementDigest, type BrokerStatement, type EnvelopeEvidence } from '@selvedge/protocol';
import { verifyAndAppraise } from './appraisal/verify-and-appraise.js';
import { parseBrokerRoot } from './certificate/verify.js';
import { verifyTeeNotRevoked } from './tee-revocation.js';
import type { AppraisalProfile } from './types.js';

export interface EnvelopeEvidenceInput {
  readonly answer: EnvelopeEvidence;
  /** 32 bytes: the caller's own, fresh. */
  readonly nonce: Uint8Array;
  readonly profile: AppraisalProfile;
  readonly at: Date;
  /** As the caller sees it; left out before there is one to ask, as when the first key broker is recorded. */
  readonly ledger?: FactReader | undefined;
}

/**
 * What a client or an administrator does with a key broker's answer before it believes any key in it: the evidence
 * verifies, is a key broker's by the profile that the ledger does not revoke, and binds the statement, the nonce and the profile.
 * Throws PROFILE_MISMATCH, EVIDENCE_*, APPRAISAL_REFUSED, BROKER_REVOKED, SIMULATED_TEE_REFUSED, WRONG_NETWORK, WRONG_CHANNEL,
 * MALFORMED_MESSAGE, TEE_CERTIFICATE_INVALID.
 */
export function verifyEnvelopeEvidence({ answer, nonce, profile, at, ledger }: EnvelopeEvidenceInput): BrokerStatement {
  if (!equalBytes(answer.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the key broker runs with another network profile');
  if (answer.evidence === undefined) throw new SelvedgeError('EVIDENCE_MALFORMED', 'no evidence');
  const statement = parseMessage(BrokerStatementSchema, answer.statement, LIMITS.maxFactBytes);
  const root = parseBrokerRoot(statement.rootCertificate);
  const broker = verifyAndAppraise({
    evidence: answer.evidence,
    binding: {
      role: 'key-broker',
      nonce,
      ephemeralKey: answer.ephemeralKey,
      signingKey: root.publicKey.export({ format: 'der', type: 'spki' }),
      profileDigest: profile.digest,
      statementDigest: statementDigest(answer.statement),
    },
    profile,
    role: 'key-broker',
    at,
  });
  if (ledger !== undefined) verifyTeeNotRevoked(ledger, broker, 'BROKER_REVOKED');
  if (statement.network !== profile.message.network) throw new SelvedgeError('WRONG_NETWORK', 'the key broker serves another network');
  if (statement.channel !== profile.message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the key broker serves another channel');
  return statement;
}
