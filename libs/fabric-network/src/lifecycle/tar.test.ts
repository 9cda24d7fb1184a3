import { describe, expect, it } from 'vitest';
import { createTar } from './tar.js';

const BLOCK = 512;
const text = (bytes: Uint8Array, from: number, length: number): string => Buffer.from(bytes.subarray(from, from + length)).toString('latin1').replaceAll('\0', '');

describe('createTar', () => {
  const archive = createTar([{ name: 'a.json', content: Buffer.from('{}') }, { name: 'b', content: new Uint8Array(BLOCK) }]);

  it('writes ustar headers with contents in blocks of 512 bytes, and two empty blocks at the end', () => {
    expect(archive.length).toBe(BLOCK * (1 + 1 + 1 + 1 + 2));
    expect([text(archive, 0, 100), text(archive, 100, 8), text(archive, 124, 12), text(archive, 156, 1), text(archive, 257, 8)]).toEqual(['a.json', '0000644', '00000000002', '0', 'ustar00']);
    expect(text(archive, BLOCK, 2)).toBe('{}');
    expect(text(archive, 2 * BLOCK, 100)).toBe('b');
    expect(archive.subarray(-2 * BLOCK).every((byte) => byte === 0)).toBe(true);
  });

  it('has checksums that count their own field as blanks', () => {
    const header = Uint8Array.from(archive.subarray(0, BLOCK));
    const stored = parseInt(text(header, 148, 8), 8);
    header.fill(0x20, 148, 156);
    expect(header.reduce((sum, byte) => sum + byte, 0)).toBe(stored);
  });

  it('holds no time and no owner', () => {
    expect([text(archive, 108, 8), text(archive, 116, 8), text(archive, 136, 12)].map((octal) => parseInt(octal, 8))).toEqual([0, 0, 0]);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(101)])('refuses the name %j', (name) => {
    expect(() => createTar([{ name, content: new Uint8Array(0) }])).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});
