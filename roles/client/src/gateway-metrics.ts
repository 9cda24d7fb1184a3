import type { ReplicaCounts } from './domain/replica-record.js';
import type { HopEvent, HopName, OnHop } from './ports.js';

interface ReplicaLabels {
  readonly contract: string;
  readonly node: string;
}

/** Where a gateway's numbers go: a registry of the user's, or the one of `@selvedge/service-kit/monitoring`. */
export interface MetricsPort {
  count(name: 'selvedge_hops_total', labels: { readonly hop: HopName; readonly code: string }): void;
  observe(name: 'selvedge_hop_seconds', labels: { readonly hop: HopName }, seconds: number): void;
  /** Reads a counter whenever it is asked for. */
  read(name: 'selvedge_replica_agreed_total' | 'selvedge_replica_outvoted_total', samples: () => readonly { readonly labels: ReplicaLabels; readonly value: number }[]): void;
}

export interface GatewayMetrics {
  /** For ConnectOptions.onHop. */
  readonly onHop: OnHop;
  /** Shows how often compute nodes agreed and were outvoted, as the gateway counts it. */
  readonly watch: (gateway: { replicaCounts(): readonly ReplicaCounts[] }) => void;
}

const OK = 'OK';

/** Counts and times a gateway's hops. Peers, addresses and transaction ids are left out: hops and codes are few. */
export function createGatewayMetrics(metrics: MetricsPort): GatewayMetrics {
  return {
    onHop: ({ hop, ms, refusal }: HopEvent) => {
      metrics.count('selvedge_hops_total', { hop, code: refusal ?? OK });
      metrics.observe('selvedge_hop_seconds', { hop }, ms / 1_000);
    },
    watch: (gateway) => {
      const samples = (valueOf: (counts: ReplicaCounts) => number) => () =>
        gateway.replicaCounts().map((counts) => ({ labels: { contract: counts.contract, node: counts.nodeId }, value: valueOf(counts) }));
      metrics.read('selvedge_replica_agreed_total', samples(({ agreed }) => agreed));
      metrics.read('selvedge_replica_outvoted_total', samples(({ outvoted }) => outvoted));
    },
  };
}
