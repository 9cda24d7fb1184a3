import { SelvedgeError } from '@selvedge/errors';

const BLOCK_BYTES = 512;
const MAX_NAME_BYTES = 100;
const FILE_MODE = 0o644;
const CHECKSUM_OFFSET = 148;

/** A file of an archive. */
export interface TarEntry {
  /** ASCII, at most 100 bytes. */
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * An archive in POSIX ustar format (IEEE Std 1003.1, pax "ustar Interchange Format") that depends on its entries alone:
 * no times, no owners. Throws INVALID_CONFIGURATION for a name that does not fit.
 */
export function createTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap(({ name, content }) => [header(name, content.length), content, new Uint8Array(padding(content.length))]);
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(2 * BLOCK_BYTES)]));
}

function padding(length: number): number {
  return (BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES;
}

function header(name: string, size: number): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > MAX_NAME_BYTES) throw new SelvedgeError('INVALID_CONFIGURATION', `${JSON.stringify(name)} does not fit into an archive`);
  const block = Buffer.alloc(BLOCK_BYTES);
  // Numbers are octal, zero-padded to their field's width less one, and end with NUL.
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
  };
  block.write(name, 0, 'latin1');
  octal(FILE_MODE, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('0', 156, 'latin1');
  block.write('ustar\0', 257, 'latin1');
  block.write('00', 263, 'latin1');
  // The checksum counts its own field as blanks.
  block.fill(' ', CHECKSUM_OFFSET, CHECKSUM_OFFSET + 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_OFFSET, 'latin1');
  return block;
}
