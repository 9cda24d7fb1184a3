import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { replicaSummary, replicaText } from './replica-text.js';

describe('what is said of a replica', () => {
  it('is whether it is open, waits for shares or for another replica, or did not answer', () => {
    const address = 'h:1';
    expect(replicaText({ address, status: { locked: false, threshold: 4, submitted: [] } })).toContain('unlocked');
    expect(replicaText({ address, status: { locked: true, threshold: 4, submitted: ['AMSP'] } })).toContain('1 of 4 shares are there (from AMSP)');
    expect(replicaText({ address, status: { locked: true, threshold: 0, submitted: [] } })).toContain('waits for another replica');
    expect(replicaText({ address, refusal: new SelvedgeError('UNAVAILABLE', 'nobody listens') })).toBe('UNAVAILABLE: nobody listens');
    expect(replicaSummary({ address, status: { locked: true, threshold: 4, submitted: ['AMSP'] } })).toEqual({ address, locked: true, threshold: 4, submitted: ['AMSP'] });
    expect(replicaSummary({ address, refusal: new SelvedgeError('TIMEOUT', 'late') })).toEqual({ address, refusal: 'TIMEOUT' });
  });
});
