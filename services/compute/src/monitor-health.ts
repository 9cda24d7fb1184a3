import type { ComputeNode } from '@selvedge/compute';
import type { Monitor } from '@selvedge/service-kit';

/** Shows what a compute node tells of its health: numbers of the node, and none of one request. */
export function monitorHealth({ metrics }: Pick<Monitor, 'metrics'>, health: ComputeNode['health']): void {
  metrics.read('selvedge_queue_depth', () => [{ labels: {}, value: health().inFlight }]);
  metrics.read('selvedge_queue_capacity', () => [{ labels: {}, value: health().capacity }]);
  metrics.read('selvedge_state_queries_total', () => [{ labels: {}, value: Number(health().stateQueries) }]);
  metrics.read('selvedge_contracts', () => {
    const { contracts, deniedContracts } = health();
    return [
      { labels: { kind: 'held' }, value: contracts.length },
      { labels: { kind: 'denied' }, value: deniedContracts.length },
    ];
  });
  metrics.read('selvedge_memory_answers_total', () => [
    { labels: { kind: 'points' }, value: Number(health().kept?.pointHits ?? 0n) },
    { labels: { kind: 'sets' }, value: Number(health().kept?.setHits ?? 0n) },
  ]);
  metrics.read('selvedge_memory_bytes', () => [
    { labels: { kind: 'points' }, value: Number(health().kept?.pointBytes ?? 0n) },
    { labels: { kind: 'sets' }, value: Number(health().kept?.setBytes ?? 0n) },
  ]);
}
