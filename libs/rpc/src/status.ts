import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { CODES, refusalFromWire, SelvedgeError, withRole, type RoleName, type WireStatus } from '@selvedge/errors';
import { encodeMessage, parseMessage, RefusalSchema } from '@selvedge/protocol';
import { tlsRefusal } from './tls-refusals.js';
import type { TlsSetting } from './tls.js';

/** Metadata key under which a refusal travels beside the gRPC status. */
const REFUSAL_KEY = 'selvedge-refusal-bin';
const MAX_REFUSAL_BYTES = 8 * 1024;

/** What a handler's failure looks like on the wire. Only stable text travels; causes stay at home. */
export function toServiceError(error: unknown, role: RoleName): Partial<ServiceError> & { code: status } {
  const refusal = withRole(error, role);
  const metadata = new Metadata();
  const bytes = encodeMessage(RefusalSchema, {
    code: refusal.code,
    role: refusal.role ?? role,
    message: refusal.message,
    action: refusal.action,
  });
  metadata.set(REFUSAL_KEY, Buffer.from(bytes));
  return { code: status[CODES[refusal.code].status], details: `${refusal.code}: ${refusal.message}`, metadata };
}

const TRANSPORT_CODES: Partial<Record<status, { code: 'UNAVAILABLE' | 'TIMEOUT' | 'CANCELLED' | 'MESSAGE_TOO_LARGE' | 'MALFORMED_MESSAGE' }>> = {
  [status.UNAVAILABLE]: { code: 'UNAVAILABLE' },
  [status.DEADLINE_EXCEEDED]: { code: 'TIMEOUT' },
  [status.CANCELLED]: { code: 'CANCELLED' },
  [status.RESOURCE_EXHAUSTED]: { code: 'MESSAGE_TOO_LARGE' },
};

/** The refusal inside a failed call; a transport failure becomes TLS_REFUSED, UNAVAILABLE, TIMEOUT or CANCELLED and names the peer. */
export function fromServiceError(error: ServiceError, peer: string, tls: TlsSetting): SelvedgeError {
  // A stream that was torn down locally throws an error without metadata, whatever its type says.
  const metadata = error.metadata as Metadata | undefined;
  const [raw] = metadata === undefined ? [] : metadata.get(REFUSAL_KEY);
  if (raw !== undefined && typeof raw !== 'string') {
    const wire = parseMessage(RefusalSchema, new Uint8Array(raw), MAX_REFUSAL_BYTES);
    return refusalFromWire(wire);
  }
  const refused = tlsRefusal(error.details, peer, tls);
  if (refused !== undefined) return refused;
  const known = TRANSPORT_CODES[error.code];
  const details = { peer, grpcStatus: status[error.code] as WireStatus };
  return new SelvedgeError(known?.code ?? 'UNAVAILABLE', `call to ${peer} failed: ${status[error.code]}`, { details, cause: error });
}
