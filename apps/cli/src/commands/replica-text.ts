import type { SelvedgeError } from '@selvedge/errors';
import type { UnlockStatus } from '@selvedge/protocol';

/** One replica's answer, or what it refused with. */
export interface Asked {
  readonly address: string;
  readonly status?: Pick<UnlockStatus, 'locked' | 'threshold' | 'submitted'>;
  readonly refusal?: SelvedgeError;
}

/** For --json. */
export function replicaSummary({ address, status, refusal }: Asked): Record<string, unknown> {
  if (status === undefined) return { address, refusal: refusal?.code };
  const { locked, threshold, submitted } = status;
  return { address, locked, threshold, submitted };
}

/** A line without the address. */
export function replicaText({ status, refusal }: Asked): string {
  if (status === undefined) return `${refusal?.code ?? ''}: ${refusal?.message ?? ''}`;
  const { locked, threshold, submitted } = status;
  if (!locked) return 'its evidence verifies; it is unlocked';
  if (threshold === 0) return 'its evidence verifies; it has no root yet and waits for another replica’s';
  const from = submitted.length === 0 ? '' : ` (from ${submitted.join(', ')})`;
  return `its evidence verifies; it is locked: ${String(submitted.length)} of ${String(threshold)} shares are there${from}`;
}
