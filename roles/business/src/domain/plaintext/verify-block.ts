import { SelvedgeError } from '@selvedge/errors';
import { requireAtMost, requireLength } from '@selvedge/protocol';
import type { PlaintextBlock, PlaintextChange } from '../../plaintext/plaintext-store.js';

/** PostgreSQL's bigint. */
const MAX_BLOCK_NUMBER = 2n ** 63n - 1n;
const MAX_NAME_BYTES = 512;
const HEX = /^[0-9a-f]*$/;

/**
 * Checks that a block can be kept by every store: keys of entries of 32 bytes, names of contracts and datasets of at
 * most 512 bytes without U+0000, keys that are valid Unicode. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED; the text
 * names no key.
 */
export function verifyPlaintextBlock({ number, changes }: PlaintextBlock): void {
  if (number < 0n || number > MAX_BLOCK_NUMBER) throw new SelvedgeError('LIMIT_EXCEEDED', `block ${String(number)} is no block number`);
  for (const change of changes) verifyChange(change);
}

function verifyChange({ contract, dataset, ledgerKey, key, packetHash, txId }: PlaintextChange): void {
  verifyName('contract', contract);
  verifyName('dataset', dataset);
  requireLength('ledger key', ledgerKey, 32);
  requireLength('packet hash', packetHash, 32);
  if (!isUnicode(key)) throw new SelvedgeError('MALFORMED_MESSAGE', 'a key is not valid Unicode');
  if (!HEX.test(txId)) throw new SelvedgeError('MALFORMED_MESSAGE', 'a transaction id is not in hex');
}

function verifyName(what: string, name: string): void {
  requireAtMost(`${what} name bytes`, Buffer.byteLength(name), MAX_NAME_BYTES);
  if (name.includes('\0') || !isUnicode(name)) throw new SelvedgeError('MALFORMED_MESSAGE', `the name of a ${what} is not valid`);
}

/** Without a lone surrogate, which no UTF-8 stands for. */
function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
