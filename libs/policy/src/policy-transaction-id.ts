import { labelledHash } from '@selvedge/crypto';
import { LIMITS, PolicyTransactionSchema, parseMessage } from '@selvedge/protocol';

/**
 * Id under which a policy transaction's result is kept: of its change, so that it commits at most once, whoever
 * approved it. policyTransaction: PolicyTransaction bytes. 32 bytes. Throws MALFORMED_MESSAGE or MESSAGE_TOO_LARGE.
 */
export function policyTransactionId(policyTransaction: Uint8Array): Uint8Array {
  const { change } = parseMessage(PolicyTransactionSchema, policyTransaction, LIMITS.maxMessageBytes);
  return labelledHash('policy transaction', change);
}
