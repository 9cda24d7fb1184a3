import fc from 'fast-check';
import { CODES, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { ValidationCode } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { retryOnConflict } from './conflict-retry.js';
import { readConflictRetry, retryDelayMs } from './domain/conflict-retry.js';
import { refusal } from './testdata/fake-ports.js';
import { createFakeNetwork } from './testdata/fake-network.js';

const CONFLICTS = ['MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT', 'STALE_READ', 'STALE_GUARD', 'CODE_HASH_MISMATCH', 'POLICY_VERSION_MISMATCH', 'PART_OUTDATED'];

describe('readConflictRetry', () => {
  it('fills in bounds, and refuses what has none', () => {
    expect(readConflictRetry({ attempts: 3 })).toEqual({ attempts: 3, initialDelayMs: 50, maxDelayMs: 2_000 });
    for (const retry of [{ attempts: 0 }, { attempts: 101 }, { attempts: 1.5 }, { attempts: Number.NaN }, { attempts: 2, initialDelayMs: -1 }, { attempts: 2, maxDelayMs: Number.POSITIVE_INFINITY }]) {
      expect(() => readConflictRetry(retry)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
    }
  });
});

describe('retryDelayMs', () => {
  it('spreads the pause evenly from nothing to a bound that doubles up to the longest', () => {
    const retry = { attempts: 9, initialDelayMs: 100, maxDelayMs: 500 };
    expect([1, 2, 3, 4, 9].map((failures) => retryDelayMs(retry, failures, () => 1))).toEqual([100, 200, 400, 500, 500]);
    expect(retryDelayMs(retry, 3, () => 0)).toBe(0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
        const delay = retryDelayMs(retry, failures, () => chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(500);
      }),
    );
  });
});

describe('retryOnConflict', () => {
  const pauses: number[] = [];
  const sources = { random: () => 0.5, pause: (ms: number) => Promise.resolve(void pauses.push(ms)) };
  const failing = (codes: RefusalCode[]): { run: () => Promise<string>; runs: () => number } => {
    let runs = 0;
    return {
      runs: () => runs,
      run: () => {
        const code = codes[runs];
        runs += 1;
        return code === undefined ? Promise.resolve('done') : Promise.reject(new SelvedgeError(code, 'lost'));
      },
    };
  };

  it('runs once without a policy', async () => {
    const { run, runs } = failing(['STALE_READ']);
    await expect(retryOnConflict(run, undefined, sources)).rejects.toMatchObject({ code: 'STALE_READ' });
    expect(runs()).toBe(1);
  });

  it('runs again after every kind of conflict, with growing pauses, at most as often as the policy says', async () => {
    pauses.length = 0;
    const { run, runs } = failing(['MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT', 'STALE_READ', 'STALE_GUARD']);
    expect(await retryOnConflict(run, { attempts: 5, initialDelayMs: 10, maxDelayMs: 30 }, sources)).toBe('done');
    expect([runs(), pauses]).toEqual([5, [5, 10, 15, 15]]);
    const hopeless = failing(['STALE_READ', 'STALE_READ', 'STALE_READ']);
    await expect(retryOnConflict(hopeless.run, { attempts: 2 }, sources)).rejects.toMatchObject({ code: 'STALE_READ' });
    expect(hopeless.runs()).toBe(2);
  });

  it('runs nothing again after any other refusal: not after COMMIT_UNKNOWN, which may be committed', async () => {
    for (const code of Object.keys(CODES) as RefusalCode[]) {
      const { run, runs } = failing([code]);
      await retryOnConflict(run, { attempts: 2 }, sources).catch(() => undefined);
      expect([code, runs()]).toEqual([code, CONFLICTS.includes(code) ? 2 : 1]);
    }
    await expect(retryOnConflict(() => Promise.reject(new Error('other')), { attempts: 2 }, sources)).rejects.toThrow('other');
  });
});

describe('a contract with a retry policy', () => {
  it('makes the whole request again under a new transaction id; without one the conflict is the caller’s', async () => {
    const network = await createFakeNetwork();
    const gateway = network.connect({ random: () => 0 });
    const contract = gateway.getNetwork('trade').getContract('diamonds');
    const ids: string[] = [];
    network.hooks.commitStatus = (_peer, genuine, txId) => {
      const id = Buffer.from(txId).toString('hex');
      if (!ids.includes(id)) ids.push(id);
      network.ledger.code = ids.length < 3 ? ValidationCode.MVCC_READ_CONFLICT : ValidationCode.VALID;
      return genuine();
    };
    expect(Buffer.from(await contract.submit('f', { arguments: ['a'], retry: { attempts: 3 } })).toString()).toBe('f(a)');
    expect(ids).toHaveLength(3);
    ids.length = 0;
    await expect(contract.submit('f')).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
    gateway.close();
  });

  it('takes the gateway’s policy where the call has none, checks it at once, and pauses no longer than the gateway is open', async () => {
    const network = await createFakeNetwork();
    expect(() => network.connect({ retry: { attempts: 0 } })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
    const gateway = network.connect({ retry: { attempts: 2, initialDelayMs: 60_000, maxDelayMs: 60_000 }, random: () => 1, limits: { endorseTimeoutMs: 200 } });
    let asked = 0;
    network.hooks.endorse = () => {
      asked += 1;
      return Promise.reject(refusal('STALE_READ'));
    };
    const waiting = gateway.getNetwork('trade').getContract('diamonds').submitAsync('f');
    const refused = expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    while (asked < 6) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    gateway.close();
    await refused;
  });
});
