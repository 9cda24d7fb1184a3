import type { FollowEvent, HopView, RefusalView, RequestKind, SightView, WireView, WriteView } from '../../../src/api.js';

/** A request as far as its events tell. */
export interface Followed {
  readonly id: string;
  readonly kind: RequestKind | undefined;
  readonly transactionId: string;
  readonly hops: readonly HopView[];
  readonly wires: readonly WireView[];
  readonly sights: readonly SightView[];
  readonly writes: readonly WriteView[];
  readonly refusal: RefusalView | undefined;
  readonly result: Extract<FollowEvent, { type: 'result' }> | undefined;
  /** undefined while it runs. */
  readonly ms: number | undefined;
}

export function beginFollowed(id: string): Followed {
  return { id, kind: undefined, transactionId: '', hops: [], wires: [], sights: [], writes: [], refusal: undefined, result: undefined, ms: undefined };
}

/** What stands after one more event. */
export function withEvent(followed: Followed, event: FollowEvent): Followed {
  switch (event.type) {
    case 'began': return { ...followed, transactionId: event.transactionId, kind: event.kind };
    case 'hop': return { ...followed, hops: [...followed.hops, event.hop] };
    case 'wire': return { ...followed, wires: [...followed.wires, event.wire] };
    case 'sight': return { ...followed, sights: [...followed.sights, event.sight] };
    case 'writes': return { ...followed, writes: event.writes };
    case 'refused': return { ...followed, refusal: event.refusal };
    case 'result': return { ...followed, result: event };
    case 'ended': return { ...followed, ms: event.ms };
  }
}
