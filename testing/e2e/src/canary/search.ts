import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** Every form in which a marked text is looked for, by name. */
export function encodingsOf(marker: string): Map<string, Buffer> {
  const plain = Buffer.from(marker, 'utf8');
  const forms = new Map<string, Buffer>([
    ['plain', plain],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['HEX', Buffer.from(plain.toString('hex').toUpperCase())],
    ['UTF-16LE', Buffer.from(marker, 'utf16le')],
    ['UTF-16BE', Buffer.from(marker, 'utf16le').swap16()],
  ]);
  // Base64 depends on the offset within three bytes: take the characters that no neighbour changes.
  for (const offset of [0, 1, 2]) {
    for (const [name, encoding] of [['base64', 'base64'], ['base64url', 'base64url']] as const) {
      const text = Buffer.concat([Buffer.alloc(offset), plain]).toString(encoding).replace(/=+$/, '');
      const from = Math.ceil((offset * 8) / 6);
      const to = Math.floor(((offset + plain.length) * 8) / 6);
      forms.set(`${name}+${String(offset)}`, Buffer.from(text.slice(from, to)));
    }
  }
  return forms;
}

/** Where a marker was found. */
export interface Finding {
  readonly place: string;
  readonly marker: string;
  readonly encoding: string;
}

/** Searches bytes for every form of every marker. */
export function searchBytes(place: string, bytes: Buffer, markers: readonly string[]): Finding[] {
  return markers.flatMap((marker) => [...encodingsOf(marker)].filter(([, form]) => bytes.includes(form)).map(([encoding]) => ({ place, marker, encoding })));
}

const CHUNK_BYTES = 8 * 1024 * 1024;
const OVERLAP_BYTES = 4 * 1024;

/** Searches a file in overlapping chunks, so that no marker is cut in two. */
export function searchFile(file: string, markers: readonly string[]): Finding[] {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(CHUNK_BYTES + OVERLAP_BYTES);
  const found = new Map<string, Finding>();
  try {
    for (let position = 0; ; position += CHUNK_BYTES) {
      const length = readSync(descriptor, buffer, 0, buffer.length, position);
      for (const finding of searchBytes(file, buffer.subarray(0, length), markers)) found.set(`${finding.marker}/${finding.encoding}`, finding);
      if (length < buffer.length) break;
    }
  } finally {
    closeSync(descriptor);
  }
  return [...found.values()];
}

/** All regular files below a folder; names count as content too. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** Searches every file below a folder, names included. */
export function searchFolder(folder: string, markers: readonly string[]): Finding[] {
  return filesBelow(folder).flatMap((file) => [...searchFile(file, markers), ...searchBytes(`name of ${file}`, Buffer.from(file), markers)]);
}
