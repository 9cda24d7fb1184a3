import { compareBytes, equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, requireAtMost, requireStrictlyAscending, type ContractSection, type Core, type Dataset, type ReadEntry } from '@selvedge/protocol';
import type { EndorserState } from '../ports.js';
import type { ContractRules } from './contract-rules.js';

/** Keys of collections that are taken over, by SHA-256 in hexadecimal. */
export type LegacyKeys = ReadonlyMap<string, string>;

const mismatch = (what: string): SelvedgeError => new SelvedgeError('LEGACY_ENTRY_MISMATCH', what);

/**
 * The names behind the hashes in the cores: exactly these, since a peer is asked by name, and no other key's name is for endorsers to see.
 * Throws LEGACY_ENTRY_MISMATCH, MALFORMED_MESSAGE, LIMIT_EXCEEDED.
 */
export function verifyLegacyKeys(cores: readonly Core[], names: readonly Uint8Array[]): LegacyKeys {
  requireAtMost('legacy keys', names.length, LIMITS.maxSectionEntries);
  for (const name of names) requireAtMost('bytes of a legacy key', name.length, LIMITS.maxLegacyKeyBytes);
  requireStrictlyAscending('legacy_keys', names, compareBytes);
  const wanted = new Set(cores.flatMap(({ sections }) => sections.flatMap(legacyKeyHashes)).map(toHex));
  const keys = new Map(names.map((name) => [toHex(sha256(name)), textOf(name)]));
  if (keys.size !== wanted.size || [...wanted].some((hash) => !keys.has(hash))) throw mismatch('the legacy keys are not those that the target data rests on');
  return keys;
}

/** Those that a section reads or removes. */
function legacyKeyHashes({ reads, writes }: ContractSection): Uint8Array[] {
  return [...reads, ...writes].map(({ legacyKeyHash }) => legacyKeyHash).filter(({ length }) => length > 0);
}

function textOf(name: Uint8Array): string {
  try {
    if (name.length > 0) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch (cause) {
    throw new SelvedgeError('MALFORMED_MESSAGE', 'a legacy key is no text', { cause });
  }
  throw new SelvedgeError('MALFORMED_MESSAGE', 'a legacy key is empty');
}

/**
 * What keeps a key from having both a packet and a legacy entry: where a dataset takes a collection over, a read without a packet names the
 * legacy entry, and a write either removes that or has read the key's packet; a purge removes it in any case, since peers keep what else they
 * had of the key. Elsewhere nothing is named. An item of a batch may be dropped
 * together with a packet that another one counts on, so that batches name none.
 * Throws LEGACY_ENTRY_MISMATCH, CHAINCODE_UNSUPPORTED.
 * @param items that the target data has, dropped ones included
 */
export function verifyLegacyEntries(section: ContractSection, { datasets }: ContractRules, items: number): void {
  const takesOver = ({ dataset }: { readonly dataset: string }): boolean => (datasets.get(dataset) as Dataset).takesOver;
  if (items > 1 && legacyKeyHashes(section).length > 0) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'entries of a collection that is taken over, in a batch');
  const reads = new Map<string, ReadEntry>();
  for (const read of section.reads) {
    const isNamed = read.legacyKeyHash.length > 0;
    if (isNamed !== (takesOver(read) && read.packetHash.length === 0)) throw mismatch(isNamed ? 'a read names a legacy entry where there is none to take over' : 'a key was read as absent without its legacy entry');
    reads.set(placeOf(read), read);
  }
  for (const write of section.writes) {
    if (!takesOver(write)) {
      if (write.legacyKeyHash.length > 0) throw mismatch('a write names a legacy entry where there is none to take over');
      continue;
    }
    if (write.keyPolicy !== undefined) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'key-level endorsement policies where a collection is taken over');
    const read = reads.get(placeOf(write));
    const hasPacket = read !== undefined && read.packetHash.length > 0;
    const removes = write.effect.case === 'purge' || !hasPacket;
    if (removes !== write.legacyKeyHash.length > 0) throw mismatch(removes ? 'a first write or a purge leaves its key’s legacy entry' : 'a write removes a legacy entry beside a packet');
    if (read !== undefined && !hasPacket && !equalBytes(read.legacyKeyHash, write.legacyKeyHash)) throw mismatch('a key is read and written under two legacy keys');
  }
}

/** Throws STALE_READ when a legacy entry that was read is another now, CHAINCODE_UNSUPPORTED on a ledger that has none. */
export function verifyLegacyReadsCurrent(section: ContractSection, state: EndorserState): void {
  for (const { dataset, legacyKeyHash, legacyValueHash } of section.reads) {
    if (legacyKeyHash.length === 0) continue;
    if (state.legacyHash === undefined) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'taking collections over on this ledger, which has none');
    const current = state.legacyHash(section.contract, dataset, legacyKeyHash) ?? new Uint8Array(0);
    if (!equalBytes(current, legacyValueHash)) throw new SelvedgeError('STALE_READ', `the legacy entry of key hash ${toHex(legacyKeyHash)} has another value now`);
  }
}

function placeOf({ dataset, ledgerKey }: { readonly dataset: string; readonly ledgerKey: Uint8Array }): string {
  return `${toHex(ledgerKey)}${dataset}`;
}
