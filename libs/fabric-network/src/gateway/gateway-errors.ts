import { status } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { EndorsersRefused } from '@selvedge/fabric';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { clip, codeOfText, refusalOfEndorser } from './peer-messages.js';

const BY_STATUS: Readonly<Record<number, RefusalCode>> = {
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  [status.DEADLINE_EXCEEDED]: 'TIMEOUT',
  [status.CANCELLED]: 'UNAVAILABLE', // by the peer: what the caller cancelled never comes here
  [status.UNIMPLEMENTED]: 'INVALID_CONFIGURATION',
  [status.RESOURCE_EXHAUSTED]: 'MESSAGE_TOO_LARGE',
  [status.PERMISSION_DENIED]: 'IDENTITY_UNTRUSTED',
  [status.UNAUTHENTICATED]: 'IDENTITY_UNTRUSTED',
};

const UNAVAILABLE: number = status.UNAVAILABLE;
const NOT_TAKEN = 'no orderers could successfully process transaction';
const MISSING_PEERS = /failed to find any endorsing peers for org\(s\): (?<mspIds>.+)$/;

/** Statuses that say all by themselves. */
const TRANSPORT: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED]);

/**
 * What a failed endorsement or evaluation means: EndorsersRefused where endorsers gave reasons.
 * @param peer names the gateway peer
 */
export function endorsementFailure(error: unknown, peer: string): SelvedgeError {
  if (!(error instanceof GatewayError)) return foreign(error, peer);
  const refusals = error.details.filter(({ message }) => message !== '').map(({ mspId, message }) => refusalOfEndorser(mspId, message));
  const missing = MISSING_PEERS.exec(error.message)?.groups?.mspIds?.split(', ').map((mspId) => refusalOfEndorser(mspId, textOf(error))) ?? [];
  if (missing.length > 0) return new EndorsersRefused(missing, { cause: error, isUndiscovered: true });
  if (refusals.length > 0) return new EndorsersRefused(refusals, { cause: error });
  if (TRANSPORT.has(error.code)) return byStatus(error, peer);
  // An evaluation repeats the one endorser's text as its own.
  const { refusal } = refusalOfEndorser('', textOf(error));
  return refusal.code === 'FABRIC_REFUSED' ? byStatus(error, peer) : new SelvedgeError(refusal.code, refusal.message, { role: 'endorser', cause: error });
}

/** What a failed submission means. */
export function submissionFailure(error: unknown, peer: string): SelvedgeError {
  if (!(error instanceof GatewayError)) return foreign(error, peer);
  const texts = [textOf(error), ...error.details.map(({ address, message }) => `${address}: ${message}`)].join('; ');
  const named = texts.includes('REQUEST_ENTITY_TOO_LARGE') ? 'MESSAGE_TOO_LARGE' : codeOfText(texts);
  const code = isNotTaken(error) ? 'NOT_READY' : ((TRANSPORT.has(error.code) ? undefined : named) ?? BY_STATUS[error.code] ?? 'FABRIC_REFUSED');
  return new SelvedgeError(code, clip(`ordering through ${peer}: ${texts}`), { role: 'ledger', details: { peer }, cause: error });
}

/** Every orderer answered and none took it, as while they elect a leader: the gateway adds a detail only where a call to one failed. */
function isNotTaken(error: GatewayError): boolean {
  return error.code === UNAVAILABLE && error.details.length === 0 && error.message.includes(NOT_TAKEN);
}

/** What a failed question for a commit status means. */
export function commitStatusFailure(error: unknown, peer: string): SelvedgeError {
  return error instanceof GatewayError ? byStatus(error, peer) : foreign(error, peer);
}

function byStatus(error: GatewayError, peer: string): SelvedgeError {
  const code = (TRANSPORT.has(error.code) ? undefined : codeOfText(error.message)) ?? BY_STATUS[error.code] ?? 'FABRIC_REFUSED';
  return new SelvedgeError(code, clip(`${peer}: ${textOf(error)}`), { role: 'ledger', details: { peer }, cause: error });
}

function foreign(error: unknown, peer: string): SelvedgeError {
  if (isSelvedgeError(error)) return error;
  return new SelvedgeError('INTERNAL', `call to ${peer} failed`, { role: 'client', details: { peer }, cause: error });
}

/** gRPC puts the status before the text: "14 UNAVAILABLE: …". */
function textOf(error: Error): string {
  return error.message.replace(/^\d+ [A-Z_]+: /, '');
}
