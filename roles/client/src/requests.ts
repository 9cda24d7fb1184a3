import { randomBytes } from 'node:crypto';
import { suiteByName } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { computeTxId, type RequestKind } from '@selvedge/protocol';
import { chooseCalledEpochs, chooseKeyEpoch } from './domain/envelope.js';
import { buildRequest, type BuiltRequest } from './domain/request.js';
import { isWorthRebuild } from './domain/retry.js';
import { pause } from './repeat.js';
import type { Session } from './session.js';

const NONCE_BYTES = 24;
const NODE_PAUSE_MS = 150;

/** The sealed requests of one transaction id, one of each kind. */
export interface Requests {
  readonly txId: Uint8Array;
  /** One sealed request for all tries and replicas. Verifies evidence first. */
  get(kind: RequestKind): Promise<BuiltRequest>;
  /** Has what was built be built anew, on the evidence of then. */
  renew(): void;
  /** Runs with a request of this kind, and again with a fresh one where the evidence or epoch behind it has changed. */
  withFreshEvidence<T>(kind: RequestKind, run: (request: BuiltRequest) => Promise<T>): Promise<T>;
}

/** What makes a transaction id, and the time that goes with it. */
export interface RequestOrigin {
  /** 24 bytes, fresh for each transaction. */
  readonly nonce: Uint8Array;
  readonly timestamp: Date;
}

/** What a request says to the contract. */
export interface RequestContent {
  /** args[0] is the function name. */
  readonly args: readonly Uint8Array[];
  readonly transient: Readonly<Record<string, Uint8Array>>;
  /** Organisations that must confirm what is read; 0: none. Of an evaluate. */
  readonly confirmQuorum?: number;
  /** Of a map: which of how many parts it makes. */
  readonly place?: { readonly index: number; readonly count: number };
  /** Has the parts made that the request goes over, each time that it is built. */
  readonly mapParts?: (origin: RequestOrigin) => Promise<readonly Uint8Array[]>;
}

/** Prepares requests to a contract; nothing is sent. @param origin of the request that these are parts of; default: a new one */
export function createRequests(
  session: Session,
  contract: string,
  { mapParts, ...content }: RequestContent,
  origin: RequestOrigin = { nonce: new Uint8Array(randomBytes(NONCE_BYTES)), timestamp: session.clock() },
): Requests {
  const { nonce, timestamp } = origin;
  const built = new Map<RequestKind, Promise<BuiltRequest>>();

  const build = async (kind: RequestKind): Promise<BuiltRequest> => {
    const parts = (await mapParts?.(origin)) ?? [];
    const [{ view, envelope }, { policy }] = [await session.trust.current(), await session.trust.terms(contract)];
    const suite = suiteByName(policy.suite).name;
    const envelopeKey = envelope.keys.get(suite);
    if (envelopeKey === undefined) throw new SelvedgeError('UNKNOWN_SUITE', `the key broker has no envelope key of suite ${suite}`, { role: 'client' });
    const keyEpoch = chooseKeyEpoch(envelope, view, contract);
    const calledEpochs = chooseCalledEpochs(envelope, view, contract);
    const { digest } = view.profile;
    const context = session.senders.contextOf(suite, envelopeKey);
    return buildRequest({ context, contract, kind, confirmQuorum: 0, ...content, parts, nonce, timestamp, keyEpoch, calledEpochs, leastHeight: session.knownHeight.height, profileDigest: digest }, session.signer);
  };

  // A failed build is not kept.
  const get = (kind: RequestKind): Promise<BuiltRequest> => {
    let pending = built.get(kind);
    if (pending === undefined) {
      pending = build(kind);
      built.set(kind, pending);
      pending.catch(() => built.delete(kind));
    }
    return pending;
  };

  return {
    txId: computeTxId(nonce, session.signer.serialized),
    get,
    renew() {
      built.clear();
    },
    async withFreshEvidence(kind, run) {
      for (let rebuilds = 0; ; rebuilds += 1) {
        try {
          return await run(await get(kind));
        } catch (error) {
          if (!isSelvedgeError(error) || !isWorthRebuild(error.code) || rebuilds >= session.limits.maxRebuilds) throw error;
          built.delete(kind);
          // The evidence may be newer than the node that refused: the first try again is for an old one, the others wait for the node.
          if (rebuilds > 0) await pause(NODE_PAUSE_MS * 2 ** rebuilds, session.closing);
          await session.trust.refresh();
        }
      }
    },
  };
}
