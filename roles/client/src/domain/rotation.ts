/** Chooses among interchangeable nodes: round robin, those that failed a moment ago last. */
export interface NodeRotation {
  /** The nodes in the order in which to ask them. Each call starts one further. */
  order<T extends { readonly nodeId: string }>(nodes: readonly T[]): T[];
  /** Whether it failed a moment ago. */
  isAvoided(nodeId: string): boolean;
  failed(nodeId: string): void;
  succeeded(nodeId: string): void;
}

const TURNS = 1_000_000;

/**
 * @param options.nowMs monotonic milliseconds
 * @param options.penaltyMs how long a failed node stays at the end of the order
 * @param options.firstTurn whose turn comes first, from 0 to 1: clients that make one request each shall not all ask the same node. Default 0
 */
export function createNodeRotation(options: { readonly nowMs: () => number; readonly penaltyMs: number; readonly firstTurn?: number }): NodeRotation {
  const failedUntil = new Map<string, number>();
  const isAvoided = (nodeId: string): boolean => (failedUntil.get(nodeId) ?? 0) > options.nowMs();
  let next = Math.floor((options.firstTurn ?? 0) * TURNS);
  return {
    isAvoided,
    order(nodes) {
      if (nodes.length === 0) return [];
      const start = next % nodes.length;
      next = (next + 1) % TURNS;
      const rotated = [...nodes.slice(start), ...nodes.slice(0, start)];
      return [...rotated.filter(({ nodeId }) => !isAvoided(nodeId)), ...rotated.filter(({ nodeId }) => isAvoided(nodeId))];
    },
    failed(nodeId) {
      failedUntil.set(nodeId, options.nowMs() + options.penaltyMs);
    },
    succeeded(nodeId) {
      failedUntil.delete(nodeId);
    },
  };
}
