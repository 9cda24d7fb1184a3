import { readPending, type PendingContract } from '@selvedge/contract-lifecycle';
import { listPackages } from '@selvedge/contract-package';
import { equalBytes, toHex } from '@selvedge/crypto';
import { facts, isFactKey, parseContractPolicy, parseFactKey, verifySignedProfile } from '@selvedge/policy';
import { table } from '../terminal.js';
import type { ContractNetwork } from './contract-network.js';
import { readFactBlocks } from './fact-blocks.js';

/** A contract on the ledger. */
export interface CommittedContract {
  readonly name: string;
  readonly version: string;
  /** Grows by one with each change. */
  readonly policyVersion: bigint;
  /** Hexadecimal. */
  readonly codeHash: string;
  /** Block that recorded it: it is in force from the next transaction on. undefined: no follower tells. */
  readonly blockNumber: bigint | undefined;
  /** Whether the package is in this folder's store. */
  readonly installed: boolean;
}

/** A proposal that waits in this folder. */
export interface ListedProposal extends Omit<CommittedContract, 'blockNumber'> {
  readonly file: string;
  readonly approvedBy: readonly string[];
  readonly missing: readonly string[];
  readonly refused: PendingContract['refused'];
  readonly needed: number;
  /** ready: enough have approved. outdated: the ledger has changed since it was proposed. */
  readonly state: 'waiting' | 'ready' | 'outdated';
}

export interface ContractList {
  readonly contracts: readonly CommittedContract[];
  readonly proposals: readonly ListedProposal[];
}

/** What stands on the ledger, and what waits for approvals here. */
export async function listContracts(network: ContractNetwork, store: string): Promise<ContractList> {
  const present = await network.facts();
  const [blocks, packages] = await Promise.all([readFactBlocks(network.connectionProfile), listPackages(store)]);
  const isInstalled = (codeHash: Uint8Array): boolean => packages.some((found) => equalBytes(found, codeHash));
  const contracts = present.all.flatMap(({ key, value }) => {
    if (!isFactKey(key) || parseFactKey(key).kind !== 'contract') return [];
    const { name, version, policyVersion, codeHash } = parseContractPolicy(value);
    return [{ name, version, policyVersion, codeHash: toHex(codeHash), blockNumber: blocks.get(key), installed: isInstalled(codeHash) }];
  });
  const recorded = present.fact(facts.profile);
  const pending = recorded === undefined ? [] : await readPending(network.ports.proposals, { fact: (key) => present.fact(key), profile: verifySignedProfile(recorded) });
  return { contracts, proposals: pending.map((one) => describePending(one, isInstalled(one.policy.codeHash))) };
}

function describePending({ policy, file, approvals, missing, refused, needed, isCurrent }: PendingContract, installed: boolean): ListedProposal {
  const { name, version, policyVersion, codeHash } = policy;
  const state = !isCurrent ? 'outdated' : approvals.length >= needed ? 'ready' : 'waiting';
  return { name, version, policyVersion, codeHash: toHex(codeHash), installed, file, approvedBy: approvals, missing, refused, needed, state };
}

/** The list for people. */
export function listText({ contracts, proposals }: ContractList): string {
  const parts: string[] = [];
  if (contracts.length === 0) parts.push('no contract is on the ledger');
  else {
    const rows = contracts.map((one) => [one.name, one.version, String(one.policyVersion), one.blockNumber === undefined ? '-' : String(one.blockNumber), one.codeHash, one.installed ? 'yes' : 'no']);
    parts.push(table([['contract', 'version', 'policy', 'in force since block', 'code hash', 'installed here'], ...rows]));
  }
  for (const one of proposals) parts.push(proposalText(one));
  return parts.join('\n\n');
}

function proposalText({ name, version, policyVersion, codeHash, file, approvedBy, missing, refused, needed, state }: ListedProposal): string {
  const next = {
    waiting: `${String(needed - approvedBy.length)} more of ${missing.join(', ')} have to approve: selvedge contract approve ${codeHash.slice(0, 12)}`,
    ready: `enough have approved: selvedge contract commit ${name}`,
    outdated: 'void, since the ledger has changed: selvedge contract approve proposes it anew',
  }[state];
  return [
    `proposed: ${name} ${version}, policy version ${String(policyVersion)}, code hash ${codeHash} (${file})`,
    `  approved by ${approvedBy.join(', ') || 'nobody'}; ${String(needed)} organisations are needed`,
    ...refused.map(({ mspId, code }) => `  the approval of ${mspId} does not count: ${code}`),
    `  ${next}`,
  ].join('\n');
}
