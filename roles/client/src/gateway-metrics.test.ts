import { createMetrics } from '@selvedge/service-kit/monitoring';
import { expect, it } from 'vitest';
import { createGatewayMetrics, type HopEvent } from './index.js';

const HOP: HopEvent = { hop: 'execute', peer: 'compute-1', address: '127.0.0.1:9', txId: 'abcdef', sentBytes: 1, receivedBytes: 1, ms: 30, refusal: undefined };

it('a gateway’s metrics are its hops, and how nodes agreed, without peers, addresses and transaction ids', async () => {
  const metrics = createMetrics('client');
  const { onHop, watch } = createGatewayMetrics(metrics);
  watch({ replicaCounts: () => [{ contract: 'diamonds', nodeId: 'compute-2', agreed: 3, outvoted: 1, differs: 'the result' }] });
  onHop(HOP);
  onHop({ ...HOP, refusal: 'OVERLOADED' });
  const text = await metrics.text();
  for (const line of [
    'selvedge_hops_total{hop="execute",code="OK"} 1',
    'selvedge_hops_total{hop="execute",code="OVERLOADED"} 1',
    'selvedge_hop_seconds_count{hop="execute"} 2',
    'selvedge_replica_agreed_total{contract="diamonds",node="compute-2"} 3',
    'selvedge_replica_outvoted_total{contract="diamonds",node="compute-2"} 1',
  ]) expect(text).toContain(`${line}\n`);
  expect(text).not.toMatch(/abcdef|127\.0\.0\.1|the result/);
});
