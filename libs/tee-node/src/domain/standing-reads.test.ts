import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { beforeAll, describe, expect, it } from 'vitest';
import { judgeReads, type StatedReads } from './standing-reads.js';

let net: TestConsortium;
beforeAll(async () => {
  net = await createTestConsortium({ profile: { viewQuorum: 2 } });
});
const said = (mspId: string, height: bigint, ...stale: number[]): StatedReads => ({ mspId, height, stale });
const judge = (stated: readonly StatedReads[], count = 2): ReturnType<typeof judgeReads> => judgeReads(stated, { count, owners: ['AuroraMSP', 'BorealisMSP'], profile: net.profile });

describe('judgeReads', () => {
  it('is of the lowest height of those who say that all stand', () => {
    expect(judge([said('NorthMSP', 7n), said('AuroraMSP', 5n), said('EastMSP', 4n, 0)])).toEqual({ kind: 'standing', height: 5n, mspIds: ['AuroraMSP', 'NorthMSP'] });
  });

  it('needs distinct organisations, one of them no owner', () => {
    expect(judge([said('NorthMSP', 7n), said('NorthMSP', 7n)])).toBeUndefined();
    expect(judge([said('AuroraMSP', 7n), said('BorealisMSP', 7n)])).toBeUndefined();
    expect(judge([said('AuroraMSP', 7n), said('BorealisMSP', 7n), said('EastMSP', 7n)])?.kind).toBe('standing');
  });

  it('needs as many as were asked for, and never fewer than the view quorum', () => {
    const three = [said('NorthMSP', 7n), said('EastMSP', 7n), said('SouthMSP', 7n)];
    expect([judge(three, 3)?.kind, judge(three, 4), judge(three.slice(0, 1), 1)]).toEqual(['standing', undefined, undefined]);
  });

  it('names the reads that a quorum says do not stand, each by itself', () => {
    expect(judge([said('NorthMSP', 7n, 1, 2), said('EastMSP', 6n, 2), said('SouthMSP', 9n)])).toEqual({ kind: 'stale', places: [2], height: 6n });
    expect(judge([said('NorthMSP', 7n, 1), said('EastMSP', 6n, 2)])).toBeUndefined();
    expect(judge([])).toBeUndefined();
  });
});
