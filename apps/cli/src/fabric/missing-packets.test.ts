import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastMissing, readMissing } from './missing-packets.js';

const OTHER = '{"level":30,"msg":"something else"}';
const SOME = '{"level":40,"missing":3,"block":"12","msg":"packets are still missing; the peer has not got them"}';
const NONE = '{"level":40,"missing":0,"msg":"no packets are missing any more"}';

describe('missing packets', () => {
  it('are what the log said last', () => {
    expect(lastMissing([NONE, SOME, OTHER, ''].join('\n'))).toEqual({ count: 3, block: '12' });
    expect(lastMissing([SOME, NONE, OTHER].join('\n'))).toBeUndefined();
    expect(lastMissing(['ssing":3}', OTHER].join('\n'))).toBeUndefined();
    expect(lastMissing('')).toBeUndefined();
  });

  it('are read from the end of the log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'selvedge-missing-'));
    try {
      await writeFile(join(folder, 'log'), `${OTHER}\n`.repeat(10_000) + SOME);
      expect(await readMissing(join(folder, 'log'))).toEqual({ count: 3, block: '12' });
      expect(await readMissing(join(folder, 'nowhere'))).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
