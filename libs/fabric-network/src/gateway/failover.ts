import { SelvedgeError, withRole } from '@selvedge/errors';
import { EndorsersRefused } from '@selvedge/fabric';
import type { FabricBounds, FabricCall } from './ports.js';

/** Peers that can stand in for each other. */
export interface Failover<P> {
  /**
   * Runs a call at the first peer, and at the next ones while it fails in a way that another peer may mend, until the
   * time is over. Rejects with what endorsers said, or else the last failure, or CANCELLED when the caller has given up.
   */
  run<T>(bounds: FabricBounds, call: (peer: P, bounds: FabricBounds) => Promise<T>): Promise<T>;
}

interface Named {
  readonly mspId: string;
  readonly endpoint: string;
}

/** Failures of a gateway peer, or of what it knows of the network: another may do better. */
const ANOTHER_PEER = new Set<SelvedgeError['code']>(['UNAVAILABLE', 'TIMEOUT', 'OVERLOADED', 'INVALID_CONFIGURATION', 'FABRIC_TRANSACTION_MISMATCH', 'MALFORMED_MESSAGE']);

/** Whether another gateway peer may do better. What endorsers say of themselves it would hear as well; whom gossip has not found yet it may know. */
function isWorthAnotherPeer(error: SelvedgeError): boolean {
  return error instanceof EndorsersRefused ? error.isUndiscovered : ANOTHER_PEER.has(error.code);
}

/**
 * @param options.peers in the order of preference; one at least
 * @param options.nowMs monotonic milliseconds
 * @param options.penaltyMs how long a peer that failed is tried last
 */
export function createFailover<P extends Named>(options: { readonly peers: readonly P[]; readonly nowMs: () => number; readonly penaltyMs: number }): Failover<P> {
  const failedUntil = new Map<P, number>();
  const answeredAt = new Map<P, number>();
  const answered = (peer: P): void => {
    failedUntil.delete(peer);
    answeredAt.set(peer, options.nowMs());
  };
  const order = (): P[] => {
    const now = options.nowMs();
    const isAvoided = (peer: P): boolean => (failedUntil.get(peer) ?? 0) > now;
    return [...options.peers.filter((peer) => !isAvoided(peer)), ...options.peers.filter(isAvoided)];
  };
  return {
    async run(bounds, call) {
      const deadline = options.nowMs() + bounds.timeoutMs;
      let last: SelvedgeError | undefined;
      for (const peer of order()) {
        const startedAt = options.nowMs();
        const remainingMs = deadline - startedAt;
        if (last !== undefined && remainingMs <= 0) break;
        verifyNotCancelled(bounds);
        try {
          const result = await call(peer, { timeoutMs: Math.max(1, remainingMs), signal: bounds.signal });
          answered(peer);
          return result;
        } catch (error) {
          verifyNotCancelled(bounds);
          const failure = withRole(error, 'client');
          if (!isWorthAnotherPeer(failure)) {
            answered(peer);
            throw failure;
          }
          if (failure instanceof EndorsersRefused) {
            // Two that have not found an endorser are enough: it is gone.
            if (last instanceof EndorsersRefused) throw failure;
            last = failure;
            continue;
          }
          // A peer that has answered others meanwhile is not the one that hangs.
          const isAlive = failure.code === 'TIMEOUT' && (answeredAt.get(peer) ?? -Infinity) > startedAt;
          if (!isAlive) failedUntil.set(peer, options.nowMs() + options.penaltyMs);
          if (!(last instanceof EndorsersRefused)) last = failure;
        }
      }
      throw last ?? new SelvedgeError('UNAVAILABLE', 'no gateway peer is known', { role: 'client' });
    },
  };
}

/** Measures one call to one peer for whoever watches. */
export async function observed<T>(
  onCall: ((call: FabricCall) => void) | undefined,
  call: Omit<FabricCall, 'receivedBytes' | 'ms' | 'error'> & { readonly nowMs: () => number; readonly sizeOf: (result: T) => number },
  run: () => Promise<T>,
): Promise<T> {
  if (onCall === undefined) return run();
  const { nowMs, sizeOf, ...named } = call;
  const startedAt = nowMs();
  try {
    const result = await run();
    onCall({ ...named, receivedBytes: sizeOf(result), ms: nowMs() - startedAt, error: undefined });
    return result;
  } catch (error) {
    onCall({ ...named, receivedBytes: 0, ms: nowMs() - startedAt, error });
    throw error;
  }
}

function verifyNotCancelled({ signal }: FabricBounds): void {
  if (signal?.aborted === true) throw new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'client' });
}
