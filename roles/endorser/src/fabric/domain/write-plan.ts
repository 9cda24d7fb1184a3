import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { MARKER_VALUE, peersKeyPolicy, writesOfItems, type ContractWrites } from '@selvedge/fabric';
import { keepsKeyPolicies, type KeyPolicyTerms } from '@selvedge/policy';
import { isRemoval, type WriteEntry } from '@selvedge/protocol';
import type { LegacyKeys } from '../../domain/check-legacy.js';
import type { ParsedTargetData } from '../../domain/check-shape.js';
import { dataEntry, guardEntry, legacyEntry, markerEntry, policyEntry, touchEntry, type PrivateEntry } from './private-entries.js';

/** One change to a private data collection. */
export type PlannedWrite =
  | (PrivateEntry & { readonly kind: 'put'; readonly value: Uint8Array })
  | (PrivateEntry & { readonly kind: 'delete' })
  | (PrivateEntry & { readonly kind: 'purge' })
  /** value: the validation parameter that peers hold the key to; empty: none. */
  | (PrivateEntry & { readonly kind: 'policy'; readonly value: Uint8Array });

/** What a plan follows beside the target data. */
export interface PlanTerms {
  readonly policy: KeyPolicyTerms;
  /** Names behind the hashes of legacy keys. */
  readonly legacyKeys: LegacyKeys;
}

/**
 * What an endorsement writes of a contract, out of verified target data: what the items leave of its packets and deletes,
 * its guards, what keys' own policies ask for, and always a marker for each item. Equal target data gives the same writes in
 * the same order. Throws TARGET_DATA_INCONSISTENT when the items cannot be one transaction's.
 */
export function planWrites({ cores, attachments }: ParsedTargetData, contract: string, { policy, legacyKeys }: PlanTerms): PlannedWrite[] {
  const packets = new Map(attachments.packets.map((packet) => [toHex(sha256(packet)), packet]));
  const keeps = keepsKeyPolicies(policy);
  const own = writesOfItems(cores, contract, keeps);
  if (own.conflict !== undefined) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', own.conflict);
  return [
    ...own.writes.flatMap((write) => [...planWrite(write, packets), ...planLegacy(write, legacyKeys)]),
    ...(keeps ? planKeyPolicies(own, policy) : []),
    ...own.guards.map(({ ownerSet, guardKey, txId }) => ({ kind: 'put', ...guardEntry(ownerSet, guardKey), value: txId }) as const),
    ...own.txIds.map((txId) => ({ kind: 'put', ...markerEntry(txId), value: MARKER_VALUE }) as const),
  ];
}

function planWrite({ ownerSet, ledgerKey, effect }: WriteEntry, packets: ReadonlyMap<string, Uint8Array>): PlannedWrite[] {
  const entry = dataEntry(ownerSet, ledgerKey);
  switch (effect.case) {
    case 'packetHash': {
      const value = packets.get(toHex(effect.value));
      if (value === undefined) throw new SelvedgeError('PACKET_MISMATCH', 'the packets are not those of the write set');
      return [{ kind: 'put', ...entry, value }];
    }
    case 'delete':
      return [{ kind: 'delete', ...entry }];
    case 'purge':
      return [{ kind: 'purge', ...entry }];
    default:
      return [];
  }
}

/** What goes from the collection that is taken over, with the first write of its key; from every peer's history too, where a purge asks for that. */
function planLegacy({ dataset, legacyKeyHash, effect }: WriteEntry, legacyKeys: LegacyKeys): PlannedWrite[] {
  if (legacyKeyHash.length === 0) return [];
  const key = legacyKeys.get(toHex(legacyKeyHash));
  if (key === undefined) throw new SelvedgeError('LEGACY_ENTRY_MISMATCH', 'the legacy keys are not those that the target data rests on');
  return [{ kind: effect.case === 'purge' ? 'purge' : 'delete', ...legacyEntry(dataset, key) }];
}

/**
 * Peers hold a key with a validation parameter to that alone, so the parameter is the contract's own policy, mapped, and
 * each owner set that is written is touched at a key without one: both policies are evaluated. One policy that holds both
 * would not do, since within a policy peers count each signature once. A key's policy also lies beside it as a private
 * value, whose hash shows in read sets.
 */
function planKeyPolicies({ writes, ownerSets }: ContractWrites, terms: KeyPolicyTerms): PlannedWrite[] {
  const policies = writes.flatMap((write): PlannedWrite[] => {
    const { ownerSet, ledgerKey, keyPolicy } = write;
    const beside = policyEntry(ownerSet, ledgerKey);
    if (isRemoval(write)) return [{ kind: 'delete', ...beside }];
    if (keyPolicy === undefined) return [];
    const value = peersKeyPolicy(keyPolicy, terms);
    if (value === undefined) throw new SelvedgeError('KEY_POLICY_UNMAPPED', 'a key-level policy that cannot be carried out');
    return [{ kind: 'policy', ...dataEntry(ownerSet, ledgerKey), value }, keyPolicy.length === 0 ? { kind: 'delete', ...beside } : { kind: 'put', ...beside, value: keyPolicy }];
  });
  const touches = ownerSets.map(({ ownerSet, txId }) => ({ kind: 'put', ...touchEntry(ownerSet), value: txId }) as const);
  return [...policies, ...touches];
}
