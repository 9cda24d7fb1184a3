import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, type GuardKind, type SetDigestStatement } from '@selvedge/protocol';

/** A read, as the core has it. */
export interface RecordedRead {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  /** Empty: read as absent. */
  readonly packetHash: Uint8Array;
  /** Where the dataset takes a collection over, of a key without a packet: its name, its SHA-256, and that of its value there, empty for absent. */
  readonly legacyKey?: string;
  readonly legacyKeyHash?: Uint8Array;
  readonly legacyValueHash?: Uint8Array;
}

/** A guard that a range query rests on. */
export interface RecordedGuard {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly guardKey: Uint8Array;
  readonly kind: GuardKind;
  /** Empty: never written. */
  readonly txId: Uint8Array;
}

/** The last write to a key. */
export interface RecordedWrite {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly datasetTag: Uint8Array;
  readonly ledgerKey: Uint8Array;
  readonly contentGuard: boolean;
  /** Its dataset's entries end by themselves. */
  readonly isEnding: boolean;
  readonly key: string;
  /** The value is the one that the key has. */
  readonly isReEncryption?: boolean;
  /** Of the names that ledger key and tag are derived under. Default: the current ones. */
  readonly nameEpoch?: bigint;
  readonly effect: { readonly kind: 'put'; readonly value: Uint8Array } | { readonly kind: 'delete' } | { readonly kind: 'purge' } | { readonly kind: 'keep' };
  /** The key's entry in the collection that the dataset takes over goes with this write. Default: there is none. */
  readonly isFirst?: boolean;
  /** The policy that is set for the key; undefined: none is. */
  readonly keyPolicy?: Uint8Array | undefined;
}

/** A key's own endorsement policy, as the core has it. */
export interface RecordedKeyPolicy {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  /** Empty: the key had none. */
  readonly policy: Uint8Array;
}

/** Read and write sets of one contract. */
export interface Recorded {
  readonly reads: readonly RecordedRead[];
  readonly guards: readonly RecordedGuard[];
  readonly writes: readonly RecordedWrite[];
  readonly keyPolicyReads: readonly RecordedKeyPolicy[];
  /** That the sets under the guards were complete. */
  readonly statements: readonly SetDigestStatement[];
  /** A dataset whose query nothing protects from changes until the commit. */
  readonly unguarded: string | undefined;
}

/** What a transaction read and wrote, each key once. */
export interface RecordedSets {
  /** Throws STALE_READ when the key was read in another version before, CHAINCODE_LIMIT above the limit. */
  addRead(read: RecordedRead): void;
  /** Throws STALE_GUARD when the guard was read with another value before. */
  addGuard(guard: RecordedGuard, statements: readonly SetDigestStatement[]): void;
  /** Throws STALE_READ when the key had another policy before. */
  addKeyPolicyRead(read: RecordedKeyPolicy): void;
  /**
   * The last write of a key wins, and so does the last policy that is set for it: a write without one leaves it, and the
   * effect 'keep' leaves an earlier write. Throws CHAINCODE_LIMIT above the limits.
   */
  addWrite(write: RecordedWrite): void;
  reads(): readonly RecordedRead[];
  guards(): readonly RecordedGuard[];
  keyPolicyReads(): readonly RecordedKeyPolicy[];
  /** Those that came with the guards: one quorum for each. */
  statements(): readonly SetDigestStatement[];
  /** What is written in the end: a key that is removed loses its policy. */
  writes(): readonly RecordedWrite[];
}

/** @param maxWriteBytes all written values together */
export function createRecordedSets(maxWriteBytes: number): RecordedSets {
  const reads = new Map<string, RecordedRead>();
  const guards = new Map<string, RecordedGuard>();
  const keyPolicyReads = new Map<string, RecordedKeyPolicy>();
  const writes = new Map<string, RecordedWrite>();
  const statements = new Map<string, readonly SetDigestStatement[]>();
  let writeBytes = 0;
  return {
    addRead(read) {
      const id = entryId(read.dataset, read.ledgerKey);
      const earlier = reads.get(id);
      if (earlier !== undefined && !equalBytes(earlier.packetHash, read.packetHash)) {
        throw new SelvedgeError('STALE_READ', 'a key changed between two reads of one transaction');
      }
      reads.set(id, read);
      requireWithin('keys read', reads.size);
    },
    addGuard(guard, own) {
      const id = entryId(guard.dataset, guard.guardKey);
      const earlier = guards.get(id);
      if (earlier !== undefined && !equalBytes(earlier.txId, guard.txId)) {
        throw new SelvedgeError('STALE_GUARD', 'a range changed between two queries of one transaction');
      }
      guards.set(id, guard);
      statements.set(id, own);
    },
    addKeyPolicyRead(read) {
      const id = entryId(read.dataset, read.ledgerKey);
      const earlier = keyPolicyReads.get(id);
      if (earlier !== undefined && !equalBytes(earlier.policy, read.policy)) throw new SelvedgeError('STALE_READ', 'a key’s own policy changed between two reads of one transaction');
      keyPolicyReads.set(id, read);
    },
    addWrite(given) {
      const id = entryId(given.dataset, given.ledgerKey);
      const earlier = writes.get(id);
      const effect = given.effect.kind === 'keep' && earlier !== undefined ? earlier.effect : given.effect;
      const write = { ...given, effect, keyPolicy: given.keyPolicy ?? earlier?.keyPolicy };
      writeBytes += valueBytes(write) - valueBytes(earlier);
      writes.set(id, write);
      requireWithin('keys written', writes.size);
      if (writeBytes > maxWriteBytes) throw new SelvedgeError('CHAINCODE_LIMIT', `bytes written: at most ${String(maxWriteBytes)} allowed`);
    },
    reads: () => [...reads.values()],
    guards: () => [...guards.values()],
    statements: () => [...statements.values()].flat(),
    keyPolicyReads: () => [...keyPolicyReads.values()],
    writes: () => [...writes.values()].map((write) => (write.effect.kind === 'delete' || write.effect.kind === 'purge' ? { ...write, keyPolicy: undefined } : write)),
  };
}

function requireWithin(what: string, count: number): void {
  if (count > LIMITS.maxSectionEntries) throw new SelvedgeError('CHAINCODE_LIMIT', `${what}: at most ${String(LIMITS.maxSectionEntries)} allowed`);
}

function valueBytes(write: RecordedWrite | undefined): number {
  return write?.effect.kind === 'put' ? write.effect.value.length : 0;
}

function entryId(dataset: string, key: Uint8Array): string {
  return `${dataset} ${toHex(key)}`;
}
