import { toHex } from '@selvedge/crypto';
import { encodeMessage, LIMITS, OpenedEventsSchema, parseMessage, RequestKind, SealedEventOfSchema, type ChaincodeEvent as OpenedEvent } from '@selvedge/protocol';
import { openEvaluateAnswer } from './domain/answer.js';
import { eventsOfContract, requireSameCount, type LedgerEvents } from './domain/block-events.js';
import { callOf, executeOnOneNode } from './execution.js';
import { createRequests } from './requests.js';
import type { TransactionSession } from './session.js';

/** An event of a committed, valid transaction, opened; in the shape of Fabric's own gateway library. */
export interface ChaincodeEvent {
  readonly blockNumber: bigint;
  /** Hexadecimal. */
  readonly transactionId: string;
  readonly chaincodeName: string;
  readonly eventName: string;
  readonly payload: Uint8Array;
}

export interface ChaincodeEventsOptions {
  /** First block whose events are wanted; default: the next one. */
  readonly startBlock?: bigint | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Events as they come; `close` ends the wait for more. */
export interface ChaincodeEvents extends AsyncIterable<ChaincodeEvent> {
  close(): void;
}

/**
 * Reads sealed events off the ledger and has a compute node open them. Iterating throws EVENT_ACCESS_DENIED where the manifest
 * does not entitle this identity's organisation, and what the ledger or the compute nodes refuse with; a reader goes on by
 * `startBlock`.
 */
export function createChaincodeEvents(session: TransactionSession, contract: string, options: ChaincodeEventsOptions = {}): ChaincodeEvents {
  const closed = new AbortController();
  const signal = AbortSignal.any([closed.signal, session.closing, ...(options.signal === undefined ? [] : [options.signal])]);

  async function* read(): AsyncGenerator<ChaincodeEvent> {
    try {
      const startBlock = options.startBlock ?? (await session.trust.current()).view.height;
      for await (const found of session.lane.events(contract, startBlock, signal)) {
        for (const { name, payload } of await openOnNode(session, contract, found, signal)) {
          yield { blockNumber: found.blockNumber, transactionId: toHex(found.txId), chaincodeName: contract, eventName: name, payload };
        }
      }
    } catch (error) {
      // Closed while it waited: the end, and no failure.
      if (!signal.aborted) throw error;
    }
  }

  return {
    [Symbol.asyncIterator]: read,
    close: () => {
      closed.abort();
    },
  };
}

async function openOnNode(session: TransactionSession, contract: string, found: LedgerEvents, signal: AbortSignal): Promise<readonly OpenedEvent[]> {
  const { txId } = found;
  const sealed = eventsOfContract(found, contract);
  if (sealed.length === 0) return [];
  const args = sealed.map((sealedEvent) => encodeMessage(SealedEventOfSchema, { txId, sealedEvent }));
  const requests = createRequests(session, contract, { args, transient: {} });
  const { response } = await requests.withFreshEvidence(RequestKind.OPEN_EVENTS, (request) => executeOnOneNode(session, callOf(request, openEvaluateAnswer), signal));
  const { events } = parseMessage(OpenedEventsSchema, response.payload, LIMITS.maxMessageBytes);
  requireSameCount(txId, sealed.length, events.length);
  return events;
}
