import { compareBytes, equalBytes, labelledHash, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** Enough that two keys of one network hardly share a mark; where they do, one is only asked for anew. */
export const CHANGE_MARK_BYTES = 8;

/** Private data key of an entry on Fabric. @param ledgerKey 32 bytes */
export function entryKey(ledgerKey: Uint8Array): string {
  return `d${toHex(ledgerKey)}`;
}

/** Private data key of an entry's own endorsement policy on Fabric. @param ledgerKey 32 bytes */
export function policyEntryKey(ledgerKey: Uint8Array): string {
  return `p${toHex(ledgerKey)}`;
}

/** Stands for a place whose value changed, alike on every ledger. @param keyHash SHA-256 of its private data key, which is all that Fabric's blocks show */
export function changeMark(contract: string, ownerSet: string, keyHash: Uint8Array): Uint8Array {
  return labelledHash('change mark', contract, ownerSet, keyHash).subarray(0, CHANGE_MARK_BYTES);
}

/** Mark of a change of an entry's value. @param ledgerKey 32 bytes */
export function entryMark(contract: string, ownerSet: string, ledgerKey: Uint8Array): Uint8Array {
  return changeMark(contract, ownerSet, sha256(Buffer.from(entryKey(ledgerKey))));
}

/** Mark of a change of an entry's own endorsement policy. @param ledgerKey 32 bytes */
export function keyPolicyMark(contract: string, ownerSet: string, ledgerKey: Uint8Array): Uint8Array {
  return changeMark(contract, ownerSet, sha256(Buffer.from(policyEntryKey(ledgerKey))));
}

/** Marks as a statement lists them: ascending, each once. */
export function encodeChangeMarks(marks: Iterable<Uint8Array>): Uint8Array {
  const sorted = [...marks].sort(compareBytes);
  return Buffer.concat(sorted.filter((mark, index) => index === 0 || !equalBytes(mark, sorted[index - 1] ?? mark)));
}

/** The marks of one block, hexadecimal. Throws MALFORMED_MESSAGE. */
export function parseChangeMarks(bytes: Uint8Array): string[] {
  if (bytes.length % CHANGE_MARK_BYTES !== 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'change marks: bytes left over');
  const text = toHex(bytes);
  const marks = Array.from({ length: bytes.length / CHANGE_MARK_BYTES }, (_, index) => text.slice(2 * CHANGE_MARK_BYTES * index, 2 * CHANGE_MARK_BYTES * (index + 1)));
  const isAscending = marks.every((mark, index) => index === 0 || (marks[index - 1] ?? '') < mark);
  if (!isAscending) throw new SelvedgeError('MALFORMED_MESSAGE', 'change marks: not ascending');
  return marks;
}
