import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Throws RangeError with a readable text when a file could not be written there. */
export function verifyWritable(option: string, file: string | undefined): void {
  if (file === undefined) return;
  const folder = path.dirname(path.resolve(file));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new RangeError(`${option}: ${folder} is not a folder that can be written to`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw new RangeError(`${option}: ${file} is a folder; a file is expected`);
}
