import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import { isEndorsementPolicySatisfied, keepsKeyPolicies, mapKeyPolicy, type EndorsementPolicy, type FactReader } from '@selvedge/policy';
import { createItemOverlay, type ContractPolicy, type ContractSection, type EntryReader, type WriteEntry } from '@selvedge/protocol';
import type { BlockState } from '../ports.js';
import { contractRules } from './contract-rules.js';
import type { EndorsedContent } from './endorsed-content.js';

/** What key-level policies are judged against. */
export interface KeyPolicyContext {
  readonly facts: FactReader;
  readonly keyPolicies: Pick<BlockState, 'keyPolicy' | 'isKeyPolicyNew'>;
}

/**
 * Checks each written key's own endorsement policy, beside that of its owner set (DESIGN 5): the one that stands, which
 * decides about its own successor too. As on Fabric (core/common/validation/statebased), a key whose policy was set
 * before in the same block is not written again in it. A new policy must be one that can be carried out.
 * Throws ENDORSEMENT_POLICY_FAILURE.
 */
export function verifyKeyPolicies({ cores }: EndorsedContent, endorsers: readonly Identity[], { facts, keyPolicies }: KeyPolicyContext): void {
  // As within a block: a batch's later items were endorsed under the policies that stand.
  const overlay = createItemOverlay(NOTHING);
  for (const core of cores) {
    for (const section of core.sections) verifySection(section, endorsers, { facts, keyPolicies, isNew: (...key) => overlay.isKeyPolicyChanged(...key) || keyPolicies.isKeyPolicyNew(...key) });
    overlay.apply(core);
  }
}

const NOTHING: EntryReader = { version: () => undefined, guard: () => undefined, keyPolicy: () => undefined };

interface SectionContext extends KeyPolicyContext {
  readonly isNew: BlockState['isKeyPolicyNew'];
}

function verifySection({ contract, writes, keyPolicyReads }: ContractSection, endorsers: readonly Identity[], { facts, keyPolicies, isNew }: SectionContext): void {
  const { policy } = contractRules(facts, contract);
  if (!keepsKeyPolicies(policy)) {
    const hasOne = keyPolicyReads.length > 0 || writes.some(({ keyPolicy }) => keyPolicy !== undefined);
    if (hasOne) throw refused(contract, 'it keeps no key-level policies');
    return;
  }
  for (const write of writes) verifyWrite(contract, write, policy);
  for (const { ownerSet, dataset, ledgerKey } of writes) {
    if (isNew(contract, ownerSet, dataset, ledgerKey)) throw refused(contract, 'a key’s policy was set in the same block');
    const standing = keyPolicies.keyPolicy(contract, ownerSet, dataset, ledgerKey);
    const mapped = standing && carriedOut(contract, standing, policy);
    if (mapped !== undefined && !isEndorsementPolicySatisfied(mapped, endorsers)) throw refused(contract, 'the endorsement policy of a key is not satisfied');
  }
}

function verifyWrite(contract: string, { dataset, keyPolicy }: WriteEntry, policy: ContractPolicy): void {
  if (keyPolicy === undefined) return;
  carriedOut(contract, keyPolicy, policy);
  const isEnding = policy.datasets.some(({ name, blockToLive }) => name === dataset && blockToLive !== 0n);
  if (isEnding) throw refused(contract, `dataset '${dataset}' ends its entries, and keeps no key-level policies`);
}

function carriedOut(contract: string, keyPolicy: Uint8Array, policy: ContractPolicy): EndorsementPolicy | undefined {
  try {
    return mapKeyPolicy(keyPolicy, policy);
  } catch (cause) {
    if (!isSelvedgeError(cause)) throw cause;
    throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `contract ${contract}: ${cause.code}: ${cause.message}`, { cause });
  }
}

function refused(contract: string, why: string): SelvedgeError {
  return new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `contract ${contract}: ${why}`, { details: { contract } });
}
