import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { SelvedgeError } from '@selvedge/errors';

/** Files of a folder, by paths below it. */
export interface CollateralFiles {
  /** undefined when there is none. Throws COLLATERAL_MALFORMED above the limit. */
  read(file: string): Uint8Array | undefined;
  /** Throws COLLATERAL_MISSING when there is none. */
  require(file: string): Uint8Array;
  /** Names in a folder, sorted; none when there is no such folder. Throws COLLATERAL_MALFORMED when there are too many. */
  list(folder: string): string[];
}

const MAX_FILE_BYTES = 512 * 1024;
const MAX_FILES = 256;

/** Files below a folder of this machine. */
export function createCollateralFiles(folder: string): CollateralFiles {
  const read = (file: string): Uint8Array | undefined => readAtMost(path.join(folder, file), file);
  return {
    read,
    require(file) {
      const content = read(file);
      if (content === undefined) throw new SelvedgeError('COLLATERAL_MISSING', `${file} is not in the folder of collateral`, { details: { file } });
      return content;
    },
    list(below) {
      const names = listIfThere(path.join(folder, below));
      if (names.length > MAX_FILES) throw new SelvedgeError('COLLATERAL_MALFORMED', `${below}: more than ${String(MAX_FILES)} files`);
      return names.sort();
    },
  };
}

function listIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new SelvedgeError('COLLATERAL_MALFORMED', `${path.basename(folder)}: cannot be read`, { cause: error });
  }
}

/** One byte more than allowed is read at most, whatever lies there. */
function readAtMost(full: string, file: string): Uint8Array | undefined {
  const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
  let length = 0;
  try {
    const descriptor = openSync(full, 'r');
    try {
      for (let got = -1; got !== 0 && length < buffer.length; length += got) got = readSync(descriptor, buffer, length, buffer.length - length, null);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new SelvedgeError('COLLATERAL_MALFORMED', `${file}: cannot be read`, { cause: error });
  }
  if (length > MAX_FILE_BYTES) throw new SelvedgeError('COLLATERAL_MALFORMED', `${file}: more than ${String(MAX_FILE_BYTES)} bytes`);
  return new Uint8Array(buffer.subarray(0, length));
}

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
