import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ContractSection, EntryReader } from '@selvedge/protocol';

/** Throws STALE_READ when an entry that was read has another version now. A ledger key is no secret. */
export function verifyReadsCurrent(section: ContractSection, state: EntryReader): void {
  for (const read of section.reads) {
    const version = state.version(section.contract, read.ownerSet, read.dataset, read.ledgerKey);
    if (!isSameOrAbsent(read.packetHash, version)) throw new SelvedgeError('STALE_READ', `ledger key ${toHex(read.ledgerKey)} has another version now`);
  }
}

/** Throws STALE_GUARD when a guard that was read was written since. */
export function verifyGuardsCurrent(section: ContractSection, state: EntryReader): void {
  for (const guard of section.guardsRead) {
    const txId = state.guard(section.contract, guard.ownerSet, guard.dataset, guard.guardKey);
    if (!isSameOrAbsent(guard.txId, txId)) throw new SelvedgeError('STALE_GUARD', `guard ${toHex(guard.guardKey)} was written since`);
  }
}

/** Throws STALE_READ when a key-level policy that was read is another now. */
export function verifyKeyPolicyReadsCurrent(section: ContractSection, state: EntryReader): void {
  for (const { ownerSet, dataset, ledgerKey, policy: expected } of section.keyPolicyReads) {
    const current = state.keyPolicy(section.contract, ownerSet, dataset, ledgerKey) ?? new Uint8Array(0);
    if (!equalBytes(current, expected)) throw new SelvedgeError('STALE_READ', `ledger key ${toHex(ledgerKey)} has another endorsement policy now`);
  }
}

/** Empty stands for absent in a read set. */
function isSameOrAbsent(expected: Uint8Array, actual: Uint8Array | undefined): boolean {
  return actual === undefined ? expected.length === 0 : equalBytes(expected, actual);
}
