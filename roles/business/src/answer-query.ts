import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, StateAnswerSchema, type SignedStateQuery, type StateAnswer } from '@selvedge/protocol';
import { answerStateQuery } from './domain/answer-state-query.js';
import { asksForPlaintext, verifyStateQuery, type QueryContext } from './domain/verify-state-query.js';
import { answerPlaintextQuery, type LegacyEntries } from './plaintext/answer-plaintext.js';
import type { LedgerPlaintext } from './plaintext/open-plaintext.js';
import type { PlaintextStore } from './plaintext/plaintext-store.js';
import type { PlaintextReaders } from './plaintext/readers.js';
import type { BusinessLedger, HistoryReader, PacketReader } from './ports.js';

export interface QueryAnswererOptions {
  readonly ledger: Pick<BusinessLedger, 'state' | 'profile'>;
  readonly packets: PacketReader;
  readonly history: HistoryReader;
  /** This node's organisation. */
  readonly mspId: string;
  readonly now: () => Date;
  readonly readers: Pick<PlaintextReaders, 'channel'>;
  readonly plaintext: Pick<LedgerPlaintext, 'isPlaintext' | 'feed' | 'verifyCopy'> & { readonly store: Pick<PlaintextStore, 'get'> };
  /** Entries of collections that are taken over; left out: the ledger has none. */
  readonly legacy?: LegacyEntries | undefined;
}

/**
 * Answers signed state queries: packets in the clear, and whatever is kept in plaintext through the channel of a compute node that has
 * proved itself. Throws as verifyStateQuery, PlaintextReaders.channel, answerStateQuery and answerPlaintextQuery; READER_UNATTESTED
 * for plaintext outside of a channel. What needs the store of plaintext is still to be fetched from there.
 */
export function createQueryAnswerer({ ledger, packets, history, mspId, now, readers, plaintext, legacy }: QueryAnswererOptions): (signed: SignedStateQuery) => StateAnswer | (() => Promise<StateAnswer>) {
  const contextOf = (): QueryContext => ({ facts: ledger.state, profile: ledger.profile(), mspId, at: now() });
  return (signed) => {
    const context = contextOf();
    const query = verifyStateQuery(signed, context);
    const state = { ledger: ledger.state, packets, history };
    if (query.readerChannel.length === 0) {
      if (asksForPlaintext(query, ledger.state)) throw new SelvedgeError('READER_UNATTESTED', 'a dataset that is kept in plaintext is read through an attested channel only');
      return answerStateQuery(query, state);
    }
    readers.channel(query.readerChannel, signed, context);
    return async () => {
      const answer = await answerPlaintextQuery(query, { state, plaintext: plaintext.store, feed: plaintext.feed, isPlaintext: plaintext.isPlaintext, verifyCopy: plaintext.verifyCopy, legacy });
      // Whoever was revoked while it was put together gets nothing.
      const present = contextOf();
      verifyStateQuery(signed, present);
      const sealed = readers.channel(query.readerChannel, signed, present).seal(signed.query, encodeMessage(StateAnswerSchema, answer));
      return create(StateAnswerSchema, { nonce: query.nonce, sealed });
    };
  };
}
