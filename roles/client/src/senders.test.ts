import { suiteByName, toHex } from '@selvedge/crypto';
import { describe, expect, it } from 'vitest';
import { createSenders } from './senders.js';

const SUITE = 'P256-AES256GCM-SHA256';
const place = { network: 'net', channel: 'chan' };
const keyOf = (epoch: bigint): { epoch: bigint; publicKey: Uint8Array } => ({ epoch, publicKey: suiteByName(SUITE).generateKemKeyPair().publicKey });

describe('the contexts of a gateway', () => {
  it('are used for many requests, and not for too many', () => {
    const senders = createSenders(place);
    const key = keyOf(1n);
    const used = Array.from({ length: 1_025 }, () => toHex(senders.contextOf(SUITE, key).enc));
    expect(new Set(used.slice(0, 1_024)).size).toBe(1);
    expect(used[1_024]).not.toBe(used[0]);
  });

  it('end after a minute', () => {
    let now = 0;
    const senders = createSenders(place, () => now);
    const key = keyOf(1n);
    const first = senders.contextOf(SUITE, key);
    now = 59_999;
    expect(senders.contextOf(SUITE, key)).toBe(first);
    now = 60_000;
    expect(senders.contextOf(SUITE, key)).not.toBe(first);
  });

  it('end with the envelope key, and are of one suite', () => {
    const senders = createSenders(place);
    const first = senders.contextOf(SUITE, keyOf(1n));
    const next = keyOf(2n);
    expect(senders.contextOf(SUITE, next)).toMatchObject({ envelopeEpoch: 2n, suite: SUITE, ...place });
    expect(senders.contextOf(SUITE, { ...keyOf(2n) })).not.toBe(first);
    const other = suiteByName('X25519-ED25519-AES256GCM-SHA256').generateKemKeyPair().publicKey;
    expect(senders.contextOf('X25519-ED25519-AES256GCM-SHA256', { epoch: 2n, publicKey: other }).enc.length).toBe(32);
  });
});
