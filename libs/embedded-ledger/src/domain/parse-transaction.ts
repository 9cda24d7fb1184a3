import { SelvedgeError } from '@selvedge/errors';
import { policyTransactionId } from '@selvedge/policy';
import { LIMITS, parseMessage, TransactionSchema } from '@selvedge/protocol';
import { parseEndorsedTransaction, type EndorsedContent } from './endorsed-content.js';

/** One transaction of a block, parsed. */
export type ParsedTransaction =
  | { readonly kind: 'endorsed'; readonly txIds: readonly Uint8Array[]; readonly content: EndorsedContent }
  /** bytes: PolicyTransaction bytes. */
  | { readonly kind: 'policy'; readonly txIds: readonly Uint8Array[]; readonly bytes: Uint8Array };

/** Parses Transaction bytes. Throws what parseEndorsedTransaction throws. */
export function parseTransaction(bytes: Uint8Array): ParsedTransaction {
  const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
  switch (kind.case) {
    case 'endorsed': {
      const content = parseEndorsedTransaction(kind.value);
      return { kind: 'endorsed', txIds: content.txIds, content };
    }
    case 'policy':
      return { kind: 'policy', txIds: [policyTransactionId(kind.value)], bytes: kind.value };
    default:
      throw new SelvedgeError('MALFORMED_MESSAGE', 'transaction: neither endorsed nor policy');
  }
}
