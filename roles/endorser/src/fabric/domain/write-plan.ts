import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { MARKER_VALUE, peersKeyPolicy } from '@selvedge/fabric';
import { keepsKeyPolicies, type KeyPolicyTerms } from '@selvedge/policy';
import type { ContractSection, WriteEntry } from '@selvedge/protocol';
import type { ParsedTargetData } from '../../domain/check-shape.js';
import { dataEntry, entryId, guardEntry, markerEntry, policyEntry, touchEntry, type PrivateEntry } from './private-entries.js';

/** One change to a private data collection. */
export type PlannedWrite =
  | (PrivateEntry & { readonly kind: 'put'; readonly value: Uint8Array })
  | (PrivateEntry & { readonly kind: 'delete' })
  | (PrivateEntry & { readonly kind: 'purge' })
  /** value: the validation parameter that peers hold the key to; empty: none. */
  | (PrivateEntry & { readonly kind: 'policy'; readonly value: Uint8Array });

/**
 * What an endorsement writes, out of verified target data: the section's packets and deletes, its guards, what keys'
 * own policies ask for, and always the marker. Equal target data gives the same writes in the same order. Throws TARGET_DATA_INCONSISTENT when two
 * writes fall on one entry.
 */
export function planWrites({ core, attachments }: ParsedTargetData, section: ContractSection, policy: KeyPolicyTerms): PlannedWrite[] {
  const packets = new Map(attachments.packets.map((packet) => [toHex(sha256(packet)), packet]));
  const plan: PlannedWrite[] = [
    ...section.writes.flatMap((write) => planWrite(write, packets)),
    ...(keepsKeyPolicies(policy) ? planKeyPolicies(section, core.txId, policy) : []),
    ...section.guardsWritten.map(({ ownerSet, guardKey }) => ({ kind: 'put', ...guardEntry(ownerSet, guardKey), value: core.txId }) as const),
    { kind: 'put', ...markerEntry(core.txId), value: MARKER_VALUE },
  ];
  const values = plan.filter(({ kind }) => kind !== 'policy');
  // Datasets share their owner set's collection: the second write to an entry would silently replace the first.
  if (new Set(values.map(entryId)).size !== values.length) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'two writes fall on one ledger key');
  return plan;
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

/**
 * Peers hold a key with a validation parameter to that alone, so the parameter is the contract's own policy, mapped, and
 * each owner set that is written is touched at a key without one: both policies are evaluated. One policy that holds both
 * would not do, since within a policy peers count each signature once. A key's policy also lies beside it as a private
 * value, whose hash shows in read sets.
 */
function planKeyPolicies({ writes }: ContractSection, txId: Uint8Array, terms: KeyPolicyTerms): PlannedWrite[] {
  const policies = writes.flatMap(({ ownerSet, ledgerKey, effect, keyPolicy }): PlannedWrite[] => {
    const beside = policyEntry(ownerSet, ledgerKey);
    if (effect.case === 'delete' || effect.case === 'purge') return [{ kind: 'delete', ...beside }];
    if (keyPolicy === undefined) return [];
    const value = peersKeyPolicy(keyPolicy, terms);
    if (value === undefined) throw new SelvedgeError('KEY_POLICY_UNMAPPED', 'a key-level policy that cannot be carried out');
    return [{ kind: 'policy', ...dataEntry(ownerSet, ledgerKey), value }, keyPolicy.length === 0 ? { kind: 'delete', ...beside } : { kind: 'put', ...beside, value: keyPolicy }];
  });
  const touches = [...new Set(writes.map(({ ownerSet }) => ownerSet))].map((ownerSet) => ({ kind: 'put', ...touchEntry(ownerSet), value: txId }) as const);
  return [...policies, ...touches];
}
