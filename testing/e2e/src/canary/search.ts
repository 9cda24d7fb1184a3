import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** What must not be found: a marked text, or the bytes of a key. */
export interface Marker {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** Where a marker was found, and in which form. */
export interface Finding {
  readonly place: string;
  readonly marker: string;
  readonly encoding: string;
}

/** Every form in which a content is looked for, by name. */
export function encodingsOf(content: string | Uint8Array): Map<string, Buffer> {
  const plain = Buffer.from(content as Uint8Array);
  const hex = plain.toString('hex');
  const forms = new Map<string, Buffer>([
    ['plain', plain],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ['decimal', Buffer.from(plain.join(','))],
  ]);
  if (typeof content === 'string') {
    forms.set('UTF-16LE', Buffer.from(content, 'utf16le'));
    forms.set('UTF-16BE', Buffer.from(content, 'utf16le').swap16());
  }
  for (const offset of [0, 1, 2]) {
    forms.set(`base64+${String(offset)}`, base64Within(plain, offset, 'base64'));
    forms.set(`base64url+${String(offset)}`, base64Within(plain, offset, 'base64url'));
  }
  return forms;
}

/** Base64 of content that begins at an offset within three bytes: the characters that no neighbour changes. */
function base64Within(plain: Buffer, offset: number, encoding: 'base64' | 'base64url'): Buffer {
  const text = Buffer.concat([Buffer.alloc(offset), plain]).toString(encoding);
  return Buffer.from(text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + plain.length) * 8) / 6)));
}

/** Looks for the same markers in many places. */
export interface Search {
  bytes(place: string, bytes: Uint8Array): Finding[];
  /** Reads in overlapping chunks, so that no marker is cut in two. */
  file(place: string, file: string): Finding[];
  /** Every regular file below a folder, names included. @param placeOf what a relative path is; undefined: left out */
  folder(placeOf: (name: string) => string | undefined, folder: string): Finding[];
}

const CHUNK_BYTES = 8 * 1024 * 1024;
/** What printing puts between bytes: lines of PEM and MIME, also escaped in JSON, columns of numbers, the indices of a typed array in JSON. */
const LAYOUT = /\s|\\[rn]|"\d+":/g;
/** More than the longest form of a marker. */
const OVERLAP_BYTES = 4 * 1024;

export function createSearch(markers: readonly Marker[], chunkBytes = CHUNK_BYTES): Search {
  const forms = markers.flatMap(({ name, content }) => [...encodingsOf(content)].map(([encoding, form]) => ({ marker: name, encoding, form })));
  for (const { marker, form } of forms) {
    if (form.length >= OVERLAP_BYTES) throw new RangeError(`the marker ${marker} is too long`);
  }

  let buffer: Buffer | undefined;
  const bytes = (place: string, given: Uint8Array): Finding[] => {
    const whole = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const joined = Buffer.from(whole.toString('latin1').replaceAll(LAYOUT, ''), 'latin1');
    return forms.filter(({ form }) => whole.includes(form) || joined.includes(form)).map(({ marker, encoding }) => ({ place, marker, encoding }));
  };

  const file = (place: string, name: string): Finding[] => {
    const found = new Map<string, Finding>();
    buffer ??= Buffer.alloc(chunkBytes + OVERLAP_BYTES);
    const descriptor = openSync(name, 'r');
    try {
      for (let position = 0; ; position += chunkBytes) {
        const length = readSync(descriptor, buffer, 0, buffer.length, position);
        const chunk = buffer.subarray(0, length);
        // Journals that are laid out in advance hold little but zeros, and searching takes longer than looking.
        if (!isZeros(chunk)) for (const finding of bytes(`${place}: ${name}`, chunk)) found.set(`${finding.marker}/${finding.encoding}`, finding);
        if (length < buffer.length) break;
      }
    } finally {
      closeSync(descriptor);
    }
    return [...found.values()];
  };

  return {
    bytes,
    file,
    folder: (placeOf, folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
        const name = path.join(entry.parentPath, entry.name);
        const place = placeOf(path.relative(folder, name));
        if (place === undefined) return [];
        return [...bytes(`name of ${name}`, Buffer.from(path.relative(folder, name))), ...(entry.isFile() ? unlessGone(() => file(place, name)) : [])];
      }),
  };
}

function isZeros(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1));
}

/** Nodes still work while their folders are read: a temporary file may get its last name in between, and is read under that. */
function unlessGone(read: () => Finding[]): Finding[] {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
