import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bringContract, commitPending, describeLacking, findPending, nodesWithout, packageFileName, readPending, requireHeld, unpackPackageFile, verifyCommittable, writePackageFile, type ContractPlan, type ContractProgress, type Proposal } from '@selvedge/contract-lifecycle';
import { collectPackage, readManifest } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { approvePolicyChange, type Profile } from '@selvedge/policy';
import { signing, type ContractPolicy } from '@selvedge/protocol';
import type { ContractChoices } from '../commands/deploy.js';
import type { CommandContext } from '../context.js';
import type { ContractNetwork, InstalledPackage } from './contract-network.js';
import { findOrPackage, findPackage, storeOf } from './installed.js';
import { computeNodesOf, withContractNetwork } from './open-network.js';

/** What a package is. */
export interface PackageSummary {
  readonly name: string;
  readonly version: string;
  /** Hexadecimal. */
  readonly codeHash: string;
}

/** `contract package`: writes a directory's package to a file. */
export async function packageContract(directory: string, output: string | undefined): Promise<PackageSummary & { readonly file: string; readonly files: number; readonly bytes: number }> {
  const scratch = await mkdtemp(join(tmpdir(), 'selvedge-package-'));
  try {
    const collected = await collectPackage(directory, join(scratch, 'package'));
    const { name, version } = await readManifest(collected.directory);
    const metadata = { name, version, codeHash: toHex(collected.codeHash) };
    const file = resolve(output ?? packageFileName(metadata));
    await writePackageFile(collected.directory, metadata, file);
    return { ...metadata, file, files: collected.files, bytes: collected.bytes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `contract install`: takes a package file into this folder's store, which its compute nodes load from. */
export async function installContract(context: CommandContext, file: string, expected: string | undefined): Promise<PackageSummary> {
  const { name, version, codeHash } = await unpackPackageFile(file, storeOf(context.directory), { expected });
  return { name, version, codeHash };
}

/** What approving came to. */
export interface ApprovalResult extends PackageSummary {
  readonly policyVersion: bigint;
  /** undefined: the ledger has the contract as it is. */
  readonly proposal: Pick<Proposal, 'file' | 'approvals' | 'missing' | 'needed'> | undefined;
}

/** `contract approve`: proposes what the package says, or approves another operator's proposal of the same. */
export function approveContract(context: CommandContext, argument: string, options: ContractChoices, waitMs: number): Promise<ApprovalResult> {
  return withContractNetwork(context, waitMs, async (network) => {
    const plan = await network.plan(await findPackage(argument, storeOf(context.directory)), options);
    const admins = await network.approvers();
    requireAdministrators(admins, plan.present.profile);
    const { proposal } = await bringContract(network.ports, plan, { admins, isApprovalOnly: true });
    return { ...summaryOf(plan.policy), policyVersion: plan.policy.policyVersion, proposal: proposal && shown(proposal) };
  });
}

/** What recording a contract came to. */
export interface CommitResult extends PackageSummary {
  readonly policyVersion: bigint;
  readonly blockNumber: bigint;
}

/** `contract commit`: records an approved contract and waits until its compute nodes can run it. */
export function commitContract(context: CommandContext, name: string, input: { readonly waitMs: number; readonly isForced: boolean }): Promise<CommitResult> {
  return withContractNetwork(context, input.waitMs, async (network) => {
    const { proposals } = network.ports;
    const pending = findPending(await readPending(proposals, await network.ports.present()), name, proposals);
    verifyCommittable(pending);
    if (!input.isForced) await requireInstalled(network, pending.policy);
    context.note(`approved by ${pending.approvals.join(', ')}: recording contract ${name} ${pending.policy.version}`);
    const blockNumber = await commitPending(network.ports, pending);
    context.note(`recorded in block ${String(blockNumber)}; from there on nothing of an earlier version commits`);
    await untilReady(context, network, pending.policy, blockNumber, input.waitMs);
    return { ...summaryOf(pending.policy), policyVersion: pending.policy.policyVersion, blockNumber };
  });
}

/** What an upgrade came to. */
export interface UpgradeResult extends ApprovalResult {
  /** Whether the ledger has the new version, and every compute node can run it. */
  readonly complete: boolean;
  readonly blockNumber: bigint | undefined;
}

/** `contract upgrade`: the steps at once, as far as the organisations operated here can. Throws INVALID_CONFIGURATION for a contract that the ledger does not have. */
export function upgradeContract(context: CommandContext, argument: string, options: ContractChoices, waitMs: number): Promise<UpgradeResult> {
  return withContractNetwork(context, waitMs, async (network) => {
    const installed = await findOrPackage(argument, storeOf(context.directory));
    await requireKnown(network, installed, options);
    const plan = await network.plan(installed, options);
    const admins = await network.administrators();
    requireAdministrators(admins, plan.present.profile);
    await requireInstalled(network, plan.policy);
    context.note(`contract ${plan.policy.name} ${plan.policy.version}: policy version ${String(plan.policy.policyVersion)}, code hash ${toHex(plan.policy.codeHash)}`);
    const progress = await bringContract(network.ports, plan, { admins });
    if (progress.isRecorded) await untilReady(context, network, plan.policy, progress.blockNumber ?? 0n, waitMs);
    return upgradeResult(plan, progress);
  });
}

function upgradeResult({ policy }: ContractPlan, { proposal, blockNumber, isRecorded }: ContractProgress): UpgradeResult {
  return { ...summaryOf(policy), policyVersion: policy.policyVersion, complete: isRecorded, blockNumber, proposal: isRecorded ? undefined : proposal && shown(proposal) };
}

/** Before anything is proposed, or written into a deployment file. */
async function requireKnown(network: ContractNetwork, { directory }: InstalledPackage, options: ContractChoices): Promise<void> {
  const name = options.name ?? (await readManifest(directory)).name;
  const present = await network.facts();
  if (present.fact(`contract/${name}`) !== undefined) return;
  throw new SelvedgeError('INVALID_CONFIGURATION', `contract ${name} is not on the ledger, so there is nothing to upgrade; approve and commit it first`, { role: 'cli' });
}

/** A version that some nodes lack would take requests that they cannot answer. */
async function requireInstalled(network: ContractNetwork, policy: ContractPolicy): Promise<void> {
  // A store is looked at every second.
  const deadline = performance.now() + INSTALL_SEEN_MS;
  for (;;) {
    const lacking = await nodesWithout(computeNodesOf(network), policy);
    if (lacking.length === 0) return;
    if (performance.now() > deadline) {
      throw new SelvedgeError('CONTRACT_CODE_MISSING', `contract ${policy.name} ${policy.version}, code hash ${toHex(policy.codeHash)}: ${describeLacking(lacking)}; "selvedge contract install" where they run, or --force to record it nevertheless`, { role: 'cli', details: { nodes: lacking.map(({ nodeId }) => nodeId).join(',') } });
    }
    await new Promise((done) => setTimeout(done, INSTALL_POLL_MS));
  }
}

const INSTALL_SEEN_MS = 4_000;
const INSTALL_POLL_MS = 200;

function untilReady(context: CommandContext, network: ContractNetwork, policy: ContractPolicy, afterBlock: bigint, timeoutMs: number): Promise<void> {
  return requireHeld(computeNodesOf(network), policy, { afterBlock, timeoutMs, note: (text) => { context.note(text); } });
}

/** Throws IDENTITY_WRONG_ROLE and the like: an approval by anybody else would lie in the file and count nothing. */
function requireAdministrators(signers: readonly Signer[], profile: Profile): void {
  const message = new Uint8Array(0);
  for (const signer of signers) profile.msps.verifySignature(approvePolicyChange(message, signer), signing.policyChange(message), { role: 'admin' });
}

function summaryOf({ name, version, codeHash }: ContractPolicy): PackageSummary {
  return { name, version, codeHash: toHex(codeHash) };
}

function shown({ file, approvals, missing, needed }: Proposal): NonNullable<ApprovalResult['proposal']> {
  return { file, approvals, missing, needed };
}
