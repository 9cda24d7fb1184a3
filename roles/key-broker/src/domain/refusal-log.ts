import type { AuditEvent } from '@selvedge/attestation';
import type { RefusalCode } from '@selvedge/errors';

export interface RefusalLogOptions {
  readonly append: (event: AuditEvent) => void;
  readonly now: () => Date;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Default ten minutes. */
  readonly windowMs?: number;
  /** Default 100. */
  readonly maxEntriesPerWindow?: number;
}

/** A refused request. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Identity and evidence of the sender held: who it is, is known. */
  readonly isSenderKnown: boolean;
  /** The entry of its own. */
  readonly event: () => AuditEvent;
}

/**
 * What the audit log keeps of refusals. Anybody who reaches the broker can be refused as often as it likes, and every
 * entry is signed, synced and verified at each start: so a party that has proved itself gets an entry of its own, once per
 * window for the same code, and all else is counted by code, in one entry per window.
 */
export interface RefusalLog {
  note(refusal: Refusal): void;
  /** Writes the counts of a window that is over. */
  settle(): void;
  /** Writes the counts at once. */
  close(): void;
}

export function createRefusalLog({ append, now, clock, windowMs = 600_000, maxEntriesPerWindow = 100 }: RefusalLogOptions): RefusalLog {
  const counts = new Map<RefusalCode, number>();
  const written = new Set<string>();
  let window = { startedAt: clock(), since: now() };

  const flush = (): void => {
    const refusals = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, count]) => `${code}=${String(count)}`);
    const { since } = window;
    counts.clear();
    written.clear();
    window = { startedAt: clock(), since: now() };
    if (refusals.length > 0) append({ event: 'refusals', at: window.since.toISOString(), since: since.toISOString(), refusals });
  };
  const settle = (): void => {
    if (clock() - window.startedAt >= windowMs) flush();
  };

  return {
    note({ code, isSenderKnown, event }) {
      settle();
      const own = isSenderKnown && code !== 'RATE_LIMITED' && written.size < maxEntriesPerWindow ? event() : undefined;
      const key = own === undefined ? '' : JSON.stringify([code, own.operatorMspId, own.nodeId]);
      if (own === undefined || written.has(key)) {
        counts.set(code, (counts.get(code) ?? 0) + 1);
        return;
      }
      written.add(key);
      append(own);
    },
    settle,
    close: flush,
  };
}
