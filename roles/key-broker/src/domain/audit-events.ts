import { evidenceDigest } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import type { RefusalCode } from '@selvedge/errors';
import { parseMessage, SerializedIdentitySchema, LIMITS, type KeyRequest } from '@selvedge/protocol';
import type { AuditEvent } from '@selvedge/attestation';
import type { AuthorisedRequest } from './authorise.js';
import type { ReleaseDecision } from './release-decision.js';

/** Text of a refused party's own choosing is cut to this many characters. */
const MAX_CLAIMED_TEXT = 128;

export function releaseEvent(request: AuthorisedRequest, decision: ReleaseDecision, height: bigint, at: Date): AuditEvent {
  const { role, nodeId, operatorMspId, suite, attestation } = request;
  return {
    event: 'released',
    at: at.toISOString(),
    role,
    nodeId,
    operatorMspId,
    suite,
    teeType: attestation.teeType,
    platformId: toHex(attestation.platformId),
    measurement: toHex(attestation.measurement),
    evidenceDigest: toHex(request.evidenceDigest),
    ledgerHeight: String(height),
    channelEpoch: String(decision.channelEpoch),
    contracts: decision.contracts.flatMap(({ contract, epochs }) => epochs.map((epoch) => `${contract}@${String(epoch)}`)),
  };
}

/** What a refused party claimed of itself: unverified, bounded in size. */
export function refusalEvent(request: KeyRequest, code: RefusalCode, at: Date): AuditEvent {
  const { evidence } = request;
  return {
    event: 'refused',
    at: at.toISOString(),
    code,
    role: request.role.slice(0, MAX_CLAIMED_TEXT),
    nodeId: request.nodeId.slice(0, MAX_CLAIMED_TEXT),
    operatorMspId: claimedMspId(request).slice(0, MAX_CLAIMED_TEXT),
    suite: request.suite.slice(0, MAX_CLAIMED_TEXT),
    ...(evidence === undefined ? {} : { teeType: evidence.teeType.slice(0, MAX_CLAIMED_TEXT), evidenceDigest: toHex(evidenceDigest(evidence)) }),
  };
}

function claimedMspId({ operator }: KeyRequest): string {
  try {
    return parseMessage(SerializedIdentitySchema, operator?.identity ?? new Uint8Array(0), LIMITS.maxCreatorBytes).mspid;
  } catch {
    return '';
  }
}
