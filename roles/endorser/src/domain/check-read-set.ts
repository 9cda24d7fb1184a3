import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ContractSection } from '@selvedge/protocol';
import type { EndorserState } from '../ports.js';

/** Throws STALE_READ when an entry that was read has another version now. A ledger key is no secret. */
export function verifyReadsCurrent(section: ContractSection, state: EndorserState): void {
  for (const read of section.reads) {
    const version = state.version(section.contract, read.ownerSet, read.dataset, read.ledgerKey);
    if (!isSameOrAbsent(read.packetHash, version)) throw new SelvedgeError('STALE_READ', `ledger key ${toHex(read.ledgerKey)} has another version now`);
  }
}

/** Throws STALE_GUARD when a guard that was read was written since. */
export function verifyGuardsCurrent(section: ContractSection, state: EndorserState): void {
  for (const guard of section.guardsRead) {
    const txId = state.guard(section.contract, guard.ownerSet, guard.dataset, guard.guardKey);
    if (!isSameOrAbsent(guard.txId, txId)) throw new SelvedgeError('STALE_GUARD', `guard ${toHex(guard.guardKey)} was written since`);
  }
}

/** Empty stands for absent in a read set. */
function isSameOrAbsent(expected: Uint8Array, actual: Uint8Array | undefined): boolean {
  return actual === undefined ? expected.length === 0 : equalBytes(expected, actual);
}
