/** A header of an archive as nobody's tool would write it. */
export interface CraftedEntry {
  readonly name: string;
  readonly content?: Uint8Array;
  /** ustar type flag; default '0', a regular file. */
  readonly type?: string;
  readonly linkname?: string;
  readonly mode?: number;
  /** What the header claims; default: the content's. */
  readonly size?: number;
}

const BLOCK_BYTES = 512;

/** Bytes of an archive (IEEE Std 1003.1, ustar) with these headers, whatever they say. */
export function craftArchive(entries: readonly CraftedEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const content = entry.content ?? new Uint8Array(0);
    return [header(entry, content.length), content, new Uint8Array((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)];
  });
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK_BYTES)]);
}

function header({ name, type = '0', linkname = '', mode = 0o644, size }: CraftedEntry, length: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
  };
  // A long name is split at a slash into prefix and name.
  const cut = Buffer.byteLength(name) <= 100 ? -1 : name.lastIndexOf('/', 154);
  block.write(cut < 0 ? name : name.slice(cut + 1), 0);
  if (cut >= 0) block.write(name.slice(0, cut), 345);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size ?? length, 124, 12);
  octal(0, 136, 12);
  block.write(type, 156, 'latin1');
  block.write(linkname, 157);
  block.write('ustar\0', 257, 'latin1');
  block.write('00', 263, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
