/** Batches without a conflict after which one more may be under way; doubled each time that this was too soon. */
const CALM = 8;
const LONGEST_CALM = 256;

/** How many of one contract's batches may be under way at once, by whether they have met each other's keys. */
export interface Contention {
  limit(): number;
  /** Whether fewer are let through than usual. */
  isHigh(): boolean;
  /** One is under way. Its end is told to what this returns, with whether anything in it was stale. */
  begin(): (hasConflict: boolean) => void;
}

/**
 * Batches that are under way together do not see each other's writes, so that those of a key that all of them change meet in conflicts; one
 * after the other, each sees what the one before has left. So the first conflict of batches that overlap brings them down to one at a time, and calm brings
 * more back. A conflict of a batch that was alone is another client's doing, and changes nothing. @param most batches under way at once, without conflicts
 */
export function createContention(most: number): Contention {
  let limit = most;
  let calm = 0;
  let needed = CALM;
  const running = new Set<{ overlaps: boolean }>();

  const noteConflict = (): void => {
    calm = 0;
    if (limit === 1) return;
    limit = 1;
    needed = Math.min(needed * 2, LONGEST_CALM);
  };
  const noteCalm = (): void => {
    calm += 1;
    if (calm < needed) return;
    calm = 0;
    if (limit < most) limit += 1;
    else needed = CALM;
  };
  return {
    limit: () => limit,
    isHigh: () => limit < most,
    begin() {
      const own = { overlaps: running.size > 0 };
      for (const other of running) other.overlaps = true;
      running.add(own);
      return (hasConflict) => {
        running.delete(own);
        if (!hasConflict) noteCalm();
        else if (own.overlaps) noteConflict();
      };
    },
  };
}
