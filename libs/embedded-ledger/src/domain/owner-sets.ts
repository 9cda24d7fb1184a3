import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { FactReader } from '@selvedge/policy';
import { compareText, contentGuardKey, membershipGuardKey, type ContractSection, type DeclaredTarget } from '@selvedge/protocol';
import { contractRules, type ContractRules, type OwnerSetRules } from './contract-rules.js';
import type { EndorsedContent } from './endorsed-content.js';

/** One owner set that a transaction writes. */
export interface WrittenSet extends OwnerSetRules {
  readonly contract: string;
  readonly ownerSet: string;
}

/** The contracts that a transaction touches and the owner sets that it writes, by the policy on the ledger. */
export interface TouchedContracts {
  readonly contracts: readonly ContractRules[];
  /** Sorted by (contract, owner set), as declared targets are. */
  readonly written: readonly WrittenSet[];
}

/**
 * Works out what a transaction touches. Every entry must lie in the owner set that the policy gives its dataset, so
 * that an owner set's endorsement policy cannot be evaded by naming another. Throws ENDORSEMENT_POLICY_FAILURE.
 */
export function touchedContracts(content: EndorsedContent, facts: FactReader): TouchedContracts {
  const contracts = new Map<string, ContractRules>();
  const written = new Map<string, WrittenSet>();
  for (const section of content.cores.flatMap((core) => core.sections)) {
    const rules = contractRules(facts, section.contract);
    contracts.set(section.contract, rules);
    requireOwnSets(rules, section.reads);
    requireOwnSets(rules, section.writes);
    requireOwnSets(rules, section.keyPolicyReads);
    requireOwnSets(rules, section.guardsRead);
    requireOwnSets(rules, section.guardsWritten);
    requireGuardsBesideWrites(section);
    for (const { ownerSet } of section.writes) {
      const set = rules.ownerSets.get(ownerSet);
      if (set === undefined) throw refused(section.contract, `there is no owner set ${ownerSet}`);
      written.set(`${section.contract}/${ownerSet}`, { contract: section.contract, ownerSet, ...set });
    }
  }
  const sorted = [...written.values()].sort((a, b) => compareText(a.contract, b.contract) || compareText(a.ownerSet, b.ownerSet));
  return { contracts: [...contracts.values()], written: sorted };
}

/** Checks that the declared targets are exactly the owner sets written, with the policy's owners. Throws ENDORSEMENT_POLICY_FAILURE. */
export function verifyDeclaredTargets(targets: readonly DeclaredTarget[], written: readonly WrittenSet[]): void {
  const same = targets.length === written.length && written.every((set, i) => isSameTarget(targets[i], set));
  if (!same) throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', 'the declared targets are not the owner sets written');
}

function isSameTarget(target: DeclaredTarget | undefined, set: WrittenSet): boolean {
  if (target?.contract !== set.contract || target.ownerSet !== set.ownerSet) return false;
  return target.owners.length === set.owners.length && set.owners.every((owner, i) => owner === target.owners[i]);
}

function requireOwnSets(rules: ContractRules, entries: readonly { readonly dataset: string; readonly ownerSet: string }[]): void {
  for (const { dataset, ownerSet } of entries) {
    if (rules.ownerSetOf.get(dataset) !== ownerSet) throw refused(rules.name, `dataset '${dataset}' is not in owner set ${ownerSet}`);
  }
}

/**
 * A guard changes with an entry of its own object type or dataset only: alone it would fail other transactions without
 * an owner's endorsement policy, and nothing that followers sign of the set would name it.
 */
function requireGuardsBesideWrites({ contract, writes, guardsWritten }: ContractSection): void {
  if (guardsWritten.length === 0) return;
  const placed = (ownerSet: string, dataset: string, key: Uint8Array): string => JSON.stringify([ownerSet, dataset, toHex(key)]);
  const own = new Set(
    writes.flatMap(({ ownerSet, dataset, datasetTag }) => [placed(ownerSet, dataset, membershipGuardKey(datasetTag)), placed(ownerSet, dataset, contentGuardKey(contract, dataset))]),
  );
  for (const { ownerSet, dataset, guardKey } of guardsWritten) {
    if (!own.has(placed(ownerSet, dataset, guardKey))) throw refused(contract, `a guard is written in owner set ${ownerSet} without an entry of its set`);
  }
}

function refused(contract: string, why: string): SelvedgeError {
  return new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `contract ${contract}: ${why}`, { details: { contract } });
}
