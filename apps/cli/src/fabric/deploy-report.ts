import type { DeployWarning } from '@selvedge/fabric';

/** What a deployment did, and what is left. */
export interface DeployReport {
  /** What this run changed. */
  readonly done: readonly string[];
  /** What others, or other processes, have still to do. Empty: everything is in place. */
  readonly waiting: readonly string[];
  readonly warnings: readonly DeployWarning[];
}

/** Gathers a report, and tells each step as it happens. */
export interface Reporter {
  /** What is going on. */
  progress(text: string): void;
  done(text: string): void;
  wait(text: string): void;
  warn(warnings: readonly DeployWarning[]): void;
  report(): DeployReport;
}

/** @param note receives one line for each thing that happens */
export function createReporter(note: (text: string) => void): Reporter {
  const [done, waiting, warnings]: [string[], string[], DeployWarning[]] = [[], [], []];
  return {
    progress: note,
    done(text) {
      done.push(text);
      note(`done: ${text}`);
    },
    wait(text) {
      waiting.push(text);
      note(`waiting: ${text}`);
    },
    warn(found) {
      for (const warning of found) {
        if (warnings.some(({ code, message }) => code === warning.code && message === warning.message)) continue;
        warnings.push(warning);
        note(`warning ${warning.code}: ${warning.message}`);
      }
    },
    report: () => ({ done, waiting, warnings }),
  };
}
