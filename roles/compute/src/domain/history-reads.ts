import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { KeyVersion } from '@selvedge/protocol';
import type { KeyModification } from '../ports.js';
import { requireNames } from './contract-terms.js';
import type { DatasetPlace } from './datasets.js';
import { joinChains, type HistoryVersion } from './former-names.js';
import type { PointReads } from './point-reads.js';
import { NO_HASH, type StateContext } from './state-context.js';

/**
 * A key's history, also under names that it had before. Fabric leaves histories out of read sets. Here the key's present
 * version goes in, so that a history that has grown by the commit is refused; and the newest version must be that one.
 * Throws STALE_READ and what reading throws.
 */
export async function readHistory({ request, source, scope, opener }: StateContext, points: Pick<PointReads, 'readPoint'>, place: DatasetPlace, key: string): Promise<KeyModification[]> {
  const { policy, keys, names } = request;
  const { ownerSet, owners, dataset } = place;
  const chainUnder = (epoch: bigint): Promise<HistoryVersion[]> => {
    const ledgerKey = requireNames(keys, policy.name, epoch).ledgerKey(dataset, key);
    const open = ({ packet, txId, timestampSeconds, timestampNanos }: KeyVersion): HistoryVersion => {
      const entry = packet.length === 0 ? undefined : opener.open(packet, { policy, keys }, { dataset, ledgerKey });
      return { txId: toHex(txId), timestamp: { seconds: timestampSeconds, nanos: timestampNanos }, value: entry?.value, packetHash: entry?.packetHash, isReEncrypted: entry?.isReEncrypted ?? false };
    };
    return source.readHistory(scope, { ownerSet, owners, dataset, ledgerKey }, open);
  };
  const chains = await Promise.all([names.current, ...[...names.former].reverse()].map(chainUnder));
  const present = await points.readPoint(place, key);
  if (!equalBytes(chains[0]?.[0]?.packetHash ?? NO_HASH, present?.packetHash ?? NO_HASH)) throw new SelvedgeError('STALE_READ', 'a key changed while its history was read');
  return joinChains(chains);
}
