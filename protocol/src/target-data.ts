import { compareBytes, equalBytes, labelledHash, merkleRoot, merkleRootAt, sha256, signingInput } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { requireAtMost, requireLength, requireStrictlyAscending } from './checks.js';
import { isRemoval } from './entry-overlay.js';
import { CoreSchema, type ContractSection, type Core, type ReadEntry, type TargetData, type WriteEntry } from './gen/selvedge/v1/target_data_pb.js';
import { keptItems, verifyItemMask } from './item-mask.js';
import { LIMITS } from './limits.js';
import { parseMessage } from './parse.js';

/** The version that this release writes and reads. */
export const PROTOCOL_VERSION = 1;

const MAX_NANOS = 999_999_999;
const HASH_BYTES = 32;
const NO_MASK = new Uint8Array(0);

/** What identifies an entry of a read or write set. */
export interface EntryId {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
}

/** Order of read and write sets: owner set, dataset, ledger key. */
export function compareEntries(a: EntryId, b: EntryId): number {
  return compareText(a.ownerSet, b.ownerSet) || compareText(a.dataset, b.dataset) || compareBytes(a.ledgerKey, b.ledgerKey);
}

/** Order of guards: owner set, dataset, guard key. */
export function compareGuards(a: { ownerSet: string; dataset: string; guardKey: Uint8Array }, b: typeof a): number {
  return compareText(a.ownerSet, b.ownerSet) || compareText(a.dataset, b.dataset) || compareBytes(a.guardKey, b.guardKey);
}

/** Code point order, independent of locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Parses and checks the shape of one core. Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, LIMIT_EXCEEDED or UNSUPPORTED_VERSION. */
export function parseCore(bytes: Uint8Array): Core {
  const core = parseMessage(CoreSchema, bytes, LIMITS.maxCoreBytes);
  if (core.version !== PROTOCOL_VERSION) throw new SelvedgeError('UNSUPPORTED_VERSION', `core version ${String(core.version)}`);
  requireLength('core tx_id', core.txId, 32);
  requireLength('core request_digest', core.requestDigest, 32);
  requireLength('core response_digest', core.responseDigest, 32);
  requireTimestamp(core);
  requireAtMost('core sections', core.sections.length, LIMITS.maxSections);
  if (core.sections.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'core: no contract section');
  const names = new Set(core.sections.map((section) => section.contract));
  if (names.size !== core.sections.length) throw new SelvedgeError('MALFORMED_MESSAGE', 'core: a contract has two sections');
  // One order, so that equal content has one encoding: the invoked contract, then those it called by name.
  requireStrictlyAscending('called contracts', core.sections.slice(1), (a, b) => compareText(a.contract, b.contract));
  core.sections.forEach(checkSection);
  return core;
}

/** Versions of keys carry it, so it has one encoding. */
function requireTimestamp({ timestampSeconds, timestampNanos }: Core): void {
  const isTime = timestampSeconds >= 0n && timestampNanos >= 0 && timestampNanos <= MAX_NANOS;
  if (!isTime) throw new SelvedgeError('MALFORMED_MESSAGE', 'core: timestamp');
}

function checkSection(section: ContractSection): void {
  for (const [what, list] of [
    ['reads', section.reads],
    ['writes', section.writes],
    ['key_policy_reads', section.keyPolicyReads],
    ['guards_read', section.guardsRead],
    ['guards_written', section.guardsWritten],
  ] as const) {
    requireAtMost(`section ${what}`, list.length, LIMITS.maxSectionEntries);
  }
  requireLength('code_hash', section.codeHash, 32);
  requireStrictlyAscending('reads', section.reads, compareEntries);
  requireStrictlyAscending('writes', section.writes, compareEntries);
  requireStrictlyAscending('key_policy_reads', section.keyPolicyReads, compareEntries);
  requireStrictlyAscending('guards_read', section.guardsRead, compareGuards);
  requireStrictlyAscending('guards_written', section.guardsWritten, compareGuards);
  for (const read of section.reads) {
    requireLength('read ledger_key', read.ledgerKey, 32);
    if (read.packetHash.length !== 0) requireLength('read packet_hash', read.packetHash, 32);
    checkLegacyRead(read);
  }
  for (const write of section.writes) {
    requireLength('write ledger_key', write.ledgerKey, 32);
    requireLength('write dataset_tag', write.datasetTag, 32);
    if (write.effect.case === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'write: no effect');
    if (write.effect.case === 'packetHash') requireLength('write packet_hash', write.effect.value, 32);
    if (write.legacyKeyHash.length !== 0) requireLength('write legacy_key_hash', write.legacyKeyHash, 32);
    checkKeyPolicy(write);
  }
  for (const read of section.keyPolicyReads) {
    requireLength('key_policy_read ledger_key', read.ledgerKey, 32);
    requireAtMost('bytes of a key policy', read.policy.length, LIMITS.maxKeyPolicyBytes);
  }
  for (const guard of [...section.guardsRead, ...section.guardsWritten]) requireLength('guard_key', guard.guardKey, 32);
}

/** A key has a packet or an entry in the collection that is taken over, never both. */
function checkLegacyRead({ packetHash, legacyKeyHash, legacyValueHash }: ReadEntry): void {
  if (legacyKeyHash.length !== 0) requireLength('read legacy_key_hash', legacyKeyHash, 32);
  if (legacyValueHash.length !== 0) requireLength('read legacy_value_hash', legacyValueHash, 32);
  const isWhole = legacyKeyHash.length === 0 ? legacyValueHash.length === 0 : packetHash.length === 0;
  if (!isWhole) throw new SelvedgeError('MALFORMED_MESSAGE', 'read: a legacy entry beside a packet, or without its key');
}

/** A key that is removed has no policy; a value that stays is written for its policy's sake. */
function checkKeyPolicy(write: WriteEntry): void {
  const { effect, keyPolicy } = write;
  if (keyPolicy !== undefined) requireAtMost('bytes of a key policy', keyPolicy.length, LIMITS.maxKeyPolicyBytes);
  if (isRemoval(write) && keyPolicy !== undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'write: a policy for a key that is removed');
  if (effect.case === 'keep' && keyPolicy === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'write: nothing is written');
}

/** What a TEE signs: one core under its own label, a batch as Merkle root and count under another. */
export function teeSigningInput(cores: readonly Uint8Array[]): Uint8Array {
  const [only] = cores;
  if (cores.length === 1 && only !== undefined) return signingInput('core', only);
  return signingInput('batch', merkleRoot(cores), cores.length);
}

/** Where a core stands among those that a TEE signed together. */
export interface CorePlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** Audit path in the batch's Merkle tree, see merklePaths. */
  readonly path: readonly Uint8Array[];
}

/** The same for who has one core of them and its place. Throws MALFORMED_MESSAGE when there is no such place, LIMIT_EXCEEDED for more than a batch has. */
export function teeSigningInputAt(core: Uint8Array, { index, count, path }: CorePlace): Uint8Array {
  requireAtMost('cores of a batch', count, LIMITS.maxBatchItems);
  for (const sibling of path) requireLength('path', sibling, HASH_BYTES);
  const root = merkleRootAt(core, { index, count }, path);
  if (root === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'a batch has no such place for a core');
  return count === 1 ? teeSigningInput([core]) : signingInput('batch', root, count);
}

/** Identifies one core by itself, as followers keep it of what was committed. 32 bytes. */
export function coreDigest(core: Uint8Array): Uint8Array {
  return targetDigest([core], NO_MASK);
}

/** Identifies target data in endorsements and receipts: every core and the item mask. 32 bytes. */
export function targetDigest(cores: readonly Uint8Array[], itemMask: Uint8Array): Uint8Array {
  return labelledHash('target', merkleRoot(cores), cores.length, itemMask);
}

/** An entry of a read set, as far as its digest goes. */
export interface DigestedRead extends EntryId {
  readonly packetHash: Uint8Array;
  /** Default: empty. */
  readonly legacyKeyHash?: Uint8Array | undefined;
  readonly legacyValueHash?: Uint8Array | undefined;
}

/** Digest of a section's read set, bound into each packet's header. 32 bytes. */
export function readSetDigest(reads: readonly DigestedRead[]): Uint8Array {
  const hasLegacy = reads.some(({ legacyKeyHash = NONE }) => legacyKeyHash.length > 0);
  if (!hasLegacy) return labelledHash('read set', ...reads.flatMap((read) => [read.ownerSet, read.dataset, read.ledgerKey, read.packetHash]));
  const parts = reads.flatMap(({ ownerSet, dataset, ledgerKey, packetHash, legacyKeyHash = NONE, legacyValueHash = NONE }) => [ownerSet, dataset, ledgerKey, packetHash, legacyKeyHash, legacyValueHash]);
  return labelledHash('read set with legacy entries', ...parts);
}

const NONE = new Uint8Array(0);

/**
 * Parses the kept cores of target data, in order. What a mask drops is not looked into: it counts for the root alone.
 * Throws MALFORMED_MESSAGE for none, for a wrong mask and for an id that two items have; LIMIT_EXCEEDED, and as parseCore.
 */
export function parseCores(cores: readonly Uint8Array[], itemMask: Uint8Array): Core[] {
  if (cores.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'target data without a core');
  requireAtMost('items of a batch', cores.length, LIMITS.maxBatchItems);
  verifyItemMask(cores.length, itemMask);
  for (const core of cores) requireAtMost('bytes of a core', core.length, LIMITS.maxCoreBytes);
  const kept = keptItems(cores, itemMask).map(parseCore);
  const ids = new Set(kept.map(({ txId }) => Buffer.from(txId).toString('hex')));
  if (ids.size !== kept.length) throw new SelvedgeError('MALFORMED_MESSAGE', 'two items of a batch have one transaction id');
  return kept;
}

/** Checks that packets are exactly those that the write sets name, each once. Throws PACKET_MISMATCH. */
export function verifyPacketsMatch(cores: readonly Core[], packets: readonly Uint8Array[]): void {
  const expected = new Set<string>();
  for (const core of cores) {
    for (const section of core.sections) {
      for (const write of section.writes) {
        if (write.effect.case === 'packetHash') expected.add(Buffer.from(write.effect.value).toString('hex'));
      }
    }
  }
  const actual = new Set(packets.map((packet) => Buffer.from(sha256(packet)).toString('hex')));
  const same = actual.size === packets.length && actual.size === expected.size && [...actual].every((hash) => expected.has(hash));
  if (!same) throw new SelvedgeError('PACKET_MISMATCH', 'the packets are not those of the write set');
}

/** Parts of target data that replicas must agree on. */
export function isSameCores(a: TargetData, b: TargetData): boolean {
  return a.cores.length === b.cores.length && a.cores.every((core, i) => equalBytes(core, b.cores[i] as Uint8Array));
}
