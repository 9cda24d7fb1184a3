import { isSelvedgeError, SelvedgeError, withRole } from '@selvedge/errors';
import { toHex } from '@selvedge/crypto';
import { facts } from '@selvedge/policy';
import type { Core, SealedResponse } from '@selvedge/protocol';
import type { Answer } from './domain/answer.js';
import type { BuiltRequest } from './domain/request.js';
import { contractsOf } from './domain/requirements.js';
import { isOnceForEachNode, isWorthAnotherNode, isWorthRebuild } from './domain/retry.js';
import type { CallBounds, ComputePort } from './ports.js';
import { isSettledWithin, pause } from './repeat.js';
import type { Session } from './session.js';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;

/** What is sent to nodes: one sealed request, or a batch of them. */
export interface NodeCall<T extends Answered> {
  readonly contract: string;
  /** Hexadecimal. */
  readonly txId: string;
  /** Sends it to one node; opens and checks what the node answers. */
  send(node: ComputePort, bounds: CallBounds): Promise<T>;
}

/** Whose answer it is. */
interface Answered {
  readonly nodeId: string;
}

export interface ExecutionOptions<T extends Answered> {
  /** Distinct compute nodes that must answer, beside those that have. */
  readonly count: number;
  /** Answers that are there already. */
  readonly having?: readonly T[];
  readonly signal?: AbortSignal | undefined;
}

/** The call of one request. @param open opens and checks one answer */
export function callOf<T extends Answer>(request: BuiltRequest, open: (request: BuiltRequest, sealed: SealedResponse) => T): NodeCall<T> {
  return { contract: request.contract, txId: toHex(request.txId), send: async (node, bounds) => open(request, verifyAnswerer(node, await node.execute(request.sealed, bounds))) };
}

/**
 * Sends a call to as many compute nodes as the contract and those that it called ask for: which these are shows when it has run.
 * Throws what executeOnNodes throws.
 * @param missing how many more must run a request of these contracts, after these answers
 */
export async function executeOnQuorum<T extends Answered & { readonly cores: readonly Core[] }>(
  session: Session,
  call: NodeCall<T>,
  { missing, signal }: { readonly missing: (contracts: readonly string[], answers: readonly T[]) => Promise<number>; readonly signal?: AbortSignal | undefined },
): Promise<T[]> {
  let answers = await executeOnNodes(session, call, { signal, count: await missing([call.contract], []) });
  for (;;) {
    const count = await missing(contractsOf(answers[0]?.cores ?? []), answers);
    if (count <= 0) return answers;
    answers = await executeOnNodes(session, call, { signal, count, having: answers });
  }
}

/** Throws TARGET_DATA_INCONSISTENT when a node answers as another. */
export function verifyAnswerer(node: ComputePort, sealed: SealedResponse): SealedResponse {
  if (sealed.nodeId !== node.nodeId) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${node.nodeId} answered as another`, { role: 'client' });
  return sealed;
}

/**
 * Sends one call to as many distinct compute nodes as asked for, the least busy first. A node that cannot serve it is replaced by
 * another; one that takes unusually long gets a second beside it, and the first answer counts. When none is left the endpoints are
 * read again, so that nodes may come and go.
 * Throws the node's refusal when another node would not help, COMPUTE_QUORUM_NOT_MET when there are too few nodes, OVERLOADED when
 * all have as many calls of this client as they may have.
 */
export async function executeOnNodes<T extends Answered>(session: Session, call: NodeCall<T>, options: ExecutionOptions<T>): Promise<T[]> {
  const { limits, ports, scheduling } = session;
  const { rotation, hedging } = scheduling.of(call.contract);
  const view = await session.trust.view();
  // Endorsers would refuse what it ran.
  const isInStanding = ({ nodeId }: ComputePort): boolean => view.fact(facts.revokedNode(nodeId)) === undefined;
  const nodes = (): ComputePort[] => ports.computeNodes().filter(isInStanding);
  scheduling.refresh(nodes());
  const deadline = performance.now() + limits.executeTimeoutMs;
  const answered = new Map((options.having ?? []).map((answer) => [answer.nodeId, answer]));
  const busy = new Set<string>();
  const tried = new Set<string>();
  /** Not tried again. */
  const failed = new Set<string>();
  let last: SelvedgeError | undefined;
  let isOver = false;

  const candidates = (): ComputePort[] => nodes().filter(({ nodeId }) => !answered.has(nodeId) && !busy.has(nodeId) && !tried.has(nodeId) && !failed.has(nodeId));
  const nextNode = (): ComputePort | undefined => scheduling.order(call.contract, candidates())[0];

  /** @param slot filled by the first answer; what comes after it is left alone */
  const tryNode = async (node: ComputePort, slot: Slot): Promise<boolean> => {
    busy.add(node.nodeId);
    const end = scheduling.load.begin(node.nodeId);
    const startedAt = performance.now();
    try {
      const timeoutMs = Math.max(1, Math.min(limits.attemptTimeoutMs, deadline - startedAt));
      const answer = await call.send(node, { timeoutMs, signal: slot.signal, txId: call.txId });
      rotation.succeeded(node.nodeId);
      if (slot.isFilled) return false;
      slot.isFilled = true;
      answered.set(node.nodeId, answer);
      hedging.took(performance.now() - startedAt);
      return true;
    } catch (error) {
      if (slot.isFilled) return false;
      if (!isSelvedgeError(error) || !isWorthAnotherNode(error.code)) throw error;
      rotation.failed(node.nodeId);
      tried.add(node.nodeId);
      if (isOnceForEachNode(error.code)) failed.add(node.nodeId);
      last = error;
      return false;
    } finally {
      end();
      busy.delete(node.nodeId);
    }
  };

  /** Asks a second node beside one that takes unusually long. */
  const tryHedged = async (node: ComputePort): Promise<boolean> => {
    const cancel = new AbortController();
    const signal = options.signal === undefined ? cancel.signal : AbortSignal.any([options.signal, cancel.signal]);
    const slot: Slot = { signal, isFilled: false };
    const first = tryNode(node, slot);
    const patienceMs = hedging.patienceMs();
    if (patienceMs === undefined || (await isSettledWithin(first, patienceMs))) return first;
    const other = nextNode();
    if (other === undefined || !hedging.take()) return first;
    rotation.failed(node.nodeId); // asked last for a while
    try {
      return await isOneTrue([first, tryNode(other, slot)]);
    } finally {
      cancel.abort();
    }
  };

  const lane = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !isOver; ) {
      const node = nextNode();
      if (node !== undefined) {
        if (await tryHedged(node)) return;
        continue;
      }
      const isFull = candidates().length > 0;
      if (isFull) last = new SelvedgeError('OVERLOADED', `each compute node has ${String(limits.maxInFlightPerNode)} calls of this client`, { role: 'client' });
      const isHopeless = failed.size > 0 && nodes().every(({ nodeId }) => failed.has(nodeId) || answered.has(nodeId));
      const leftMs = deadline - performance.now();
      if (isHopeless || pauseMs >= leftMs) throw tooFew(options.count + (options.having?.length ?? 0), answered.size, last);
      if (isFull) await scheduling.load.ended(Math.min(LONGEST_PAUSE_MS, leftMs));
      else await pause(pauseMs, session.closing);
      if (session.closing.aborted) throw new SelvedgeError('CANCELLED', 'the gateway was closed', { role: 'client' });
      if (options.signal?.aborted === true) throw new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'client' });
      tried.clear();
      if (isFull) continue;
      await ports.reload().catch(() => undefined); // else the present endpoints stay
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };

  try {
    await Promise.all(Array.from({ length: options.count }, lane));
  } finally {
    isOver = true;
  }
  return [...answered.values()];
}

/** A place for one answer, and what ends the calls for it. */
interface Slot {
  readonly signal: AbortSignal;
  isFilled: boolean;
}

/**
 * Resolves with true as soon as one does, with false when none did; rejects as soon as one does. A refusal after which the request is
 * built anew waits for the others: a node that still runs it would take the new one, of the same transaction id, for a replay.
 */
function isOneTrue(tries: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let left = tries.length;
    let held: SelvedgeError | undefined;
    const settle = (): void => {
      left -= 1;
      if (left > 0) return;
      if (held === undefined) resolve(false);
      else reject(held);
    };
    for (const each of tries) {
      each.then(
        (isTrue) => {
          if (isTrue) resolve(true);
          settle();
        },
        (error: unknown) => {
          const refusal = withRole(error, 'client');
          if (isWorthRebuild(refusal.code)) held = refusal;
          else reject(refusal);
          settle();
        },
      );
    }
  });
}

function tooFew(wanted: number, answered: number, last: SelvedgeError | undefined): SelvedgeError {
  if (wanted === 1 && last !== undefined) return last;
  const reason = last === undefined ? '' : `; last refusal: ${last.code}: ${last.message}`;
  return new SelvedgeError('COMPUTE_QUORUM_NOT_MET', `${String(answered)} of ${String(wanted)} compute nodes answered${reason}`, { role: 'client', cause: last });
}
