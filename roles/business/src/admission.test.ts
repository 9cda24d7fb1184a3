import { refusalCodeOf } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { createAdmission } from './admission.js';

describe('admission', () => {
  it('refuses above its limit, and frees its places after success and failure', async () => {
    const admission = createAdmission(2);
    const run = (): Promise<string | undefined> => refusalCodeOf(admission.run(() => undefined));
    expect(await Promise.all([run(), run(), run()])).toEqual([undefined, undefined, 'OVERLOADED']);
    await expect(admission.run(() => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
    expect(admission.inFlight).toBe(0);
  });

  it('lets the event loop turn before it works', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('other work'));
    await createAdmission(1).run(() => order.push('call'));
    expect(order).toEqual(['other work', 'call']);
  });
});
