import type { Metrics } from './metrics.js';

/** What a node waits for, or lacks: of a fixed list, since it is a label. */
export type ReadinessCheck = 'started' | 'draining' | 'ledger' | 'ledger-view' | 'keys' | 'unlocked' | 'audit';

/** A condition that does not hold, as /readyz shows it. */
export interface FailedCheck {
  readonly check: ReadinessCheck;
  /** A refusal code, or a fixed phrase; never text that somebody sent. */
  readonly reason: string;
}

/** Whether this process should be sent work. */
export interface Readiness {
  /** @param failing undefined: it holds; else a refusal code or a fixed phrase. What it throws counts as failing. */
  require(check: ReadinessCheck, failing: () => string | undefined): void;
  /** From now on it is not ready: it finishes what runs. */
  drain(): void;
  /** Those that do not hold; none: ready. */
  failed(): readonly FailedCheck[];
}

/** Not ready before `started` is required to hold. */
export function createReadiness(metrics: Metrics): Readiness {
  const checks = new Map<ReadinessCheck, () => string | undefined>([
    ['started', () => 'it is starting'],
    ['draining', () => undefined],
  ]);
  const judge = (failing: () => string | undefined): string | undefined => {
    try {
      return failing();
    } catch {
      return 'not known';
    }
  };
  metrics.read('selvedge_ready', () => [...checks].map(([check, failing]) => ({ labels: { check }, value: judge(failing) === undefined ? 1 : 0 })));
  return {
    require: (check, failing) => { checks.set(check, failing); },
    drain: () => { checks.set('draining', () => 'it is stopping'); },
    failed: () =>
      [...checks].flatMap(([check, failing]) => {
        const reason = judge(failing);
        return reason === undefined ? [] : [{ check, reason }];
      }),
  };
}
