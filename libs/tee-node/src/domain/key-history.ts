import { equalBytes, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { historyHead, type KeyVersion } from '@selvedge/protocol';

/** Where the next older version must join: the chain's end as followers state it, then each version's own predecessor. */
export interface ChainPlace {
  readonly head: Uint8Array;
  /** Versions from here to the first. */
  readonly count: bigint;
}

/**
 * Checks that versions, newest first, are exactly the next ones of the chain; returns where the rest must join. A business
 * node that leaves out, adds, changes or reorders one breaks it. Throws STATE_FORGED.
 */
export function followChain(versions: readonly KeyVersion[], from: ChainPlace): ChainPlace {
  let place = from;
  for (const { txId, timestampSeconds, timestampNanos, previousHead, packet } of versions) {
    if (place.count === 0n) throw forged('it has a version before the first');
    if (timestampSeconds < 0n || timestampNanos < 0) throw forged('a version has no time');
    const packetHash = packet.length === 0 ? new Uint8Array(0) : sha256(packet);
    const head = historyHead(previousHead, { txId, timestampSeconds, timestampNanos, packetHash });
    if (!equalBytes(head, place.head)) throw forged('a version is not the next one of the followers’ chain');
    place = { head: previousHead, count: place.count - 1n };
  }
  if (place.count === 0n && place.head.length > 0) throw forged('it ends before its first version');
  return place;
}

function forged(what: string): SelvedgeError {
  return new SelvedgeError('STATE_FORGED', `the history of a key: ${what}`);
}
