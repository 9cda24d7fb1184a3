import { describe, expect, it } from 'vitest';
import { journalContent, tableContent, uncompressSnappy } from './level-db.js';

/** LevelDB's integers: seven bits a byte. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function block(entries: readonly (readonly [shared: number, key: string, value: Buffer])[]): Buffer {
  const encoded = entries.map(([shared, key, value]) => Buffer.concat([Buffer.from([...varint(shared), ...varint(key.length), ...varint(value.length)]), Buffer.from(key), value]));
  const restarts = Buffer.alloc(8);
  restarts.writeUInt32LE(1, 4);
  return Buffer.concat([...encoded, restarts]);
}

describe('what LevelDB holds', () => {
  it('is found in compressed bytes: literals, and copies of three lengths, also of themselves', () => {
    const compressed = Buffer.concat([Buffer.from([30]), Buffer.from([7 << 2]), Buffer.from('abcdefgh'), Buffer.from([(1 << 2) | 1, 8]), Buffer.from([(9 << 2) | 2, 1, 0]), Buffer.from([(6 << 2) | 3, 10, 0, 0, 0])]);
    expect(uncompressSnappy(compressed).toString()).toBe('abcdefghabcdeeeeeeeeeeeeeeeeee');
    const long = Buffer.alloc(300, 'x');
    expect(uncompressSnappy(Buffer.concat([Buffer.from(varint(300)), Buffer.from([61 << 2, 43, 1]), long])).equals(long)).toBe(true);
  });

  it('is found in a table, with keys as they were before they were cut', () => {
    const literal = block([[0, 'secret-key-1', Buffer.from('first')], [11, '2', Buffer.from('second')]]);
    const compressed = Buffer.concat([Buffer.from(varint(literal.length)), Buffer.from([60 << 2, literal.length - 1]), literal]);
    const index = block([[0, 'z', Buffer.from([...varint(0), ...varint(compressed.length)])]]);
    const footer = Buffer.alloc(48);
    Buffer.from([0, 0, ...varint(compressed.length + 5), ...varint(index.length)]).copy(footer);
    Buffer.from('57fb808b247547db', 'hex').copy(footer, 40);
    const table = Buffer.concat([compressed, Buffer.from([1, 0, 0, 0, 0]), index, Buffer.from([0, 0, 0, 0, 0]), footer]);
    expect(tableContent(table).toString()).toBe('secret-key-1firstsecret-key-2second');
    expect(() => tableContent(table.subarray(1, -1))).toThrow('not a LevelDB table');
  });

  it('is found in a journal, also across the headers between pieces', () => {
    const piece = (bytes: Buffer, type: number): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length & 255, bytes.length >> 8, type]), bytes]);
    const first = Buffer.alloc(32 * 1024 - 7 - 4, 'a');
    const journal = Buffer.concat([piece(first, 2), Buffer.alloc(4), piece(Buffer.from('bcd'), 4), piece(Buffer.from('next'), 1)]);
    expect(journalContent(journal).toString()).toBe(`${first.toString()}bcdnext`);
  });
});
