import type { HopView, RoleStation } from '../api.js';
import type { SourcedSpan } from '../tracing/span-store.js';
import { OWN_NODE } from '../tracing/own-spans.js';

/** Which role serves a service of the protocol; a follower's is an endorser or a business node, as its node says. */
const SERVED_BY: Readonly<Record<string, RoleStation>> = {
  Compute: 'compute',
  KeyBroker: 'key-broker',
  Business: 'business',
  BusinessLedger: 'business',
  Endorser: 'endorser',
  Sequencer: 'ordering',
  Submitter: 'client',
};

const STATION_OF_SERVICE: Readonly<Record<string, RoleStation>> = { submitter: 'client', compute: 'compute', viewer: 'business', 'key-broker': 'key-broker', business: 'business', endorser: 'endorser', sequencer: 'ordering' };

/** The station of a node. @param services service of each node, by name */
export function stationOf(node: string, services: ReadonlyMap<string, string>): RoleStation | '' {
  return node === OWN_NODE ? 'client' : (STATION_OF_SERVICE[services.get(node) ?? ''] ?? '');
}

/** A span as the page shows it. @param beganAt of the request, milliseconds since 1970 */
export function hopOf(span: SourcedSpan, beganAt: number, services: ReadonlyMap<string, string>): HopView {
  const own = stationOf(span.node, services);
  const service = span.service.slice(span.service.lastIndexOf('.') + 1);
  const served = SERVED_BY[service] ?? '';
  return {
    id: span.spanId,
    parentId: span.parentSpanId,
    from: span.side === 'client' ? own : '',
    to: span.side === 'server' ? own : served,
    node: span.node,
    name: `${service}.${span.method}`,
    side: span.side,
    startMs: span.startMs - beganAt,
    durationMs: span.durationMs,
    code: span.code,
  };
}
