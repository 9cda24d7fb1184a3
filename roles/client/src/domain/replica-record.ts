import { compareText } from '@selvedge/protocol';
import type { OutvotedNode } from './replicas.js';

/** How often a compute node agreed with the others about a contract, and how often it was outvoted. */
export interface ReplicaCounts {
  readonly contract: string;
  readonly nodeId: string;
  readonly agreed: number;
  readonly outvoted: number;
  /** Where it differed when it was outvoted last. */
  readonly differs?: string;
}

/** What a session has seen of compute nodes that ran the same requests. */
export interface ReplicaRecord {
  note(contract: string, agreed: readonly string[], outvoted: readonly OutvotedNode[]): void;
  /** Sorted by contract and node. */
  counts(): ReplicaCounts[];
}

interface Counts {
  agreed: number;
  outvoted: number;
  differs?: string;
}

export function createReplicaRecord(): ReplicaRecord {
  const byContract = new Map<string, Map<string, Counts>>();
  const of = (contract: string, nodeId: string): Counts => {
    let nodes = byContract.get(contract);
    if (nodes === undefined) byContract.set(contract, (nodes = new Map<string, Counts>()));
    let counts = nodes.get(nodeId);
    if (counts === undefined) nodes.set(nodeId, (counts = { agreed: 0, outvoted: 0 }));
    return counts;
  };
  return {
    note(contract, agreed, outvoted) {
      for (const nodeId of agreed) of(contract, nodeId).agreed += 1;
      for (const { nodeId, differs } of outvoted) {
        const counts = of(contract, nodeId);
        counts.outvoted += 1;
        counts.differs = differs;
      }
    },
    counts: () =>
      [...byContract]
        .flatMap(([contract, nodes]) => [...nodes].map(([nodeId, counts]) => ({ contract, nodeId, ...counts })))
        .sort((a, b) => compareText(a.contract, b.contract) || compareText(a.nodeId, b.nodeId)),
  };
}
