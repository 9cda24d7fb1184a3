import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createRequestAdmission } from './request-admission.js';

const LIMITS = { maxInFlight: 2, executeTimeoutMs: 60_000, overloadWaitMs: 5_000 };

/** An admission on a clock that the test sets. */
function setting(): { readonly clock: { nowMs: number }; readonly admission: ReturnType<typeof createRequestAdmission>; readonly refusal: () => Promise<unknown> } {
  const clock = { nowMs: 0 };
  const admission = createRequestAdmission(LIMITS, () => clock.nowMs);
  return { clock, admission, refusal: () => admission.run(() => Promise.resolve('ran')).catch((error: unknown) => error) };
}

describe('the requests of a gateway', () => {
  it('are refused at once beyond so many under way, and let in again when one has ended, however it ends', async () => {
    const { admission, refusal } = setting();
    const ends: (() => void)[] = [];
    const running = [
      admission.run(() => new Promise<void>((resolve) => ends.push(resolve))),
      admission.run(() => new Promise<void>((_resolve, reject) => ends.push(() => { reject(new Error('failed')); }))),
    ];
    expect(admission.inFlight).toBe(2);
    expect(await refusal()).toMatchObject({ code: 'OVERLOADED', role: 'client', retryable: true });
    ends[1]?.();
    await expect(running[1]).rejects.toThrow('failed');
    expect(await refusal()).toBe('ran');
    ends[0]?.();
    await running[0];
    expect(admission.inFlight).toBe(0);
  });

  it('wait for as long as an execution may take, and less where others were refused for want of room', async () => {
    const { clock, admission, refusal } = setting();
    const end = new AbortController();
    const held = (): Promise<void> => admission.run(() => new Promise<void>((resolve) => { end.signal.addEventListener('abort', () => { resolve(); }); }));
    const running = [held(), held()];
    expect(admission.waitUntilMs(400)).toBe(60_400);
    clock.nowMs = 1_000;
    await refusal();
    clock.nowMs = 50_000;
    expect([admission.waitUntilMs(400), admission.waitUntilMs(6_000), admission.waitUntilMs(6_001)]).toEqual([5_400, 11_000, 66_001]);
    end.abort();
    await Promise.all(running);
  });

  it('wait less as long as others end their wait without a place, however few are under way', async () => {
    const { clock, admission } = setting();
    clock.nowMs = 1_000;
    await expect(admission.run(() => Promise.reject(new SelvedgeError('OVERLOADED', 'no batch had a place in time')))).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect([admission.waitUntilMs(6_000), admission.waitUntilMs(6_001)]).toEqual([11_000, 66_001]);
    clock.nowMs = 20_000;
    await expect(admission.run(() => Promise.reject(new SelvedgeError('STALE_READ', 'lost')))).rejects.toMatchObject({ code: 'STALE_READ' });
    expect(admission.waitUntilMs(20_000)).toBe(80_000);
  });
});
