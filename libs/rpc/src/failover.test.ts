import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createFailover } from './failover.js';

const refusal = (code: 'UNAVAILABLE' | 'BROKER_LOCKED' | 'TEE_REVOKED') => new SelvedgeError(code, code);

describe('failover', () => {
  it('goes on to the next peer whatever the refusal, and begins with the one that served last', async () => {
    const asked: string[] = [];
    const down = new Set(['a']);
    const ask = (peer: string): Promise<string> => {
      asked.push(peer);
      return down.has(peer) ? Promise.reject(refusal('TEE_REVOKED')) : Promise.resolve(`answer of ${peer}`);
    };
    const failover = createFailover();
    const peers = ['a', 'b', 'c'];
    expect(await failover(peers, ask)).toBe('answer of b');
    expect(await failover(peers, ask)).toBe('answer of b');
    down.add('b').delete('a');
    expect(await failover(peers, ask)).toBe('answer of c');
    down.add('c');
    expect(await failover(peers, ask)).toBe('answer of a');
    expect(asked.join('')).toBe('abbbcca');
  });

  it('passes on the refusal that tells most, and asks each peer once', async () => {
    const refusals = { a: refusal('UNAVAILABLE'), b: refusal('TEE_REVOKED'), c: refusal('BROKER_LOCKED') };
    const ask = (peer: 'a' | 'b' | 'c') => Promise.reject(refusals[peer]);
    const peers = ['a', 'b', 'c'] as const;
    await expect(createFailover()(peers, ask)).rejects.toBe(refusals.a);
    await expect(createFailover({ isTelling: (error) => error === refusals.b })(peers, ask)).rejects.toBe(refusals.b);
  });

  it('says so when there is nobody to ask, and takes a list that has become shorter', async () => {
    const failover = createFailover();
    await expect(failover([], () => Promise.resolve(1))).rejects.toThrow(RangeError);
    expect(await failover(['a', 'b'], (peer) => (peer === 'b' ? Promise.resolve(peer) : Promise.reject(refusal('UNAVAILABLE'))))).toBe('b');
    expect(await failover(['c'], (peer) => Promise.resolve(peer))).toBe('c');
  });
});
