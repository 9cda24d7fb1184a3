import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, requireAtMost, requireLength, type SealedRequest, type SubmitterRequest } from '@selvedge/protocol';
import { parseRequestHeader } from '@selvedge/sealed-objects';

/** A sealed request that a client hands to its submitter. */
export interface Submission {
  /** By the client's word. */
  readonly contract: string;
  readonly suite: string;
  /** 32 bytes. */
  readonly txId: Uint8Array;
  readonly sealed: SealedRequest;
  readonly bytes: number;
}

const SALT_BYTES = 32;
/** Of any suite's encapsulated key. */
const MAX_ENC_BYTES = 1_024;

/** Checks what can be seen of a submission. Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED, and as parseRequestHeader. */
export function parseSubmission({ contract, request }: SubmitterRequest, expected: { readonly network: string; readonly channel: string }): Submission {
  if (contract === '' || request === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'a submission names no contract, or holds no request', { role: 'submitter' });
  requireAtMost('bytes of a contract name', Buffer.byteLength(contract), LIMITS.maxNameBytes);
  const { header, enc, salt, ciphertext } = request;
  const { suite, txId } = parseRequestHeader(header, expected);
  requireAtMost('bytes of an encapsulated key', enc.length, MAX_ENC_BYTES);
  requireLength('salt', salt, SALT_BYTES);
  requireAtMost('request', ciphertext.length, LIMITS.maxRequestBytes);
  return { contract, suite, txId, sealed: request, bytes: header.length + enc.length + salt.length + ciphertext.length };
}
