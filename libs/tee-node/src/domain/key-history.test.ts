import { create } from '@bufbuild/protobuf';
import { sha256 } from '@selvedge/crypto';
import { historyHead, KeyVersionSchema, type KeyVersion } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { followChain, type ChainPlace } from './key-history.js';

const VERSIONS = 4;

/** Versions of a key, newest first, and the chain's end. */
function createChain(): { readonly versions: KeyVersion[]; readonly head: Uint8Array } {
  const versions: KeyVersion[] = [];
  let head: Uint8Array = new Uint8Array(0);
  for (let n = 1; n <= VERSIONS; n += 1) {
    const version = create(KeyVersionSchema, { txId: new Uint8Array(32).fill(n), timestampSeconds: BigInt(n), timestampNanos: n, previousHead: head, packet: new Uint8Array(n).fill(n) });
    head = historyHead(head, { txId: version.txId, timestampSeconds: version.timestampSeconds, timestampNanos: version.timestampNanos, packetHash: sha256(version.packet) });
    versions.unshift(version);
  }
  return { versions, head };
}

describe('the versions of a key', () => {
  const { versions, head } = createChain();
  const whole: ChainPlace = { head, count: BigInt(VERSIONS) };
  const forged = (what: string): unknown => expect.objectContaining({ code: 'STATE_FORGED', message: expect.stringContaining(what) as string });

  it('join page by page down to the first', () => {
    const rest = followChain(versions.slice(0, 3), whole);
    expect(rest.count).toBe(1n);
    expect(followChain(versions.slice(3), rest)).toEqual({ head: new Uint8Array(0), count: 0n });
    expect(followChain([], { head: new Uint8Array(0), count: 0n }).count).toBe(0n);
  });

  it('do not end before the first, and have none before it, whatever number is stated', () => {
    expect(() => followChain(versions.slice(0, 3), { head, count: 3n })).toThrow(forged('it ends before its first version'));
    expect(() => followChain(versions, { head, count: 3n })).toThrow(forged('it has a version before the first'));
  });

  it('are the next ones of the chain', () => {
    for (const page of [versions.slice(1), versions.toReversed(), [versions[0], ...versions]]) expect(() => followChain(page as KeyVersion[], whole)).toThrow(forged('not the next one'));
  });
});
