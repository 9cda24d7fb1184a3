import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { keepsKeyPolicies, mapKeyPolicy } from '@selvedge/policy';
import type { ContractSection, EntryReader, WriteEntry } from '@selvedge/protocol';
import { verifyKeyPolicyReadsCurrent } from './check-read-set.js';
import type { ContractRules } from './contract-rules.js';

/**
 * A key-level policy that is set can be carried out: the manifest maps its organisations to endorsers, and the key stays
 * as long as the policy does. Throws KEY_POLICY_UNMAPPED, KEY_POLICY_MALFORMED, CHAINCODE_UNSUPPORTED or
 * TARGET_DATA_INCONSISTENT.
 */
export function verifyKeyPoliciesSet(section: ContractSection, { policy, datasets }: ContractRules): void {
  for (const write of section.writes) {
    if (write.keyPolicy === undefined) continue;
    verifyKept(policy);
    mapKeyPolicy(write.keyPolicy, policy);
    if (datasets.get(write.dataset)?.blockToLive !== 0n) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'key-level endorsement policies where entries end by themselves');
    if (write.effect.case === 'keep') verifyPresent(write, section);
  }
}

/** A policy without a key would wait for whoever writes the key next. */
function verifyPresent(write: WriteEntry, { reads }: ContractSection): void {
  const isPresent = reads.some((read) => read.dataset === write.dataset && equalBytes(read.ledgerKey, write.ledgerKey) && read.packetHash.length > 0);
  if (!isPresent) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'a key’s policy is set without its value, and the key was not read as present');
}

/** Throws STALE_READ when a key-level policy that was read is another now, KEY_POLICY_UNMAPPED where the contract can have none. */
export function verifyKeyPoliciesCurrent(section: ContractSection, { policy }: ContractRules, state: EntryReader): void {
  if (section.keyPolicyReads.length > 0) verifyKept(policy);
  verifyKeyPolicyReadsCurrent(section, state);
}

function verifyKept(policy: ContractRules['policy']): void {
  if (!keepsKeyPolicies(policy)) throw new SelvedgeError('KEY_POLICY_UNMAPPED', 'the manifest maps no organisation to an endorser');
}
