import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { isEpochUsable, standingOfNames, type FactReader } from '@selvedge/policy';
import type { ContractPolicy, ContractSection, Core } from '@selvedge/protocol';

/** Throws UNKNOWN_SUITE when the core is not of the contract's suite. */
export function verifyContractSuite(core: Core, policy: ContractPolicy): void {
  if (core.suite !== policy.suite) throw new SelvedgeError('UNKNOWN_SUITE', 'the core is not of the contract’s suite');
}

/** Throws CODE_HASH_MISMATCH. */
export function verifyCodeHash(section: ContractSection, policy: ContractPolicy): void {
  if (!equalBytes(section.codeHash, policy.codeHash)) throw new SelvedgeError('CODE_HASH_MISMATCH', 'the code that ran is not the approved one');
}

/** Throws POLICY_VERSION_MISMATCH. */
export function verifyPolicyVersion(section: ContractSection, policy: ContractPolicy): void {
  if (section.policyVersion !== policy.policyVersion) {
    throw new SelvedgeError('POLICY_VERSION_MISMATCH', `policy version ${String(section.policyVersion)}, the ledger has ${String(policy.policyVersion)}`);
  }
}

/** Throws KEY_EPOCH_UNKNOWN, KEY_EPOCH_RETIRED or KEY_EPOCH_REVOKED unless the epoch is current or previous. */
export function verifyKeyEpoch(section: ContractSection, facts: FactReader): void {
  const status = isEpochUsable(facts, section.contract, section.keyEpoch);
  const epoch = `key epoch ${String(section.keyEpoch)}`;
  if (status === 'unknown') throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `${epoch} is not on the ledger`);
  if (status === 'retired') throw new SelvedgeError('KEY_EPOCH_RETIRED', `${epoch} is older than the previous one`);
  if (status === 'revoked') throw new SelvedgeError('KEY_EPOCH_REVOKED', `${epoch} is revoked`);
}

/**
 * What was executed under other names than those of now would lie where nobody looks for it; and while names are migrated, the
 * migration alone writes. Throws CONTRACT_MIGRATING, NAME_KEYS_CHANGED.
 */
export function verifyNames({ contract, names }: ContractSection, facts: FactReader): void {
  const standing = standingOfNames(facts, contract, names);
  if (standing === 'migrating') throw new SelvedgeError('CONTRACT_MIGRATING', `contract ${contract} takes no updates while its names are migrated`);
  if (standing === 'changed') throw new SelvedgeError('NAME_KEYS_CHANGED', `the names of contract ${contract} have changed since the execution`);
}

/**
 * A gated core needs a contract with gated functions among those that it touches: what a called function withholds, its
 * caller must not tell. Which function ran is sealed, so that a gated function was gated is the TEE's part.
 * Throws TARGET_DATA_INCONSISTENT.
 */
export function verifyGatedFlag(core: Core, policies: readonly ContractPolicy[]): void {
  if (core.gated && policies.every(({ gatedFunctions }) => gatedFunctions.length === 0)) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'gated, but no contract has a gated function');
}
