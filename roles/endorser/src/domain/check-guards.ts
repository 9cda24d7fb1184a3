import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { contentGuardKey, GuardKind, membershipGuardKey, type ContractSection, type GuardWrite, type WriteEntry } from '@selvedge/protocol';
import type { ContractRules } from './contract-rules.js';

type Place = Pick<WriteEntry, 'ownerSet' | 'dataset'>;
const placed = (place: Place, key: Uint8Array): string => JSON.stringify([place.ownerSet, place.dataset, toHex(key)]);

/**
 * Every write that can change which keys exist carries the membership guard of its tag: a delete, and a put whose
 * read set does not show the key as present. Where entries end by themselves every write carries it, since on Fabric the
 * guard ends too and must outlive them. Throws GUARD_MISSING.
 */
export function verifyMembershipGuards(section: ContractSection, rules: ContractRules): void {
  const written = guardsOfKind(section.guardsWritten, GuardKind.MEMBERSHIP);
  const readAsPresent = new Set(section.reads.filter((read) => read.packetHash.length > 0).map((read) => placed(read, read.ledgerKey)));
  for (const write of section.writes) {
    if (write.effect.case === 'keep') continue;
    const isEnding = rules.datasets.get(write.dataset)?.blockToLive !== 0n;
    if (!isEnding && write.effect.case === 'packetHash' && readAsPresent.has(placed(write, write.ledgerKey))) continue;
    if (!written.has(placed(write, membershipGuardKey(write.datasetTag)))) throw missing('membership', write);
  }
}

/** Every write to a dataset that keeps a content guard carries it. Throws GUARD_MISSING. */
export function verifyContentGuards(section: ContractSection, rules: ContractRules): void {
  const written = guardsOfKind(section.guardsWritten, GuardKind.CONTENT);
  for (const write of section.writes) {
    // A policy of its own changes no content.
    if (write.effect.case === 'keep') continue;
    if (rules.datasets.get(write.dataset)?.contentGuard !== true) continue;
    if (!written.has(placed(write, contentGuardKey(section.contract, write.dataset)))) throw missing('content', write);
  }
}

/** A guard that is written belongs to a write: nobody else's ranges are disturbed. Throws TARGET_DATA_INCONSISTENT. */
export function verifyGuardsBelong(section: ContractSection): void {
  const own = new Map<GuardKind, Set<string>>([
    [GuardKind.MEMBERSHIP, new Set(section.writes.map((write) => placed(write, membershipGuardKey(write.datasetTag))))],
    [GuardKind.CONTENT, new Set(section.writes.map((write) => placed(write, contentGuardKey(section.contract, write.dataset))))],
  ]);
  for (const guard of section.guardsWritten) {
    if (own.get(guard.kind)?.has(placed(guard, guard.guardKey)) !== true) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'a guard belongs to no write');
  }
}

/** A dataset without content guards cannot tell whether a rich query's result still holds. Throws CHAINCODE_UNSUPPORTED. */
export function verifyGuardsAreKept(section: ContractSection, rules: ContractRules): void {
  for (const guard of section.guardsRead) {
    const isKept = guard.kind === GuardKind.MEMBERSHIP || (guard.kind === GuardKind.CONTENT && rules.datasets.get(guard.dataset)?.contentGuard === true);
    if (!isKept) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'writing after a query of a dataset that keeps no guard for it');
  }
}

function guardsOfKind(guards: readonly GuardWrite[], kind: GuardKind): Set<string> {
  return new Set(guards.filter((guard) => guard.kind === kind).map((guard) => placed(guard, guard.guardKey)));
}

function missing(kind: string, write: WriteEntry): SelvedgeError {
  return new SelvedgeError('GUARD_MISSING', `the write of ledger key ${toHex(write.ledgerKey)} lacks its ${kind} guard`);
}
