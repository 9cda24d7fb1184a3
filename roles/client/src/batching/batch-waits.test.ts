import { setTimeout as sleep } from 'node:timers/promises';
import { ValidationCode } from '@selvedge/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { ClientLimits } from '../limits.js';
import { useBatchedContract } from '../testdata/batched-contract.js';
import { refusal } from '../testdata/fake-ports.js';

const test = useBatchedContract();
const { hops, submit, orderedItems } = test;

describe('under more load than there is room for, a batch', () => {
  const connect = (limits: Partial<ClientLimits>): void => {
    test.gateway.close();
    test.connect({ limits }, { maxInFlight: 1 });
  };

  it('is refused as a whole where no node takes it: alone, its items would only be more', async () => {
    connect({ executeTimeoutMs: 100 });
    test.network.hooks.executeBatch = () => Promise.reject(refusal('OVERLOADED'));
    expect(await submit('a', 'b')).toEqual(['OVERLOADED', 'OVERLOADED']);
    test.network.hooks.executeBatch = (_node, genuine) => genuine();
    test.network.hooks.submit = () => Promise.reject(refusal('OVERLOADED'));
    connect({ submitTimeoutMs: 100 });
    expect(await submit('a', 'b')).toEqual(['OVERLOADED', 'OVERLOADED']);
    expect(test.network.calls.filter((call) => call.startsWith('endorse NorthMSP')).length).toBeLessThan(2);
  });

  it('leaves out items that have waited for their turn too long while others were refused for want of room', async () => {
    connect({ maxInFlight: 5, overloadWaitMs: 50 });
    await submit('warm');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    test.network.hooks.executeBatch = async (_node, genuine) => {
      await held;
      return genuine();
    };
    const first = submit('a', 'b');
    await expect.poll(() => hops('execute')).toBe(2);
    const waiting = submit('c', 'd', 'e');
    await sleep(60);
    expect(await submit('f')).toEqual(['OVERLOADED']);
    release();
    expect([await first, await waiting]).toEqual([['a()', 'b()'], ['OVERLOADED', 'OVERLOADED', 'OVERLOADED']]);
    expect(await submit('g')).toEqual(['g()']);
  });
});

describe('requests that come one after the other and change one key', () => {
  it('wait for each other once they have met in a conflict, and then travel together', async () => {
    test.connect({}, { maxBatchDelayMs: 1 });
    const held: (() => void)[] = [];
    test.network.hooks.submit = async (_node, genuine) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return genuine();
    };
    const ordering = (count: number): Promise<unknown> => vi.waitFor(() => { expect(held).toHaveLength(count); });
    const first = submit('a');
    await ordering(1);
    const second = submit('b');
    await ordering(2);
    held[0]?.();
    expect(await first).toEqual(['a()']);
    test.network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    held[1]?.();
    expect(await second).toEqual(['MVCC_READ_CONFLICT']);

    test.network.ledger.code = ValidationCode.VALID;
    const third = submit('c');
    await ordering(3);
    const later = [submit('d'), submit('e')];
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(held).toHaveLength(3);
    held[2]?.();
    expect(await third).toEqual(['c()']);
    await ordering(4);
    held[3]?.();
    expect(await Promise.all(later)).toEqual([['d()'], ['e()']]);
    expect(orderedItems()).toEqual([1, 1, 1, 2]);
  });
});
