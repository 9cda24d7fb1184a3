import { compareBytes, equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { StateAnswer } from '@selvedge/protocol';

const HASH_BYTES = 32;

/** What was asked of one business node. */
export interface AskedQuery {
  readonly nonce: Uint8Array;
  readonly points: number;
  readonly sets: number;
  readonly guards: number;
  readonly histories: number;
}

const forged = (what: string): SelvedgeError => new SelvedgeError('STATE_FORGED', what);

/** Checks that an answer is one to this very query. Throws STATE_FORGED. Packets and height are checked for each read. */
export function verifyAnswerFits(answer: StateAnswer, asked: AskedQuery): void {
  if (!equalBytes(answer.nonce, asked.nonce)) throw forged('the answer is to another query');
  if (answer.points.length !== asked.points) throw forged('the answer has another number of entries');
  if (answer.sets.length !== asked.sets) throw forged('the answer has another number of sets');
  if (answer.guards.length !== asked.guards) throw forged('the answer has another number of guards');
  if (answer.histories.length !== asked.histories) throw forged('the answer has another number of histories');
  for (const { txId } of answer.guards) {
    const isGuardValue = txId.length === 0 || txId.length === HASH_BYTES;
    if (!isGuardValue) throw forged('a guard of the answer is not a transaction id');
  }
}

/** Throws STATE_BEHIND when the answer is of a lower height than the ledger view allows. */
export function verifyHeight(height: bigint, minHeight: bigint): void {
  if (height < minHeight) throw new SelvedgeError('STATE_BEHIND', `answered at height ${String(height)}, at least ${String(minHeight)} is needed`);
}

/** Checks that a page goes on where the last one ended, in ledger key order, each entry once. Throws STATE_FORGED. */
export function verifyPageOrder(entries: readonly { readonly ledgerKey: Uint8Array }[], after: Uint8Array): void {
  let previous = after;
  for (const { ledgerKey } of entries) {
    if (compareBytes(ledgerKey, previous) <= 0) throw forged('the entries of a set are not in order');
    previous = ledgerKey;
  }
}
