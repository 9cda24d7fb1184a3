/** Chooses among interchangeable nodes: round robin, those that failed a moment ago last. */
export interface NodeRotation {
  /** The nodes in the order in which to ask them. Each call starts one further. */
  order<T extends { readonly nodeId: string }>(nodes: readonly T[]): T[];
  failed(nodeId: string): void;
  succeeded(nodeId: string): void;
}

/**
 * @param options.nowMs monotonic milliseconds
 * @param options.penaltyMs how long a failed node stays at the end of the order
 */
export function createNodeRotation(options: { readonly nowMs: () => number; readonly penaltyMs: number }): NodeRotation {
  const failedUntil = new Map<string, number>();
  let next = 0;
  return {
    order(nodes) {
      if (nodes.length === 0) return [];
      const start = next % nodes.length;
      next = (next + 1) % 1_000_000;
      const rotated = [...nodes.slice(start), ...nodes.slice(0, start)];
      const now = options.nowMs();
      const isAvoided = (node: { readonly nodeId: string }): boolean => (failedUntil.get(node.nodeId) ?? 0) > now;
      return [...rotated.filter((node) => !isAvoided(node)), ...rotated.filter(isAvoided)];
    },
    failed(nodeId) {
      failedUntil.set(nodeId, options.nowMs() + options.penaltyMs);
    },
    succeeded(nodeId) {
      failedUntil.delete(nodeId);
    },
  };
}
