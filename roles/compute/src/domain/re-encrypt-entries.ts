import { SelvedgeError } from '@selvedge/errors';
import type { DatasetPlace } from './datasets.js';
import type { PointReads } from './point-reads.js';
import type { ReEncryption } from './re-encryption.js';
import type { StateContext } from './state-context.js';

/** Values that one request re-encrypts, so that it never holds up the others for long; one value alone may be larger. */
const MAX_RE_ENCRYPTED_BYTES = 1024 * 1024;

/** What ReEncryptable.reEncrypt does, for one dataset. */
export async function reEncryptEntries({ request, sets }: StateContext, points: Pick<PointReads, 'fetchPoint' | 'adopt'>, place: DatasetPlace, ledgerKeys: readonly Uint8Array[]): Promise<ReEncryption> {
  const { names, keyEpoch } = request;
  const { ownerSet, dataset, contentGuard, isEnding } = place;
  // Every write begins their life anew.
  if (isEnding) throw new SelvedgeError('FEATURE_UNSUPPORTED', 're-encrypting entries that end by themselves');
  const found = await Promise.all(ledgerKeys.map((ledgerKey) => points.fetchPoint(place, ledgerKey)));
  let written = 0;
  let bytes = 0;
  for (const [seen, point] of found.entries()) {
    const { entry } = point;
    if (entry === undefined || entry.keyEpoch >= keyEpoch || entry.nameEpoch !== names.current) continue;
    const { key, value, ledgerKey, datasetTag, packetHash } = entry;
    bytes += value.length;
    if (written > 0 && bytes > MAX_RE_ENCRYPTED_BYTES) return { seen, written };
    written += 1;
    points.adopt(place, key, point);
    sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
    sets.addWrite({ ownerSet, dataset, datasetTag, ledgerKey, contentGuard, isEnding, key, effect: { kind: 'put', value }, isReEncryption: true });
  }
  return { seen: found.length, written };
}
