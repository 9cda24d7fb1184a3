/** Work that is done in rounds, one at a time. */
export interface Rounds {
  /** Asks for a round: one that runs is not cut short, and however often it is asked for meanwhile, one follows. */
  request(): void;
  /** Resolves when no round runs and none is asked for. */
  settled(): Promise<void>;
}

/** @param run one round; must not reject */
export function createRounds(run: () => Promise<void>): Rounds {
  let running: Promise<void> | undefined;
  let isAsked = false;
  const work = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false;
      await run();
    }
    running = undefined;
  };
  return {
    request() {
      isAsked = true;
      // In a turn of its own: a round may ask for the next one before it first waits.
      running ??= Promise.resolve().then(work);
    },
    settled: () => running ?? Promise.resolve(),
  };
}
