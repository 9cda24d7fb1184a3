import { readFileSync } from 'node:fs';

/**
 * What LevelDB files hold, so that bytes can be looked for: tables are compressed and cut keys short, journals put
 * headers between the pieces of a record. Formats: github.com/google/leveldb, doc/table_format.md and log_format.md.
 */
export function levelDbContent(file: string): Buffer | undefined {
  if (file.endsWith('.ldb')) return tableContent(readFileSync(file));
  if (file.endsWith('.log')) return journalContent(readFileSync(file));
  return undefined;
}

const FOOTER_BYTES = 48;
const TABLE_MAGIC = Buffer.from('57fb808b247547db', 'hex');
const SNAPPY = 1;
const RESTART_BYTES = 4;

/** Keys and values of a table, one after the other. */
export function tableContent(table: Buffer): Buffer {
  if (!table.subarray(-TABLE_MAGIC.length).equals(TABLE_MAGIC)) throw new Error('not a LevelDB table');
  const footer = new Reader(table.subarray(-FOOTER_BYTES));
  footer.handle();
  const index = entriesOf(blockAt(table, footer.handle()));
  const entries = index.flatMap(({ value }) => entriesOf(blockAt(table, new Reader(value).handle())));
  return Buffer.concat(entries.flatMap(({ key, value }) => [key, value]));
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function blockAt(table: Buffer, { offset, size }: Handle): Buffer {
  const bytes = table.subarray(offset, offset + size);
  return table[offset + size] === SNAPPY ? uncompressSnappy(bytes) : bytes;
}

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A key that begins like the one before is stored without that beginning. */
function entriesOf(block: Buffer): Entry[] {
  const restarts = block.readUInt32LE(block.length - RESTART_BYTES);
  const reader = new Reader(block.subarray(0, block.length - RESTART_BYTES * (restarts + 1)));
  const entries: Entry[] = [];
  let key = Buffer.alloc(0);
  while (reader.isMore) {
    const [shared, fresh, length] = [reader.varint(), reader.varint(), reader.varint()];
    key = Buffer.concat([key.subarray(0, shared), reader.bytes(fresh)]);
    entries.push({ key, value: reader.bytes(length) });
  }
  return entries;
}

const JOURNAL_BLOCK_BYTES = 32 * 1024;
const CHUNK_HEADER_BYTES = 7;

/** The records of a journal, one after the other. */
export function journalContent(journal: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let start = 0; start < journal.length; start += JOURNAL_BLOCK_BYTES) {
    const block = journal.subarray(start, start + JOURNAL_BLOCK_BYTES);
    for (let position = 0; position + CHUNK_HEADER_BYTES <= block.length; ) {
      const end = position + CHUNK_HEADER_BYTES + block.readUInt16LE(position + 4);
      pieces.push(block.subarray(position + CHUNK_HEADER_BYTES, end));
      position = end;
    }
  }
  return Buffer.concat(pieces);
}

/** Raw Snappy: github.com/google/snappy, format_description.txt. */
export function uncompressSnappy(compressed: Buffer): Buffer {
  const reader = new Reader(compressed);
  const output = Buffer.alloc(reader.varint());
  let length = 0;
  while (reader.isMore) {
    const tag = reader.byte();
    const high = tag >> 2;
    if ((tag & 3) === 0) {
      const size = (high < 60 ? high : reader.littleEndian(high - 59)) + 1;
      length += reader.bytes(size).copy(output, length);
      continue;
    }
    const isShort = (tag & 3) === 1;
    const size = isShort ? (high & 7) + 4 : high + 1;
    const distance = isShort ? ((tag >> 5) << 8) | reader.byte() : reader.littleEndian((tag & 3) === 2 ? 2 : 4);
    // What is copied may reach into what the copy itself writes.
    for (const end = length + size; length < end; length += 1) output[length] = output[length - distance] as number;
  }
  return output;
}

class Reader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isMore(): boolean {
    return this.#position < this.#bytes.length;
  }

  byte(): number {
    return this.bytes(1)[0] as number;
  }

  bytes(count: number): Buffer {
    this.#position += count;
    if (this.#position > this.#bytes.length) throw new RangeError('LevelDB: a length leads past the end');
    return this.#bytes.subarray(this.#position - count, this.#position);
  }

  littleEndian(count: number): number {
    return this.bytes(count).readUIntLE(0, count);
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  handle(): Handle {
    return { offset: this.varint(), size: this.varint() };
  }
}
