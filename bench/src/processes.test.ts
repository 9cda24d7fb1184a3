import { describe, expect, it } from 'vitest';
import { ownMemoryMiB, residentMiB } from './processes.js';

/** Above what Linux gives out. */
const NOBODY = 2 ** 22 + 1;

describe('memory of a process', () => {
  it('is what it has touched, and beside that its program', () => {
    const before = ownMemoryMiB(process.pid);
    const touched = Buffer.alloc(64 * 1_024 * 1_024, 1);
    const grown = ownMemoryMiB(process.pid) - before;
    expect(touched[0]).toBe(1);
    expect(grown).toBeGreaterThan(48);
    expect(residentMiB(process.pid)).toBeGreaterThan(before + grown);
  });

  it('is none when it is gone', () => {
    expect([ownMemoryMiB(NOBODY), residentMiB(NOBODY)]).toEqual([0, 0]);
  });
});
