import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { factHash, type FactReader } from '@selvedge/policy';
import type { Core, EntryReader } from '@selvedge/protocol';
import type { EndorsedContent } from './endorsed-content.js';

const ABSENT = new Uint8Array(0);
const ABSENT_FACT = factHash(undefined);
// A fact's value is immutable and outlives many transactions.
const hashes = new WeakMap<Uint8Array, Uint8Array>();

/** Checks that the policy facts the endorsement rests on stand as they were read. Throws MVCC_READ_CONFLICT. */
export function verifyFactsCurrent({ payload }: EndorsedContent, facts: FactReader): void {
  for (const { key, hash } of payload.factReads) {
    if (!equalBytes(currentHash(facts.fact(key)), hash)) throw new SelvedgeError('MVCC_READ_CONFLICT', `policy fact ${key} has changed`, { details: { fact: key } });
  }
}

/** Checks that each key read has the version that was read, or is absent as it was. Throws MVCC_READ_CONFLICT. */
export function verifyReadsCurrent({ sections }: Core, state: Pick<EntryReader, 'version'>): void {
  for (const { contract, reads } of sections) {
    for (const read of reads) {
      const current = state.version(contract, read.ownerSet, read.dataset, read.ledgerKey) ?? ABSENT;
      if (!equalBytes(current, read.packetHash)) throw new SelvedgeError('MVCC_READ_CONFLICT', `contract ${contract}: a key that was read has changed`);
    }
  }
}

/** Checks that each key-level policy that was read stands. Throws MVCC_READ_CONFLICT. */
export function verifyKeyPoliciesCurrent({ sections }: Core, state: Pick<EntryReader, 'keyPolicy'>): void {
  for (const { contract, keyPolicyReads } of sections) {
    for (const read of keyPolicyReads) {
      const current = state.keyPolicy(contract, read.ownerSet, read.dataset, read.ledgerKey) ?? ABSENT;
      if (!equalBytes(current, read.policy)) throw new SelvedgeError('MVCC_READ_CONFLICT', `contract ${contract}: a key’s endorsement policy that was read has changed`);
    }
  }
}

/** Checks that each guard read still names the transaction that it named. Throws PHANTOM_READ_CONFLICT. */
export function verifyGuardsCurrent({ sections }: Core, state: Pick<EntryReader, 'guard'>): void {
  for (const { contract, guardsRead } of sections) {
    for (const guard of guardsRead) {
      const current = state.guard(contract, guard.ownerSet, guard.dataset, guard.guardKey) ?? ABSENT;
      if (!equalBytes(current, guard.txId)) throw new SelvedgeError('PHANTOM_READ_CONFLICT', `contract ${contract}: the result of a range query has changed`);
    }
  }
}

function currentHash(value: Uint8Array | undefined): Uint8Array {
  if (value === undefined) return ABSENT_FACT;
  let hash = hashes.get(value);
  if (hash === undefined) {
    hash = factHash(value);
    hashes.set(value, hash);
  }
  return hash;
}
