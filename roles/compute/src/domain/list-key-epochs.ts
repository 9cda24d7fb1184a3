import { sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { contentGuardKey, encodeMessage, KeyEpochsAskedSchema, LIMITS, parseMessage, requireAtMost, StoredKeyEpochsSchema } from '@selvedge/protocol';
import { parsePacketHeader } from '@selvedge/sealed-objects';
import type { ReadScope, ServedEntry, StateSource } from '@selvedge/tee-node';
import type { AuthorisedRequest } from './authorise.js';
import { createDatasets } from './datasets.js';
import { onlyArgument } from './only-argument.js';

/** An entry by its clear header alone. */
interface LabelledEntry {
  readonly ledgerKey: Uint8Array;
  readonly datasetTag: Uint8Array;
  readonly packetHash: Uint8Array;
  readonly keyEpoch: bigint;
}

/**
 * Counts a contract's entries by the epoch that they lie under, and lists those under older ones: StoredKeyEpochs bytes. Packets
 * are not opened, so that those of a revoked epoch count as well, also of datasets that are kept in plaintext. Confirmed, what is counted is the whole of each dataset by the
 * statements of a quorum, and each epoch is that of a packet whose hash they cover; else it is a business node's word, good
 * enough to know which keys to look at. Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED, FEATURE_UNSUPPORTED and as StateSource.
 */
export async function listKeyEpochs({ body, policy, keys, creator, keyEpoch: newestEpoch }: AuthorisedRequest, source: Pick<StateSource, 'readDataset'>, scope: ReadScope): Promise<Uint8Array> {
  const { confirm, maxKeys } = parseMessage(KeyEpochsAskedSchema, onlyArgument(body), LIMITS.maxRequestBytes);
  requireAtMost('keys to list', maxKeys, LIMITS.maxListedKeys);
  const places = createDatasets(policy, body.channel, creator.mspId);
  let room = maxKeys;
  const datasets = [];
  for (const { name: dataset } of policy.datasets) {
    const { ownerSet, owners, isEnding: ending } = places.visible(dataset);
    const open = (served: ServedEntry): LabelledEntry => {
      if (!(served instanceof Uint8Array)) throw new SelvedgeError('STATE_FORGED', 'a value, where packets were asked for');
      const { ledgerKey, datasetTag, keyEpoch } = parsePacketHeader(served, { channel: body.channel, contract: policy.name, dataset });
      return { ledgerKey, datasetTag, keyEpoch, packetHash: sha256(served) };
    };
    const { entries } = await source.readDataset(scope, { ownerSet, owners, dataset, guardKey: contentGuardKey(policy.name, dataset), confirm, isOfAnyMoment: !confirm, asPackets: true, open });
    const counts = new Map<bigint, bigint>();
    for (const { keyEpoch } of entries) counts.set(keyEpoch, (counts.get(keyEpoch) ?? 0n) + 1n);
    const epochs = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([epoch, count]) => ({ epoch, entries: count, readable: keys.epoch(epoch) !== undefined }));
    const isOlder = ({ keyEpoch }: LabelledEntry): boolean => keyEpoch < newestEpoch && keys.epoch(keyEpoch) !== undefined;
    const olderKeys = ending ? [] : entries.filter(isOlder).slice(0, room).map(({ ledgerKey }) => ledgerKey);
    room -= olderKeys.length;
    datasets.push({ dataset, ending, epochs, olderKeys });
  }
  return encodeMessage(StoredKeyEpochsSchema, { newestEpoch, datasets });
}
