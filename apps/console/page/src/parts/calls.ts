import type { HopView } from '../../../src/api.js';

/** A call between two processes: the caller's span, and the callee's where it came. */
export interface Call {
  readonly id: string;
  readonly name: string;
  readonly caller: string;
  readonly callee: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** At the callee; undefined: it did not tell. */
  readonly servedMs: number | undefined;
  readonly code: string;
  /** Calls above it. */
  readonly depth: number;
}

const STATION_NAMES: Readonly<Record<string, string>> = { ordering: 'ordering', business: 'business node', compute: 'compute node', endorser: 'endorser', 'key-broker': 'key broker', client: 'client' };

/** Joins spans to calls, in the order in which they began. */
export function joinCalls(hops: readonly HopView[]): Call[] {
  const byId = new Map(hops.map((hop) => [hop.id, hop]));
  const served = new Map(hops.flatMap((hop) => (hop.side === 'server' && hop.parentId !== undefined ? [[hop.parentId, hop]] : [])));
  const depthOf = (hop: HopView): number => {
    let depth = 0;
    for (let above = byId.get(hop.parentId ?? ''); above !== undefined && depth < 8; above = byId.get(above.parentId ?? '')) if (above.side === 'client') depth += 1;
    return depth;
  };
  const asked = hops.filter(({ side }) => side === 'client').map((hop): Call => {
    const callee = served.get(hop.id);
    return { id: hop.id, name: hop.name, caller: hop.node, callee: callee?.node ?? STATION_NAMES[hop.to] ?? 'a follower', startMs: hop.startMs, durationMs: hop.durationMs, servedMs: callee?.durationMs, code: hop.code, depth: depthOf(hop) };
  });
  // The caller's own span may come later, or never.
  const alone = hops.filter(({ side, parentId }) => side === 'server' && !byId.has(parentId ?? '')).map((hop): Call => ({ id: hop.id, name: hop.name, caller: '', callee: hop.node, startMs: hop.startMs, durationMs: hop.durationMs, servedMs: hop.durationMs, code: hop.code, depth: 0 }));
  return [...asked, ...alone].sort((a, b) => a.startMs - b.startMs);
}

/** Ways between roles that calls went, as from→to. */
export function waysOf(hops: readonly HopView[]): ReadonlySet<string> {
  return new Set(hops.flatMap(({ from, to }) => (from === '' || to === '' || from === to ? [] : [`${from}→${to}`])));
}
