import { describe, expect, it } from 'vitest';
import { createHedging } from './hedging.js';
import { createNodeLoad, type NodeLoad, type ReportedHealth } from './node-load.js';

const nodes = ['a', 'b', 'c'].map((nodeId) => ({ nodeId }));
const order = (load: NodeLoad): string => load.order('stones', nodes).map(({ nodeId }) => nodeId).join('');
const health = (change: Partial<ReportedHealth> = {}): ReportedHealth => ({ ready: true, draining: false, inFlight: 0, contracts: ['stones'], ...change });

describe('the load of compute nodes', () => {
  it('puts the least busy first and leaves the order of others as it is', () => {
    const load = createNodeLoad(10);
    expect(order(load)).toBe('abc');
    const end = load.begin('a');
    load.begin('b');
    load.begin('b');
    expect(order(load)).toBe('cab');
    end();
    expect(order(load)).toBe('acb');
  });

  it('counts what nodes report of other clients, beside its own calls', () => {
    const load = createNodeLoad(10);
    load.begin('b');
    load.report('b', health({ inFlight: 1 })); // this client's own
    load.report('a', health({ inFlight: 2 }));
    expect(order(load)).toBe('cba');
  });

  it('asks last those that say that they cannot serve, whatever their load', () => {
    const load = createNodeLoad(10);
    load.begin('c');
    load.report('a', health({ ready: false }));
    load.report('b', health({ contracts: ['others'] }));
    expect(order(load)).toBe('cba');
    load.report('b', health({ draining: true }));
    load.report('a', undefined);
    expect(order(load)).toBe('acb');
  });

  it('is full at as many calls as a node may have, until one ends', async () => {
    const load = createNodeLoad(2);
    load.begin('a');
    const end = load.begin('a');
    expect([load.isFull('a'), load.isFull('b')]).toEqual([true, false]);
    const ended = load.ended(60_000);
    end();
    await ended;
    expect(load.isFull('a')).toBe(false);
  });

  it('has half as many places at a node that refused a call as overloaded, once for all that met that crowd, and one more for each row that is served', () => {
    const load = createNodeLoad(8);
    const crowd = Array.from({ length: 8 }, () => load.begin('a'));
    const places = (): number => {
      const begun: ReturnType<NodeLoad['begin']>[] = [];
      while (!load.isFull('a')) begun.push(load.begin('a'));
      for (const end of begun) end();
      return begun.length;
    };
    for (const end of crowd) end('overloaded');
    expect(places()).toBe(4);
    for (let i = 0; i < 5; i += 1) load.begin('a')('served');
    expect(places()).toBe(5);
    for (let falls = 0; falls < 5; falls += 1) load.begin('a')('overloaded');
    expect(places()).toBe(1);
    for (let i = 0; i < 100; i += 1) load.begin('a')('served');
    expect(places()).toBe(8);
    expect(load.isFull('b')).toBe(false);
  });

  it('lets one go on for each end, in the order in which they came, and nobody wait for longer than he said', async () => {
    const load = createNodeLoad(2);
    const [end, endOther] = [load.begin('a'), load.begin('a')];
    const order: string[] = [];
    const waits = (['late', 'first', 'second'] as const).map((name) => load.ended(name === 'late' ? 1 : 60_000).then(() => order.push(name)));
    await waits[0];
    end();
    await waits[1];
    expect(order).toEqual(['late', 'first']);
    endOther();
    await Promise.all(waits);
    expect(order).toEqual(['late', 'first', 'second']);
  });
});

describe('hedging', () => {
  const learnt = (ms: (i: number) => number, count = 100): ReturnType<typeof createHedging> => {
    const hedging = createHedging();
    for (let i = 0; i < count; i += 1) hedging.took(ms(i));
    return hedging;
  };

  it('knows nothing before it has seen some answers', () => {
    expect(learnt(() => 5, 19).patienceMs()).toBeUndefined();
  });

  it('is patient for longer than answers usually take', () => {
    expect(learnt(() => 5).patienceMs()).toBe(100);
    const patience = learnt((i) => (i % 2 === 0 ? 200 : 400)).patienceMs();
    expect(patience).toBeGreaterThan(500);
    expect(patience).toBeLessThan(1_000);
  });

  it('allows one second call in twenty, and five at once at most', () => {
    const hedging = learnt(() => 5, 19);
    expect(hedging.take()).toBe(false);
    hedging.took(5);
    expect([hedging.take(), hedging.take()]).toEqual([true, false]);
    const rested = learnt(() => 5, 1_000);
    expect([1, 2, 3, 4, 5, 6].map(() => rested.take())).toEqual([true, true, true, true, true, false]);
  });
});
