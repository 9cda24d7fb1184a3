import { sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, requireAtMost } from '@selvedge/protocol';
import { parsePacketHeader } from '@selvedge/sealed-objects';
import type { ReadsConfirmer, ServedEntry, ServingNode, StoredEntry } from '@selvedge/tee-node';
import type { DatasetPlace } from './datasets.js';
import { verifyKeySupported } from './key-range.js';
import type { KeptPoints, PointMemory, ReadPoint } from './kept-points.js';
import { legacyValueHash, readConfirmedPoint, type ServedPoint } from './legacy-reads.js';
import { NO_HASH, pointId, type StateContext } from './state-context.js';

interface FetchOptions {
  /** What lies under an epoch that this node has no keys of is named, where it would be refused. */
  readonly mayBeClosed?: boolean;
  /** Where the dataset takes a collection over: the key's hash there. */
  readonly legacyKeyHash?: Uint8Array;
  /** Addresses of business nodes to ask last. */
  readonly avoid?: ReadonlySet<string>;
}

/** Single keys of a contract within one transaction: a key that was read once keeps its value. */
export interface PointReads {
  /** From the ledger, recording nothing. @param mayBeClosed what lies under an epoch that this node has no keys of is named, where it would be refused */
  fetchPoint(place: DatasetPlace, ledgerKey: Uint8Array, mayBeClosed?: boolean): Promise<ReadPoint>;
  /** The point that the transaction goes by, recording nothing. Throws what fetching throws; STATE_FORGED and others as readConfirmedPoint. */
  knownPoint(place: DatasetPlace, key: string): Promise<ReadPoint>;
  /** A read: recorded. undefined: absent. Throws as knownPoint, STALE_READ, CHAINCODE_UNSUPPORTED. */
  readPoint(place: DatasetPlace, key: string): Promise<Pick<StoredEntry, 'value' | 'packetHash'> | undefined>;
  /** Whether a key's entry in the collection that is taken over goes with its write. */
  isFirstWrite(place: DatasetPlace, key: string): Promise<boolean>;
  /** Has the transaction go by a point that was fetched. */
  adopt(place: DatasetPlace, key: string, point: ReadPoint): void;
}

export interface PointReadsInput {
  readonly keptPoints: KeptPoints;
  /** Whether the ledger view is recent enough, and not behind what the client knows. */
  readonly mayAnswerFromMemory: () => boolean;
  /** Confirms what is read in collections that are taken over. */
  readonly readsConfirmer: ReadsConfirmer;
}

export function createPointReads({ request, source, scope, opener, sets, isRecording, isMap, withKeyPolicy, servedBy }: StateContext, { keptPoints, mayAnswerFromMemory, readsConfirmer }: PointReadsInput): PointReads {
  const { policy, keys, nameKeys } = request;
  const points = new Map<string, Promise<ReadPoint>>();
  /** Of keys that are written in datasets that take a collection over: without what that has for them. */
  const packets = new Map<string, Promise<ReadPoint>>();
  const writtenFirst = new Set<string>();

  /** Nothing is remembered of entries that end by themselves: no transaction changes them then. */
  const pointMemory = ({ ownerSet, dataset, isEnding }: DatasetPlace, ledgerKey: Uint8Array): PointMemory | undefined =>
    isEnding ? undefined : keptPoints.of({ contract: policy.name, policyVersion: policy.policyVersion, ownerSet, dataset, ledgerKey, withKeyPolicy });

  const fetchServed = async (place: DatasetPlace, ledgerKey: Uint8Array, { mayBeClosed = false, legacyKeyHash, avoid }: FetchOptions): Promise<ServedPoint> => {
    const { ownerSet, owners, dataset, takesOver } = place;
    const memory = pointMemory(place, ledgerKey);
    // A submit asks: what it rests on is checked at endorsement, and one that was refused must not read the same again.
    const remembered = isRecording || !mayAnswerFromMemory() ? undefined : memory?.find();
    if (remembered !== undefined) return { point: remembered, node: undefined, height: 0n };
    const open = (served: ServedEntry | undefined, keyPolicy: Uint8Array, height: bigint, node: ServingNode | undefined, legacyValue: Uint8Array): ServedPoint => {
      const isClosed = served !== undefined && mayBeClosed && keys.epoch(parsePacketHeader(served, { channel: request.body.channel, contract: policy.name, dataset, ledgerKey }).keyEpoch) === undefined;
      const entry = served === undefined || isClosed ? undefined : opener.open(served, { policy, keys }, { dataset, ledgerKey });
      servedBy(dataset, ledgerKey, node);
      const legacy = served === undefined && legacyKeyHash !== undefined ? { legacy: { keyHash: legacyKeyHash, value: legacyValue } } : {};
      return { node, point: { ledgerKey, entry, keyPolicy, ...legacy, ...(isClosed ? { closed: served instanceof Uint8Array ? sha256(served) : served.packetHash } : {}) }, height };
    };
    const { point, height, node } = await source.readPoint(avoid === undefined ? scope : { ...scope, avoid }, { ownerSet, owners, dataset, ledgerKey, withKeyPolicy, takesOver, ...(legacyKeyHash === undefined ? {} : { legacyKeyHash }), open });
    requireAtMost('bytes of a key policy', point.keyPolicy.length, LIMITS.maxKeyPolicyBytes);
    // What is read in place is confirmed each time: no block's changes tell when it ends.
    if (isRecording || point.legacy !== undefined) memory?.forget();
    else memory?.keep(point, height);
    return { point, node, height };
  };

  /** A key of a collection that is taken over: that it has no packet is believed of a quorum alone. */
  const fetchConfirmed = (place: DatasetPlace, ledgerKey: Uint8Array, options: FetchOptions): Promise<ReadPoint> =>
    readConfirmedPoint({ place, scope, confirmer: readsConfirmer, fetch: (avoid) => fetchServed(place, ledgerKey, { ...options, avoid }) });

  const fetchPoint: PointReads['fetchPoint'] = async (place, ledgerKey, mayBeClosed = false) => (await fetchServed(place, ledgerKey, { mayBeClosed })).point;

  const knownPoint: PointReads['knownPoint'] = (place, key) => {
    verifyKeySupported(key);
    const id = pointId(place, key);
    const ledgerKey = nameKeys.ledgerKey(place.dataset, key);
    const known = points.get(id) ?? (place.takesOver ? fetchConfirmed(place, ledgerKey, { legacyKeyHash: sha256(Buffer.from(key)) }) : fetchPoint(place, ledgerKey));
    points.set(id, known);
    return known;
  };

  /** What a write asks for: whether the key has a packet, of whatever epoch. The old value need not be there for it, nor fit into an answer. */
  const packetOf = (place: DatasetPlace, key: string): Promise<ReadPoint> => {
    const id = pointId(place, key);
    const known = points.get(id) ?? packets.get(id) ?? fetchConfirmed(place, nameKeys.ledgerKey(place.dataset, key), { mayBeClosed: true });
    packets.set(id, known);
    return known;
  };

  return {
    fetchPoint,
    knownPoint,
    async readPoint(place, key) {
      const { entry, ledgerKey, legacy } = await knownPoint(place, key);
      const { ownerSet, dataset } = place;
      if (entry !== undefined && writtenFirst.has(pointId(place, key))) throw new SelvedgeError('STALE_READ', 'a key got a packet between its write and a read of one transaction');
      if (legacy !== undefined && isMap) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `a partitioned call over collection ${dataset}, which is taken over`);
      const named = legacy === undefined ? {} : { legacyKey: key, legacyKeyHash: legacy.keyHash, legacyValueHash: legacyValueHash(legacy.value) };
      if (isRecording) sets.addRead({ ownerSet, dataset, ledgerKey, packetHash: entry?.packetHash ?? NO_HASH, ...named });
      if (legacy === undefined || legacy.value.length === 0) return entry;
      return { value: legacy.value, packetHash: NO_HASH };
    },
    /** A packet shows that the old entry has gone; the read is part of what says so. */
    async isFirstWrite(place, key) {
      const { entry, closed, ledgerKey } = await packetOf(place, key);
      const { ownerSet, dataset } = place;
      const packetHash = entry?.packetHash ?? closed;
      if (packetHash === undefined) writtenFirst.add(pointId(place, key));
      else sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
      return packetHash === undefined;
    },
    adopt: (place, key, point) => {
      points.set(pointId(place, key), Promise.resolve(point));
    },
  };
}
