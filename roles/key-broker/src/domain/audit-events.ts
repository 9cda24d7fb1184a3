import { evidenceDigest } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import { parseMessage, SerializedIdentitySchema, LIMITS, type KeyRequest } from '@selvedge/protocol';
import type { AuditEvent } from '@selvedge/attestation';
import type { AuthorisedReplica } from '../replication/authorise.js';
import type { ReceivedRoot } from '../replication/share.js';
import type { AuthorisedRequest } from './authorise.js';
import type { ReleaseDecision } from './release-decision.js';

/** Text of a refused party's own choosing is cut to this many characters. */
const MAX_CLAIMED_TEXT = 128;
/** Contracts whose denial stands in the entry of a release; a channel may have many. */
const MAX_DENIALS = 16;

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
    ...(decision.denied.length === 0 ? {} : { denied: bounded(decision.denied) }),
  };
}

function bounded(denied: readonly string[]): readonly string[] {
  const more = denied.length - MAX_DENIALS;
  return more > 0 ? [...denied.slice(0, MAX_DENIALS), `${String(more)} more`] : denied;
}

/** The first entry of a process: a root was made here, came from another replica, or was in the store already. */
export function startEvent(isNew: boolean, received: ReceivedRoot | undefined, at: Date): AuditEvent {
  if (received !== undefined) return { event: isNew ? 'joined' : 'unlocked', at: at.toISOString(), evidenceDigest: toHex(received.evidenceDigest) };
  return { event: isNew ? 'created' : 'started', at: at.toISOString() };
}

/** The root was handed over to another replica. */
export function shareEvent({ operatorMspId, attestation, evidenceDigest: digest }: AuthorisedReplica, height: bigint, at: Date): AuditEvent {
  return {
    event: 'root-shared',
    at: at.toISOString(),
    operatorMspId,
    teeType: attestation.teeType,
    platformId: toHex(attestation.platformId),
    measurement: toHex(attestation.measurement),
    evidenceDigest: toHex(digest),
    ledgerHeight: String(height),
  };
}

/** A refused request for keys, or another replica's for the root, which names neither role nor node nor suite. */
type RefusedRequest = Pick<KeyRequest, 'evidence' | 'operator'> & Partial<Pick<KeyRequest, 'role' | 'nodeId' | 'suite'>>;

/** What a refused party claimed of itself, bounded in size, and of a refusal by rules, which. */
export function refusalEvent(request: RefusedRequest, error: unknown, at: Date): AuditEvent {
  const code = refusalCodeOf(error);
  const { evidence, role, nodeId, suite } = request;
  return {
    event: 'refused',
    at: at.toISOString(),
    code,
    ...(role === undefined ? {} : { role: role.slice(0, MAX_CLAIMED_TEXT) }),
    ...(nodeId === undefined ? {} : { nodeId: nodeId.slice(0, MAX_CLAIMED_TEXT) }),
    operatorMspId: claimedMspId(request).slice(0, MAX_CLAIMED_TEXT),
    ...(suite === undefined ? {} : { suite: suite.slice(0, MAX_CLAIMED_TEXT) }),
    ...(evidence === undefined ? {} : { teeType: evidence.teeType.slice(0, MAX_CLAIMED_TEXT), evidenceDigest: toHex(evidenceDigest(evidence)) }),
    ...(isSelvedgeError(error, 'KEY_ACCESS_DENIED') ? { denied: [error.message] } : {}),
  };
}

/** What a refusal counts as. */
export function refusalCodeOf(error: unknown): RefusalCode {
  return isSelvedgeError(error) ? error.code : 'INTERNAL';
}

function claimedMspId({ operator }: RefusedRequest): string {
  try {
    return parseMessage(SerializedIdentitySchema, operator?.identity ?? new Uint8Array(0), LIMITS.maxCreatorBytes).mspid;
  } catch {
    return '';
  }
}
