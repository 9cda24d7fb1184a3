import { withRole, type RoleName, type SelvedgeError } from '@selvedge/errors';
import type { ChaincodeLog } from './ports.js';

/**
 * Logs a refused call by Fabric's transaction id and the code, and what lies behind it where there is something.
 * Nothing of the call itself is logged.
 */
export function reportRefusal(error: unknown, role: RoleName, log: ChaincodeLog, fabricTxId: string): SelvedgeError {
  const refusal = withRole(error, role);
  const fields = { code: refusal.code, fabricTxId, ...(refusal.cause instanceof Error && { cause: refusal.cause.stack }) };
  if (refusal.code === 'INTERNAL' || refusal.code === 'INVALID_CONFIGURATION') log.error(fields, refusal.message);
  else log.debug(fields, refusal.message);
  return refusal;
}
