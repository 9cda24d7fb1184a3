/** What a compute node says of itself (ComputeHealth). Nothing but the order of nodes rests on it. */
export interface ReportedHealth {
  readonly ready: boolean;
  readonly draining: boolean;
  /** Requests of all clients that the node is running or has waiting. */
  readonly inFlight: number;
  /** Contracts whose keys it holds. */
  readonly contracts: readonly string[];
}

/** What a client knows of how busy compute nodes are: its own calls under way, and what nodes report of others'. */
export interface NodeLoad {
  /** Counts a call to a node; the result is to be called once, when it has ended, with what the node made of it where that says how busy it is. */
  begin(nodeId: string): (outcome?: 'served' | 'overloaded') => void;
  /** Notes what a node reports; undefined: it could not be asked. */
  report(nodeId: string, health: ReportedHealth | undefined): void;
  /** Whether it has as many calls of this client as it may have: fewer from a call on that it refused because it is overloaded, and one more for each row of calls that it served. */
  isFull(nodeId: string): boolean;
  /** Those that can serve a contract first, of these the least busy; otherwise in the order given. */
  order<T extends { readonly nodeId: string }>(contract: string, nodes: readonly T[]): T[];
  /** Resolves when a call ends, or the time is over; each end lets one go on, in the order in which they came. */
  ended(timeoutMs: number): Promise<void>;
}

interface Known {
  calls: number;
  /** The most that it may have now, from 1 to maxInFlight; its whole part counts. */
  limit: number;
  /** Number of the first call since the limit fell. Those from before it met the same crowd. */
  fellAt: number;
  /** Requests of other clients, when it was last asked. */
  others: number;
  health: ReportedHealth | undefined;
}

/** What is left of a node's calls when it has refused one as overloaded. */
const FALL = 0.5;

/**
 * Clients that share a node know nothing of each other: each halves its calls where the node is full and goes up again by one in the
 * time of an answer, as TCP shares a link (RFC 5681), instead of asking again and again. @param maxInFlight calls of this client to one node at once
 */
export function createNodeLoad(maxInFlight: number): NodeLoad {
  const nodes = new Map<string, Known>();
  const waiting = new Set<() => void>();
  let begun = 0;
  const known = (nodeId: string): Known => {
    let node = nodes.get(nodeId);
    if (node === undefined) nodes.set(nodeId, (node = { calls: 0, limit: maxInFlight, fellAt: 0, others: 0, health: undefined }));
    return node;
  };
  /** 0: nothing speaks against it. */
  const reluctance = ({ health }: Known, contract: string): number => {
    if (health === undefined) return 0;
    return !health.ready || health.draining ? 2 : health.contracts.includes(contract) ? 0 : 1;
  };
  return {
    begin(nodeId) {
      const node = known(nodeId);
      node.calls += 1;
      begun += 1;
      const number = begun;
      return (outcome) => {
        if (outcome === 'overloaded' && number >= node.fellAt) {
          node.limit = Math.max(1, Math.min(node.limit, node.calls) * FALL);
          node.fellAt = begun + 1;
        }
        if (outcome === 'served') node.limit = Math.min(maxInFlight, node.limit + 1 / node.limit);
        node.calls -= 1;
        // In the order in which they came.
        const [first] = waiting;
        first?.();
      };
    },
    report(nodeId, health) {
      const node = known(nodeId);
      node.health = health;
      node.others = Math.max(0, (health?.inFlight ?? 0) - node.calls);
    },
    isFull: (nodeId) => known(nodeId).calls >= Math.floor(known(nodeId).limit),
    order(contract, candidates) {
      const ranked = candidates.map((candidate) => {
        const node = known(candidate.nodeId);
        return { candidate, reluctance: reluctance(node, contract), busy: node.calls + node.others };
      });
      return ranked.sort((a, b) => a.reluctance - b.reluctance || a.busy - b.busy).map(({ candidate }) => candidate);
    },
    ended: (timeoutMs) =>
      new Promise((resolve) => {
        const goOn = (): void => {
          clearTimeout(timer);
          waiting.delete(goOn);
          resolve();
        };
        const timer = setTimeout(goOn, timeoutMs);
        waiting.add(goOn);
      }),
  };
}
