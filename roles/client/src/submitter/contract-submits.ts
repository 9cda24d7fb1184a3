import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { afterRefusedCarrier } from '../batching/batch-outcome.js';
import { MAX_REPEATS, type ContractBatches } from '../batching/contract-batches.js';
import { isUsedUp } from '../domain/retry.js';
import type { SubmitterPort } from '../ports.js';
import { createRequests } from '../requests.js';
import type { TransactionSession } from '../session.js';
import { submitThrough } from './through-submitter.js';

/** Commits one contract's requests through a submitter. */
export function createContractSubmits(session: TransactionSession, port: SubmitterPort, contract: string): ContractBatches['submit'] {
  return async (content, alone) => {
    let requests = createRequests(session, contract, content);
    let wasRefused = false;
    const refused = (error: unknown): unknown => (wasRefused ? afterRefusedCarrier(error, toHex(requests.txId)) : error);
    for (let repeats = 1; ; repeats += 1) {
      const outcome = await submitThrough(session, port, requests);
      const isLast = repeats >= MAX_REPEATS;
      if (outcome.kind === 'done') return outcome.result;
      if (outcome.kind === 'failed') throw refused(outcome.error);
      if (outcome.kind === 'anew' || (outcome.kind === 'again' && isLast)) return alone();
      if (outcome.kind === 'again') requests = createRequests(session, contract, content);
      if (outcome.kind === 'rejoin') {
        wasRefused = true;
        // On what is on the ledger by now.
        requests.renew();
      }
      if (outcome.kind === 'alone' || isLast) break;
    }
    try {
      return await alone(requests);
    } catch (error) {
      if (isSelvedgeError(error) && isUsedUp(error.code)) throw lost(toHex(requests.txId), error);
      throw refused(error);
    }
  };
}

/** The submitter, or whoever had the request from it, has had it committed, and the answer is not here. */
function lost(txId: string, cause: unknown): SelvedgeError {
  return new SelvedgeError('COMMIT_UNKNOWN', `transaction ${txId} was handed to the submitter, and its id is used up since; ask for its commit status`, { role: 'client', details: { txId }, cause });
}
