import type { EvidenceView } from '../api.js';
import type { MetricSample } from './parse-prometheus.js';

/** Newest key epochs by a node's ledger view. */
export function epochsOf(samples: readonly MetricSample[]): Record<string, number> {
  return Object.fromEntries(samples.flatMap(({ name, labels, value }) => (name === 'selvedge_key_epoch' && labels.contract !== undefined ? [[labels.contract, value]] : [])));
}

/** What a node says that the key broker made of its evidence. It is the node's own word: endorsers check the certificate itself. */
export function acceptanceOf(samples: readonly MetricSample[]): EvidenceView | undefined {
  const valueOf = (wanted: string): number | undefined => samples.find(({ name }) => name === wanted)?.value;
  const accepted = valueOf('selvedge_attestation_time_seconds');
  const ends = valueOf('selvedge_certificate_end_time_seconds');
  if (accepted === undefined || accepted <= 0) return undefined;
  const until = ends === undefined ? '' : `, certificate until ${instant(ends)}`;
  return { verdict: 'accepted', text: `accepted by the key broker at ${instant(accepted)}${until}` };
}

const instant = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
