import { compareBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ContractNames } from '@selvedge/policy';
import { encodeMessage, LIMITS, MigrateNamesSchema, parseMessage, ReEncryptedSchema, requireAtMost, RequestKind, requireLength, requireStrictlyAscending, type RequestBody } from '@selvedge/protocol';
import { objectTypeOf, type NameKeys } from '@selvedge/sealed-objects';
import type { StoredEntry } from '@selvedge/tee-node';
import type { ChaincodeResult } from '../ports.js';
import type { DatasetPlace } from './datasets.js';
import type { ReadPoint } from './kept-points.js';
import { onlyArgument } from './only-argument.js';
import { type ReEncryption } from './re-encryption.js';
import type { RecordedSets } from './recorded-sets.js';

/** Values that one request copies, so that it never holds up the others for long; one value alone may be larger. */
const MAX_COPIED_BYTES = 1024 * 1024;
const NO_HASH = new Uint8Array(0);

/** Entries that can be brought under other names. */
export interface NameMigration {
  /**
   * Sees to these entries, in this order, for as long as they fit. While names are copied: writes the value of each once more
   * under the other names, where it is not there yet, or lies under a revoked epoch. While they are cleared: does so too, and deletes the entry. Leaves alone
   * what is absent or lies under names that are not to be left. Throws FEATURE_UNSUPPORTED where that would prolong an entry and may not.
   */
  migrateNames(dataset: string, ledgerKeys: readonly Uint8Array[], mayProlong: boolean): Promise<ReEncryption>;
}

/**
 * While names are migrated, only the migration writes: what else committed would lie under one name alone. Throws
 * CONTRACT_MIGRATING. A migration that nobody has approved is refused where it is made.
 */
export function verifyMayWrite({ kind }: Pick<RequestBody, 'kind'>, contract: string, { phase }: ContractNames): void {
  if (kind !== RequestKind.MIGRATE_NAMES && phase !== 'settled') throw new SelvedgeError('CONTRACT_MIGRATING', `contract ${contract} takes no updates while its names are migrated`);
}

/** Brings entries of a contract under other names: ReEncrypted bytes as the payload. Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED and what NameMigration throws. */
export async function migrateKeys(body: Pick<RequestBody, 'args'>, contracts: NameMigration): Promise<ChaincodeResult> {
  const { dataset, ledgerKeys, prolong } = parseMessage(MigrateNamesSchema, onlyArgument(body), LIMITS.maxRequestBytes);
  requireAtMost('keys to migrate', ledgerKeys.length, LIMITS.maxReEncryptedKeys);
  for (const ledgerKey of ledgerKeys) requireLength('ledger key', ledgerKey, 32);
  requireStrictlyAscending('keys to migrate', ledgerKeys, compareBytes);
  return { status: 200, message: '', payload: encodeMessage(ReEncryptedSchema, await contracts.migrateNames(dataset, ledgerKeys, prolong)) };
}

/** The names that entries are to leave, and those that they go to. */
export interface MigratedNames {
  readonly from: bigint;
  readonly to: bigint;
}

/** undefined: no migration is under way. */
export function migratedNames({ phase, current, other }: ContractNames): MigratedNames | undefined {
  if (other === undefined) return undefined;
  return phase === 'copying' ? { from: current, to: other } : { from: other, to: current };
}

export interface EntryMigration {
  readonly place: DatasetPlace;
  readonly ledgerKeys: readonly Uint8Array[];
  readonly mayProlong: boolean;
  readonly names: ContractNames;
  /** Names under an epoch; throws NOT_READY when this node does not hold it. */
  readonly namesOf: (epoch: bigint) => NameKeys;
  readonly withKeyPolicy: boolean;
  readonly sets: Pick<RecordedSets, 'addRead' | 'addWrite' | 'addKeyPolicyRead'>;
  /** Reads from the ledger, and remembers whose policy stands for the key. @param mayBeClosed as ReadPoint's closed */
  readonly fetchPoint: (ledgerKey: Uint8Array, mayBeClosed?: boolean) => Promise<ReadPoint>;
}

/** What {@link NameMigration.migrateNames} does, for one dataset. Throws NAME_MIGRATION_NOT_OPEN, NOT_READY too. */
export async function migrateEntries(migration: EntryMigration): Promise<ReEncryption> {
  const { place, ledgerKeys, mayProlong, names, namesOf, withKeyPolicy, sets, fetchPoint } = migration;
  const { ownerSet, dataset, contentGuard, isEnding } = place;
  const migrated = migratedNames(names);
  if (migrated === undefined) throw new SelvedgeError('NAME_MIGRATION_NOT_OPEN', 'no migration of the contract’s names is open: it takes a change of its name keys that enough organisations approve');
  const { from, to } = migrated;
  const target = namesOf(to);
  const found = await Promise.all(ledgerKeys.map((ledgerKey) => fetchPoint(ledgerKey)));
  const twins = await Promise.all(found.map(async ({ entry }) => (entry?.nameEpoch === from ? fetchPoint(target.ledgerKey(dataset, entry.key), true) : undefined)));
  let written = 0;
  let bytes = 0;

  const copy = ({ key, value }: StoredEntry, twin: ReadPoint, keyPolicy: Uint8Array): void => {
    // Every write begins their life anew.
    if (isEnding && !mayProlong) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'migrating entries that end by themselves without prolonging them');
    const datasetTag = target.datasetTag(dataset, objectTypeOf(key));
    sets.addWrite({
      ownerSet, dataset, datasetTag, ledgerKey: twin.ledgerKey, contentGuard, isEnding, key, effect: { kind: 'put', value }, isReEncryption: true, nameEpoch: to,
      keyPolicy: keyPolicy.length === 0 ? undefined : keyPolicy,
    });
  };

  for (const [seen, { entry, keyPolicy }] of found.entries()) {
    const twin = twins[seen];
    if (entry === undefined || twin === undefined) continue;
    const isCopied = twin.entry !== undefined;
    const isLeft = names.phase === 'clearing';
    // A copy that was given up outlives an original that has ended: nothing but its end can have taken that away.
    const hasEnded = isLeft && isEnding && !isCopied && twin.closed === undefined && !names.former.includes(from);
    if (isCopied && !isLeft) continue;
    const { key, value, ledgerKey, datasetTag, packetHash } = entry;
    bytes += isCopied || hasEnded ? 0 : value.length;
    if (written > 0 && bytes > MAX_COPIED_BYTES) return { seen, written };
    written += 1;
    sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
    sets.addRead({ ownerSet, dataset, ledgerKey: twin.ledgerKey, packetHash: twin.entry?.packetHash ?? twin.closed ?? NO_HASH });
    // Endorsers check that this is the policy which stands: a business node that withholds it would take it off the copy.
    if (withKeyPolicy) sets.addKeyPolicyRead({ ownerSet, dataset, ledgerKey, policy: keyPolicy });
    if (!isCopied && !hasEnded) copy(entry, twin, keyPolicy);
    if (isLeft) sets.addWrite({ ownerSet, dataset, datasetTag, ledgerKey, contentGuard, isEnding, key, effect: { kind: 'delete' } });
  }
  return { seen: found.length, written };
}
