import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { facts } from '@selvedge/policy';
import { isOnceForEachNode, isWorthAnotherNode, isWorthRebuild } from './domain/retry.js';
import type { CallBounds, ComputePort } from './ports.js';
import { isSettledWithin, pause } from './repeat.js';
import type { Session } from './session.js';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;

/** What is sent to nodes: one sealed request, or a batch of them. */
export interface NodeCall<T> {
  readonly contract: string;
  /** Hexadecimal. */
  readonly txId: string;
  /** Sends it to one node; opens and checks what the node answers. */
  send(node: ComputePort, bounds: CallBounds): Promise<T>;
}

/** What a compute node says to a call: an answer that was opened and checked, or a refusal after which another node would not help. */
export type Vote<T> = { readonly nodeId: string; readonly answer: T } | { readonly nodeId: string; readonly refusal: SelvedgeError };

/** One call on its way to compute nodes, each asked once. */
export interface Asking<T> {
  /**
   * Has so many more nodes vote, the least busy first. A node that cannot serve the call is replaced by another; one that takes
   * unusually long gets a second beside it, and the first vote counts. When none is left, the endpoints are read again until the time is
   * over, so that nodes may come and go.
   */
  ask(count: number): void;
  /** Waits for no node to come from now on: whoever is there votes. */
  hurry(): void;
  /** Votes that are still awaited. */
  readonly awaited: number;
  /**
   * The next vote; undefined when none is awaited any more, and then `failure` says why a node could not vote, where one could not.
   * Throws CANCELLED.
   */
  next(): Promise<Vote<T> | undefined>;
  readonly failure: SelvedgeError | undefined;
  /** Asks nobody else. @param onLate called with each vote that was still on its way */
  end(onLate?: (vote: Vote<T>) => void): void;
}

/** Begins a call; nobody is asked yet. Throws what the ledger view throws. */
export async function createAsking<T>(session: Session, call: NodeCall<T>, callerSignal: AbortSignal | undefined): Promise<Asking<T>> {
  const { admission, limits, ports, scheduling } = session;
  const { rotation, hedging } = scheduling.of(call.contract);
  const view = await session.trust.view();
  // Endorsers would refuse what it ran.
  const isInStanding = ({ nodeId }: ComputePort): boolean => view.fact(facts.revokedNode(nodeId)) === undefined;
  const nodes = (): ComputePort[] => ports.computeNodes().filter(isInStanding);
  scheduling.refresh(nodes());
  const begunAt = performance.now();
  const deadline = begunAt + limits.executeTimeoutMs;
  const voted = new Set<string>();
  const busy = new Set<string>();
  const tried = new Set<string>();
  /** Not tried again. */
  const failed = new Set<string>();
  const votes: Vote<T>[] = [];
  let awaited = 0;
  let failure: SelvedgeError | undefined;
  let broken: { readonly error: unknown } | undefined;
  let isOver = false;
  let isPatient = true;
  let onLate: (vote: Vote<T>) => void = () => undefined;
  let wake = (): void => undefined;

  const candidates = (): ComputePort[] => nodes().filter(({ nodeId }) => !voted.has(nodeId) && !busy.has(nodeId) && !tried.has(nodeId) && !failed.has(nodeId));
  const nextNode = (): ComputePort | undefined => scheduling.order(call.contract, candidates())[0];

  /** @param slot filled by the first vote; what comes after it is left alone */
  const tryNode = async (node: ComputePort, slot: Slot): Promise<Vote<T> | undefined> => {
    const { nodeId } = node;
    busy.add(nodeId);
    const end = scheduling.load.begin(nodeId);
    const startedAt = performance.now();
    let outcome: 'served' | 'overloaded' | undefined;
    const fill = (vote: Vote<T>): Vote<T> | undefined => {
      if (slot.isFilled) return undefined;
      slot.isFilled = !isHeld(vote);
      voted.add(nodeId);
      return vote;
    };
    try {
      const timeoutMs = Math.max(1, Math.min(limits.attemptTimeoutMs, deadline - startedAt));
      const answer = await call.send(node, { timeoutMs, signal: slot.signal, txId: call.txId });
      rotation.succeeded(nodeId);
      outcome = 'served';
      const vote = fill({ nodeId, answer });
      if (vote !== undefined) hedging.took(performance.now() - startedAt);
      return vote;
    } catch (error) {
      if (isSelvedgeError(error, 'OVERLOADED')) outcome = 'overloaded';
      if (slot.isFilled) return undefined;
      // Whoever gives up is no node that refuses.
      if (!isSelvedgeError(error) || error.code === 'CANCELLED') throw error;
      if (!isWorthAnotherNode(error.code)) return fill({ nodeId, refusal: error });
      rotation.failed(nodeId);
      tried.add(nodeId);
      if (isOnceForEachNode(error.code)) failed.add(nodeId);
      failure = error;
      return undefined;
    } finally {
      end(outcome);
      busy.delete(nodeId);
    }
  };

  /** Asks a second node beside one that takes unusually long. */
  const tryHedged = async (node: ComputePort): Promise<Vote<T> | undefined> => {
    const cancel = new AbortController();
    const signal = callerSignal === undefined ? cancel.signal : AbortSignal.any([callerSignal, cancel.signal]);
    const slot: Slot = { signal, isFilled: false };
    const first = tryNode(node, slot);
    const patienceMs = hedging.patienceMs();
    if (patienceMs === undefined || (await isSettledWithin(first, patienceMs))) return first;
    const other = nextNode();
    if (other === undefined || !hedging.take()) return first;
    rotation.failed(node.nodeId); // asked last for a while
    try {
      return await firstVote([first, tryNode(other, slot)]);
    } finally {
      cancel.abort();
    }
  };

  const lane = async (): Promise<Vote<T> | undefined> => {
    for (let pauseMs = FIRST_PAUSE_MS; !isOver; ) {
      const node = nextNode();
      if (node !== undefined) {
        const vote = await tryHedged(node);
        if (vote !== undefined) return vote;
        continue;
      }
      const isFull = candidates().length > 0;
      if (isFull) failure = new SelvedgeError('OVERLOADED', `each compute node has ${String(limits.maxInFlightPerNode)} calls of this client`, { role: 'client' });
      const isHopeless = failed.size > 0 && nodes().every(({ nodeId }) => failed.has(nodeId) || voted.has(nodeId));
      // For the sake of load alone nobody waits longer than the gateway has patience for.
      const isCrowded = isFull || failure?.code === 'OVERLOADED';
      const leftMs = (isCrowded ? admission.waitUntilMs(begunAt) : deadline) - performance.now();
      // A call beside a slow one may be given up, and its node asked again.
      const mayBeFreed = isFull || busy.size > 0;
      if (isHopeless || pauseMs >= leftMs || (!isPatient && !mayBeFreed)) return undefined;
      if (isFull) await scheduling.load.ended(Math.min(LONGEST_PAUSE_MS, leftMs));
      else await pause(pauseMs, session.closing);
      if (session.closing.aborted) throw new SelvedgeError('CANCELLED', 'the gateway was closed', { role: 'client' });
      if (callerSignal?.aborted === true) throw new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'client' });
      if (!isPatient) continue;
      tried.clear();
      if (isFull) continue;
      await ports.reload().catch(() => undefined); // else the present endpoints stay
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    return undefined;
  };

  const run = async (): Promise<void> => {
    try {
      const vote = await lane();
      if (vote === undefined) return;
      if (isOver) onLate(vote);
      else votes.push(vote);
    } catch (error) {
      broken ??= { error };
    } finally {
      awaited -= 1;
      wake();
    }
  };

  return {
    ask(count) {
      for (let i = 0; i < count; i += 1) {
        awaited += 1;
        void run();
      }
    },
    hurry() {
      isPatient = false;
    },
    get awaited() {
      return awaited + votes.length;
    },
    async next() {
      for (;;) {
        const vote = votes.shift();
        if (vote !== undefined) return vote;
        if (broken !== undefined) throw broken.error;
        if (awaited === 0) return undefined;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    get failure() {
      return failure;
    },
    end(listen) {
      isOver = true;
      if (listen === undefined) return;
      onLate = listen;
      votes.splice(0).forEach(listen);
    },
  };
}

/** A place for one vote, and what ends the calls for it. */
interface Slot {
  readonly signal: AbortSignal;
  isFilled: boolean;
}

/** A refusal after which the request is built anew waits for the others: a node that still runs it may have its keys, and would run the new one beside it. */
function isHeld<T>(vote: Vote<T>): boolean {
  return 'refusal' in vote && isWorthRebuild(vote.refusal.code);
}

/** The first vote that is not held, else a held one, else undefined: nobody voted. */
async function firstVote<T>(tries: readonly Promise<Vote<T> | undefined>[]): Promise<Vote<T> | undefined> {
  return new Promise((resolve, reject) => {
    let left = tries.length;
    let held: Vote<T> | undefined;
    for (const each of tries) {
      each.then((vote) => {
        left -= 1;
        if (vote !== undefined && !isHeld(vote)) resolve(vote);
        held ??= vote;
        if (left === 0) resolve(held);
      }, reject);
    }
  });
}

/** The refusal when fewer nodes voted than must. @param last why a node could not */
export function tooFew(wanted: number, answered: number, last: SelvedgeError | undefined): SelvedgeError {
  if (wanted === 1 && last !== undefined) return last;
  const reason = last === undefined ? '' : `; last refusal: ${last.code}: ${last.message}`;
  return new SelvedgeError('COMPUTE_QUORUM_NOT_MET', `${String(answered)} of ${String(wanted)} compute nodes answered${reason}`, { role: 'client', cause: last });
}
