import { equalBytes, sha256 } from '@selvedge/crypto';
import { factHash } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import { collectionOf, MARKER_COLLECTION } from '../names.js';
import type { EndorsedResponse } from './endorsed-response.js';
import type { FabricState } from './fabric-state.js';
import { contractsOfItems, ledgerReadsOfItems } from './item-writes.js';
import { entryKeyHash, guardKeyHash, markerKeyHash, policyKeyHash } from './key-hashes.js';

const ABSENT = new Uint8Array(0);

/**
 * What Fabric's MVCC_READ_CONFLICT means here: the marker is a read like any other to Fabric, and so are the guards.
 * DUPLICATE_TXID when the id's marker is there already, PHANTOM_READ_CONFLICT when a guard has changed and nothing else
 * that was read, otherwise as it is. response must match the read-write set; state is what the transaction met.
 */
export function translateConflict(response: EndorsedResponse, state: FabricState): ValidationCode {
  if (isMarked(response, state)) return ValidationCode.DUPLICATE_TXID;
  if (areFactsCurrent(response, state) && areReadsCurrent(response, state) && areKeyPoliciesCurrent(response, state) && !areGuardsCurrent(response, state)) return ValidationCode.PHANTOM_READ_CONFLICT;
  return ValidationCode.MVCC_READ_CONFLICT;
}

function isMarked({ cores }: EndorsedResponse, state: FabricState): boolean {
  return cores.some(({ txId, sections }) => sections.some(({ contract }) => state.entry(contract, MARKER_COLLECTION, markerKeyHash(txId)) !== undefined));
}

function areFactsCurrent({ payload }: EndorsedResponse, state: FabricState): boolean {
  return payload.factReads.every(({ key, hash }) => equalBytes(factHash(state.fact(key)), hash));
}

/** Each contract, with what its items read on the ledger. */
function readsOf({ cores }: EndorsedResponse): (ReturnType<typeof ledgerReadsOfItems> & { readonly contract: string })[] {
  return contractsOfItems(cores).map((contract) => ({ contract, ...ledgerReadsOfItems(cores, contract) }));
}

function areReadsCurrent(response: EndorsedResponse, state: FabricState): boolean {
  return readsOf(response).every(({ contract, reads }) =>
    reads.every((read) => {
      const isCurrent = equalBytes(state.entry(contract, collectionOf(read.ownerSet), entryKeyHash(read.ledgerKey)) ?? ABSENT, read.packetHash);
      return isCurrent && (read.legacyKeyHash.length === 0 || equalBytes(state.entry(contract, read.dataset, read.legacyKeyHash) ?? ABSENT, read.legacyValueHash));
    }),
  );
}

function areKeyPoliciesCurrent(response: EndorsedResponse, state: FabricState): boolean {
  return readsOf(response).every(({ contract, keyPolicyReads }) =>
    keyPolicyReads.every((read) => {
      const expected = read.policy.length === 0 ? ABSENT : sha256(read.policy);
      return equalBytes(state.entry(contract, collectionOf(read.ownerSet), policyKeyHash(read.ledgerKey)) ?? ABSENT, expected);
    }),
  );
}

function areGuardsCurrent(response: EndorsedResponse, state: FabricState): boolean {
  return readsOf(response).every(({ contract, guardsRead }) =>
    guardsRead.every((guard) => {
      const expected = guard.txId.length === 0 ? ABSENT : sha256(guard.txId);
      return equalBytes(state.entry(contract, collectionOf(guard.ownerSet), guardKeyHash(guard.guardKey)) ?? ABSENT, expected);
    }),
  );
}
