import { toHex, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { contentGuardKey, encodeMessage, LIMITS, NamesAskedSchema, parseMessage, requireAtMost, StoredNamesSchema } from '@selvedge/protocol';
import { nameEpochOf, parsePacketHeader } from '@selvedge/sealed-objects';
import type { PacketOpener, ReadScope, ServedEntry, StateSource } from '@selvedge/tee-node';
import type { AuthorisedRequest } from './authorise.js';
import { namesInUse } from './contract-terms.js';
import { createDatasets } from './datasets.js';
import { migratedNames } from './name-migration.js';
import { onlyArgument } from './only-argument.js';

/** An entry by the names that it lies under. key undefined: nothing opens it, because its key epoch is revoked. */
interface NamedEntry {
  readonly ledgerKey: Uint8Array;
  readonly datasetTag: Uint8Array;
  readonly packetHash: Uint8Array;
  readonly nameEpoch: bigint;
  readonly key: string | undefined;
}

const isReadable = ({ key }: NamedEntry): boolean => key !== undefined;

/**
 * Counts a contract's entries by the names that they lie under, and lists those that a migration has to see to: StoredNames
 * bytes. Confirmed, what is counted is the whole of each dataset by the statements of a quorum, so that "nothing to copy" means
 * that every entry has its twin; else it is a business node's word, good enough to find work. Throws MALFORMED_MESSAGE,
 * LIMIT_EXCEEDED, FEATURE_UNSUPPORTED and as StateSource.
 */
export async function listNames(request: AuthorisedRequest, source: Pick<StateSource, 'readDataset'>, scope: ReadScope, opener: PacketOpener): Promise<Uint8Array> {
  const { body, policy, keys, creator, names } = request;
  const { confirm, maxKeys } = parseMessage(NamesAskedSchema, onlyArgument(body), LIMITS.maxRequestBytes);
  requireAtMost('keys to list', maxKeys, LIMITS.maxListedKeys);
  const places = createDatasets(policy, body.channel, creator.mspId);
  const migrated = migratedNames(names);
  let room = maxKeys;
  const datasets = [];
  for (const { name: dataset } of policy.datasets) {
    const { ownerSet, owners, isEnding: ending } = places.visible(dataset);
    const open = (served: ServedEntry): NamedEntry => {
      if (!(served instanceof Uint8Array)) throw new SelvedgeError('STATE_FORGED', 'a value, where packets were asked for');
      const header = parsePacketHeader(served, { channel: body.channel, contract: policy.name, dataset });
      const { ledgerKey, datasetTag, keyEpoch } = header;
      const key = keys.epoch(keyEpoch) === undefined ? undefined : opener.open(served, { policy, keys }, { dataset }).key;
      return { ledgerKey, datasetTag, packetHash: sha256(served), nameEpoch: nameEpochOf(header), key };
    };
    const { entries } = await source.readDataset(scope, { ownerSet, owners, dataset, guardKey: contentGuardKey(policy.name, dataset), confirm, isOfAnyMoment: !confirm, asPackets: true, open });
    const under = (epoch: bigint | undefined): NamedEntry[] => entries.filter(({ nameEpoch }) => nameEpoch === epoch);
    const current = under(names.current).length;
    // A copy that nothing opens is none: it is written once more.
    const twins = new Set(under(migrated?.to).filter(isReadable).map(({ ledgerKey }) => toHex(ledgerKey)));
    const target = migrated && keys.names(migrated.to);
    const isCopied = ({ key }: NamedEntry): boolean => key !== undefined && target !== undefined && twins.has(toHex(target.ledgerKey(dataset, key)));
    const leaving = under(migrated?.from ?? names.current);
    const readable = migrated === undefined ? [] : leaving.filter(isReadable);
    const uncopied = readable.filter((entry) => !isCopied(entry));
    const listed = (names.phase === 'clearing' ? readable : uncopied).slice(0, room).map(({ ledgerKey }) => ledgerKey);
    room -= listed.length;
    datasets.push({
      dataset, ending, current: BigInt(current), other: BigInt(entries.length - current), toCopy: BigInt(uncopied.length),
      unreadable: BigInt(leaving.filter((entry) => !isReadable(entry)).length), keys: listed,
      strays: BigInt(entries.filter(({ nameEpoch }) => nameEpoch !== names.current && nameEpoch !== names.other).length),
    });
  }
  return encodeMessage(StoredNamesSchema, { names: namesInUse(names), datasets });
}
