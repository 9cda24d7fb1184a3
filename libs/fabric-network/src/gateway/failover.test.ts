import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { EndorsersRefused } from '@selvedge/fabric';
import { describe, expect, it } from 'vitest';
import { createFailover } from './failover.js';

const peers = ['A', 'B', 'C'].map((mspId) => ({ mspId, endpoint: `${mspId}:7051` }));
const refusal = (code: RefusalCode): SelvedgeError => new SelvedgeError(code, `made to fail with ${code}`);
const endorsers = (isUndiscovered: boolean): SelvedgeError => new EndorsersRefused([{ mspId: 'NorthMSP', refusal: refusal('UNAVAILABLE') }], { isUndiscovered });

function setup() {
  const clock = { now: 0 };
  const failover = createFailover({ peers, nowMs: () => clock.now, penaltyMs: 100 });
  const asked: string[] = [];
  const failures = new Map<string, SelvedgeError>();
  const run = (timeoutMs = 1_000, signal?: AbortSignal): Promise<string> =>
    failover.run({ timeoutMs, signal }, ({ mspId }, bounds) => {
      asked.push(mspId);
      clock.now += 10;
      const failure = failures.get(mspId);
      return failure === undefined ? Promise.resolve(`${mspId} ${String(bounds.timeoutMs)}`) : Promise.reject(failure);
    });
  return { clock, failover, asked, failures, run };
}

describe('createFailover', () => {
  it('stays with the first peer while it answers', async () => {
    const { asked, run } = setup();
    await run();
    expect([await run(), asked]).toEqual(['A 1000', ['A', 'A']]);
  });

  it('goes to the next, within the same time, and asks the one that failed last until its penalty is over', async () => {
    const { clock, asked, failures, run } = setup();
    failures.set('A', refusal('UNAVAILABLE'));
    expect([await run(), await run()]).toEqual(['B 990', 'B 1000']);
    failures.clear();
    clock.now += 100;
    await run();
    expect(asked).toEqual(['A', 'B', 'B', 'A']);
  });

  it('stops at a refusal that another peer would repeat', async () => {
    const { asked, failures, run } = setup();
    failures.set('A', refusal('DUPLICATE_TXID'));
    await expect(run()).rejects.toMatchObject({ code: 'DUPLICATE_TXID' });
    failures.set('A', endorsers(false));
    await expect(run()).rejects.toBeInstanceOf(EndorsersRefused);
    expect(asked).toEqual(['A', 'A']);
  });

  it('asks one other for endorsers that a peer has not found, and keeps what is known of them when no other answers', async () => {
    const { asked, failures, run } = setup();
    failures.set('A', endorsers(true));
    expect(await run()).toBe('B 990');
    failures.set('B', endorsers(true));
    await expect(run()).rejects.toBeInstanceOf(EndorsersRefused);
    expect(asked).toEqual(['A', 'B', 'A', 'B']);
    for (const mspId of ['B', 'C']) failures.set(mspId, refusal('UNAVAILABLE'));
    await expect(run()).rejects.toBeInstanceOf(EndorsersRefused);
    failures.set('A', refusal('UNAVAILABLE'));
    await expect(run()).rejects.toMatchObject({ code: 'UNAVAILABLE', role: 'client' });
  });

  it('does not blame a peer for a timeout when it has answered others meanwhile', async () => {
    const { clock, failover } = setup();
    let fail = (): void => undefined;
    const hanging = failover.run({ timeoutMs: 50 }, ({ mspId }) => new Promise<string>((resolve, reject) => {
      fail = () => { if (mspId === 'A') reject(refusal('TIMEOUT')); else resolve(mspId); };
    }));
    clock.now += 20;
    await failover.run({ timeoutMs: 50 }, () => Promise.resolve());
    clock.now += 40;
    fail();
    await expect(hanging).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await failover.run({ timeoutMs: 50 }, ({ mspId }) => Promise.resolve(mspId))).toBe('A');
  });

  it('ends with the time and with the caller’s patience', async () => {
    const { asked, failures, run } = setup();
    for (const { mspId } of peers) failures.set(mspId, refusal('UNAVAILABLE'));
    await expect(run(15)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(asked).toEqual(['A', 'B']);
    await expect(run(1_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
