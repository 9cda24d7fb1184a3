import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseMessage, requireAtMost, requireLength, SignedViewSchema, ViewBodySchema, type LedgerWrite, type ViewBody } from '@selvedge/protocol';

const NONCE_BYTES = 24;
const HASH_BYTES = 32;
/** Writes that one question may ask about. */
const MAX_WRITES = 1_000;
/** Of an HPKE public key, in any suite. */
const MAX_PUBLIC_KEY_BYTES = 256;

/** A parsed question, of whom is not known yet. */
export interface ParsedView {
  readonly body: ViewBody;
  readonly question: Exclude<ViewBody['question'], { readonly case: undefined }>;
  /** As they were signed. */
  readonly bodyBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Parses SignedView bytes. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED. */
export function parseView(signedView: Uint8Array): ParsedView {
  const { body: bodyBytes, signature } = parseMessage(SignedViewSchema, signedView, LIMITS.maxRequestBytes);
  const body = parseMessage(ViewBodySchema, bodyBytes, LIMITS.maxRequestBytes);
  requireAtMost('view signature', signature.length, LIMITS.maxSignatureBytes);
  requireAtMost('reader', body.reader.length, LIMITS.maxCreatorBytes);
  requireAtMost('reader_key', body.readerKey.length, MAX_PUBLIC_KEY_BYTES);
  requireAtMost('bytes of a contract’s name', Buffer.byteLength(body.contract), LIMITS.maxNameBytes);
  requireLength('nonce', body.nonce, NONCE_BYTES);
  const { question } = body;
  if (question.case === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'view: no question');
  if (question.case === 'transaction') verifyTransaction(question.value);
  else requireAtMost('bytes of a dataset’s name', Buffer.byteLength(question.value.dataset), LIMITS.maxNameBytes);
  return { body, question, bodyBytes, signature };
}

function verifyTransaction({ txId, writes, sealedEvent }: { readonly txId: Uint8Array; readonly writes: readonly LedgerWrite[]; readonly sealedEvent: Uint8Array }): void {
  requireLength('tx_id', txId, HASH_BYTES);
  requireAtMost('writes', writes.length, MAX_WRITES);
  requireAtMost('sealed event', sealedEvent.length, LIMITS.maxPacketBytes);
  for (const { ownerSet, dataset, datasetTag, ledgerKey, packetHash } of writes) {
    requireLength('ledger_key', ledgerKey, HASH_BYTES);
    requireLength('dataset_tag', datasetTag, HASH_BYTES);
    if (packetHash.length > 0) requireLength('packet_hash', packetHash, HASH_BYTES);
    for (const name of [ownerSet, dataset]) requireAtMost('bytes of a name', Buffer.byteLength(name), LIMITS.maxNameBytes);
  }
}
