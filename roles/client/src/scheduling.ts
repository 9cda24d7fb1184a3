import { createHedging, type Hedging } from './domain/hedging.js';
import { createNodeLoad, type NodeLoad } from './domain/node-load.js';
import { createNodeRotation, type NodeRotation } from './domain/rotation.js';
import type { ClientLimits } from './limits.js';
import type { ComputePort } from './ports.js';

/** While requests run, each node is asked so often how busy it is. */
const HEALTH_AFTER_MS = 2_000;
const HEALTH_TIMEOUT_MS = 2_000;

/** What is known of compute nodes in regard to one contract: one may lack it, or be slow with it, and serve others well. */
export interface ContractScheduling {
  readonly rotation: NodeRotation;
  readonly hedging: Hedging;
}

/** Which compute node gets which call. */
export interface Scheduling {
  readonly load: NodeLoad;
  of(contract: string): ContractScheduling;
  /**
   * The nodes that may be called now, best first: those that failed a moment ago last, the least busy first, otherwise in turn.
   * A node with as many calls as it may have is left out.
   */
  order(contract: string, nodes: readonly ComputePort[]): ComputePort[];
  /** Asks nodes in the background how busy they are, if that was not done a moment ago. */
  refresh(nodes: readonly ComputePort[]): void;
}

/** @param nowMs monotonic clock, milliseconds. @param random from 0 to 1 */
export function createScheduling({ failurePenaltyMs, maxInFlightPerNode }: Pick<ClientLimits, 'failurePenaltyMs' | 'maxInFlightPerNode'>, nowMs: () => number, random: () => number): Scheduling {
  const byContract = new Map<string, ContractScheduling>();
  const load = createNodeLoad(maxInFlightPerNode);
  let askedAt = -Infinity;
  const of = (contract: string): ContractScheduling => {
    let one = byContract.get(contract);
    if (one === undefined) byContract.set(contract, (one = { rotation: createNodeRotation({ nowMs, penaltyMs: failurePenaltyMs, firstTurn: random() }), hedging: createHedging() }));
    return one;
  };
  return {
    load,
    of,
    order(contract, nodes) {
      const { rotation } = of(contract);
      const ordered = rotation.order(nodes.filter(({ nodeId }) => !load.isFull(nodeId)));
      const part = (isAvoided: boolean): ComputePort[] => load.order(contract, ordered.filter(({ nodeId }) => rotation.isAvoided(nodeId) === isAvoided));
      return [...part(false), ...part(true)];
    },
    refresh(nodes) {
      if (nodes.length < 2 || nowMs() - askedAt < HEALTH_AFTER_MS) return;
      askedAt = nowMs();
      for (const node of nodes) {
        node.health({ timeoutMs: HEALTH_TIMEOUT_MS }).then(
          (health) => { load.report(node.nodeId, health); },
          () => { load.report(node.nodeId, undefined); },
        );
      }
    },
  };
}
