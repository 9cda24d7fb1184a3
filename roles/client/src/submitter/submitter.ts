import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, SubmitterMessageSchema, type ItemEnd, type SubmitterMessage, type SubmitterRequest } from '@selvedge/protocol';
import { createBatchQueue, DEFAULT_IN_FLIGHT, type BatchPolicy, type BatchQueue } from '../batching/batch-queue.js';
import { createAdmission, fitTogether, type AdmissionLimits } from '../domain/admission.js';
import { createContention } from '../domain/contention.js';
import { parseSubmission, type Submission } from '../domain/parse-submission.js';
import type { TransactionSession } from '../session.js';
import { createMailbox } from './mailbox.js';
import { relayBatch, type RelayedRequest } from './relay-batch.js';

/** Of a batch's requests; cores and packets travel in messages of their own. */
const MAX_BATCH_BYTES = LIMITS.maxMessageBytes / 2;

/** How a submitter groups what its clients hand to it. */
export interface SubmitterPolicy {
  readonly limits: AdmissionLimits;
  /** By contract. */
  readonly batching: (contract: string) => BatchPolicy;
  readonly onBatch?: (batch: { readonly contract: string; readonly items: number }) => void;
}

/** Groups the sealed requests of many clients into batches, and sees them to the ledger. */
export interface Submitter {
  /**
   * Takes a request in, and tells how it fares. A client that goes away before its batch starts takes its request along. Throws DRAINING, OVERLOADED,
   * REQUEST_REPLAYED while the same id is here already, UNKNOWN_SUITE for another than the contract's, CONTRACT_UNKNOWN, and as parseSubmission.
   * @param client whose connection it came by
   */
  submit(request: SubmitterRequest, client: string, signal: AbortSignal): AsyncGenerator<SubmitterMessage, void>;
  /** Takes nothing more in; resolves when all that is here has ended. */
  drain(): Promise<void>;
  readonly queued: number;
}

interface Waiting extends RelayedRequest {
  readonly bytes: number;
  readonly isGone: () => boolean;
}

export function createSubmitter(session: TransactionSession, { limits, batching, onBatch }: SubmitterPolicy): Submitter {
  const admission = createAdmission(limits);
  const queues = new Map<string, BatchQueue<Waiting>>();
  const here = new Set<string>();
  let isDraining = false;
  let onEmpty = (): void => undefined;

  const queueOf = (contract: string): BatchQueue<Waiting> => {
    let queue = queues.get(contract);
    if (queue === undefined) queues.set(contract, (queue = createQueue(contract)));
    return queue;
  };
  const createQueue = (contract: string): BatchQueue<Waiting> => {
    const policy = batching(contract);
    const contention = createContention(policy.maxInFlight ?? DEFAULT_IN_FLIGHT);
    const fit = (items: readonly Waiting[]): number => fitTogether(items.map(({ bytes }) => bytes), MAX_BATCH_BYTES);
    return createBatchQueue<Waiting>({ ...policy, limit: () => contention.limit(), fit }, async (items) => {
      const present = items.filter(({ isGone }) => !isGone());
      if (present.length === 0) return;
      const end = contention.begin();
      onBatch?.({ contract, items: present.length });
      const { isStale } = await relayBatch(session, contract, present);
      end(isStale);
    });
  };

  const leave = (id: string): void => {
    here.delete(id);
    if (here.size === 0) onEmpty();
  };
  const takeIn = async (request: SubmitterRequest): Promise<Submission> => {
    const submission = parseSubmission(request, session);
    // Also bounds the queues by what the ledger has.
    const { policy } = await session.trust.terms(submission.contract);
    if (submission.suite !== policy.suite) throw new SelvedgeError('UNKNOWN_SUITE', `contract ${submission.contract} is of another suite`, { role: 'submitter' });
    return submission;
  };

  return {
    async *submit(request, client, signal) {
      const { contract, txId, sealed, bytes } = await takeIn(request);
      if (isDraining) throw new SelvedgeError('DRAINING', 'the submitter is about to stop', { role: 'submitter' });
      const id = toHex(txId);
      if (here.has(id)) throw new SelvedgeError('REQUEST_REPLAYED', 'a request of this transaction id is under way here', { role: 'submitter' });
      const free = admission.admit(client, bytes);
      here.add(id);
      const mailbox = createMailbox<SubmitterMessage>(signal);
      const end = (): void => {
        free();
        leave(id);
        mailbox.close();
      };
      let isStarted = false;
      const onGone = (): void => { if (!isStarted) end(); };
      signal.addEventListener('abort', onGone, { once: true });
      queueOf(contract).add({
        txId,
        sealed,
        bytes,
        isGone() {
          isStarted = true;
          return signal.aborted;
        },
        answered(answer) {
          mailbox.post(create(SubmitterMessageSchema, { kind: { case: 'answered', value: answer } }));
        },
        ended(value: ItemEnd) {
          mailbox.post(create(SubmitterMessageSchema, { kind: { case: 'ended', value } }));
          end();
        },
      });
      yield* mailbox.messages();
    },
    async drain() {
      isDraining = true;
      if (here.size > 0) await new Promise<void>((resolve) => { onEmpty = resolve; });
    },
    get queued() {
      return admission.queued;
    },
  };
}
