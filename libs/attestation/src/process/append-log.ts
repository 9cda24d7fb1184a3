import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file of lines that only grows. */
export interface AppendLog {
  /** Those that were there when it was opened, without line feeds. */
  readonly lines: readonly string[];
  /** Durable when it returns; a line that could not be written whole does not stand. @param line with its line feed */
  append(line: string): void;
  close(): void;
}

/** Called around each sync, for crash tests. */
export interface AppendLogMoments {
  readonly beforeSync?: () => void;
  readonly afterSync?: () => void;
}

/** Opens or makes the file. What follows the last line feed was cut short by a crash before anyone was answered: it goes. */
export function openAppendLog(path: string, moments: AppendLogMoments = {}): AppendLog {
  const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  let sizeBytes = content.lastIndexOf('\n') + 1;
  const lines = content.subarray(0, sizeBytes).toString('utf8').split('\n').slice(0, -1);
  const file = openSync(path, 'a', 0o600);
  ftruncateSync(file, sizeBytes);
  fsyncSync(file);
  syncDirectory(dirname(path));
  return {
    lines,
    append(text) {
      const line = Buffer.from(text);
      try {
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at);
        moments.beforeSync?.();
        fsyncSync(file);
        moments.afterSync?.();
      } catch (error) {
        // As on a full disk: what was written in part must not stand before the next entry.
        ftruncateSync(file, sizeBytes);
        throw error;
      }
      sizeBytes += line.length;
    },
    close() {
      closeSync(file);
    },
  };
}

/** Makes a rename or a new name within a directory durable. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
