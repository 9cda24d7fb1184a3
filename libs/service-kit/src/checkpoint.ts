import { appendFileSync } from 'node:fs';

/**
 * A named moment in a process: before and after each sync, send and acknowledgement. Production passes noCheckpoint;
 * crash tests end the process at one, and trace tests record their order.
 */
export type Checkpoint = (name: string, subject?: string) => void;

export const noCheckpoint: Checkpoint = () => undefined;

/** Where checkpoints lead in a test: `crashAt` is `name` or `name:n` (the n-th time); `traceFile` gets a line each. */
export interface CheckpointOptions {
  readonly crashAt?: string | undefined;
  readonly traceFile?: string | undefined;
}

/** Builds the checkpoint of this process. Crashing is SIGKILL to itself: nothing is flushed. */
export function createCheckpoint({ crashAt, traceFile }: CheckpointOptions): Checkpoint {
  if (crashAt === undefined && traceFile === undefined) return noCheckpoint;
  const [crashName, countText] = crashAt?.split(':') ?? [];
  let remaining = countText === undefined ? 1 : Number(countText);
  return (name, subject = '') => {
    if (traceFile !== undefined) appendFileSync(traceFile, `${String(process.pid)} ${name} ${subject}\n`);
    if (name !== crashName) return;
    remaining -= 1;
    if (remaining <= 0) process.kill(process.pid, 'SIGKILL');
  };
}
