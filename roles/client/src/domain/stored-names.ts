import { SelvedgeError } from '@selvedge/errors';
import type { ContractNames, NamePhase } from '@selvedge/policy';
import { LIMITS, parseMessage, StoredNamesSchema, type StoredNames as StoredNamesMessage } from '@selvedge/protocol';

/** Entries of one dataset by the names that they lie under. */
export interface NamedDataset {
  /** Empty: world state. */
  readonly dataset: string;
  /** Its entries end by themselves (blockToLive): a copy begins its life anew. */
  readonly isEnding: boolean;
  /** Under the current names. */
  readonly current: bigint;
  /** Under any others. */
  readonly other: bigint;
  /** Of those, the ones under names of earlier migrations, which were finished too early: nothing reads or clears them. */
  readonly strays: bigint;
  /** Keys that the names being migrated to lack. */
  readonly toCopy: bigint;
  /** Under the names that entries leave (the current ones where none do), and under revoked epochs of the data key: nothing copies or deletes them. */
  readonly unreadable: bigint;
}

/** Under which names a contract's entries lie. */
export interface StoredNames {
  readonly phase: NamePhase;
  /** Epochs of the name key. other: what a migration goes to, or what it clears; undefined: none is under way. */
  readonly current: bigint;
  readonly other: bigint | undefined;
  readonly datasets: readonly NamedDataset[];
  /** Sums over all datasets. left: under the other names of a migration. */
  readonly toCopy: bigint;
  readonly left: bigint;
  readonly strays: bigint;
  readonly unreadable: bigint;
}

/** Parses a node's answer. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE. */
export function parseStoredNames(payload: Uint8Array): StoredNamesMessage {
  return parseMessage(StoredNamesSchema, payload, LIMITS.maxMessageBytes);
}

/** Sums an answer up. Throws MALFORMED_MESSAGE for one without names. */
export function describeStoredNames({ names, datasets }: StoredNamesMessage): StoredNames {
  if (names === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'stored names: under which names is missing');
  const total = (field: 'toCopy' | 'other' | 'strays' | 'unreadable'): bigint => datasets.reduce((sum, each) => sum + each[field], 0n);
  return {
    phase: names.other === 0n ? 'settled' : names.clearing ? 'clearing' : 'copying',
    current: names.current,
    other: names.other === 0n ? undefined : names.other,
    datasets: datasets.map(({ dataset, ending, current, other, strays, toCopy, unreadable }) => ({ dataset, isEnding: ending, current, other, strays, toCopy, unreadable })),
    toCopy: total('toCopy'),
    left: total('other') - total('strays'),
    strays: total('strays'),
    unreadable: total('unreadable'),
  };
}

/** Whether an answer is of the migration's step that the ledger records. */
export function isOfStep({ phase, current, other }: StoredNames, recorded: Pick<ContractNames, 'phase' | 'current' | 'other'>): boolean {
  return phase === recorded.phase && current === recorded.current && other === recorded.other;
}

/**
 * Whether the phase's work is done, so that the next step may be proposed: every entry has its copy, or none lies under the names that are cleared.
 *
 * @param givenUp entries that an operator goes on without, as many as lie under revoked epochs: another number is no consent. Default none
 */
export function isPhaseDone({ phase, toCopy, left, unreadable }: StoredNames, givenUp = 0n): boolean {
  if (unreadable > 0n && unreadable !== givenUp) return false;
  return phase === 'copying' ? toCopy === 0n : left <= unreadable;
}
