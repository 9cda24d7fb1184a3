import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { parsePrivateData, type PrivateValue } from '@selvedge/fabric';
import type { DeliveredBlock } from '@selvedge/fabric-network/follower';
import type { LegacyCollection, LegacyGap } from '../store/legacy-store.js';

/** The private values that the peer delivered with a transaction, of one collection; none where they do not parse. */
export function legacyValues({ privateData }: DeliveredBlock, index: number, { contract, collection }: LegacyCollection): readonly PrivateValue[] {
  const bytes = privateData.get(index);
  try {
    return bytes === undefined ? [] : parsePrivateData(bytes, (namespace, name) => namespace === contract && name === collection);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return [];
  }
}

/** Under the same key, and of the hash in the block. A copy: the value is a view into its whole block. */
export function valueOf({ keyHash, valueHash }: Pick<LegacyGap, 'keyHash' | 'valueHash'>, values: readonly PrivateValue[]): Uint8Array | undefined {
  const found = values.find((value) => equalBytes(value.keyHash, keyHash) && equalBytes(value.valueHash, valueHash));
  return found && Uint8Array.from(found.value);
}

/** What a block delivers for a gap. */
export function valueIn(delivered: DeliveredBlock, gap: LegacyGap): Uint8Array | undefined {
  return valueOf(gap, legacyValues(delivered, gap.index, gap));
}
