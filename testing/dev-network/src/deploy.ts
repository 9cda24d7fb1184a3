import { fetchKeyCommitments, FIRST_KEY_EPOCH, type ConnectionProfile } from '@selvedge/client';
import { installPackage, planContractPolicy, readManifest } from '@selvedge/contract-package';
import { facts, parseContractPolicy, type FactUpdate, type Profile } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, type ContractPolicy } from '@selvedge/protocol';
import type { DeployOptions } from './deploy-options.js';
import type { EndorsementDeployer } from './fabric/deploy-endorsement.js';
import { loadAdmins, policySubmitter } from './identities.js';
import type { Layout } from './layout.js';
import type { NetworkSettings } from './options.js';
import { openPolicySession } from './policy-session.js';
import { untilHealth } from './readiness.js';

/** A contract on the ledger. */
export interface Deployment {
  readonly name: string;
  readonly version: string;
  /** 32 bytes: hash of the whole executed tree. */
  readonly codeHash: Uint8Array;
  readonly policy: ContractPolicy;
  /** Block that recorded it. */
  readonly blockNumber: bigint;
}

/** What deploying works on. */
export interface DeployTarget {
  readonly layout: Layout;
  readonly settings: NetworkSettings;
  readonly connectionProfile: ConnectionProfile;
  readonly profile: Profile;
  /** On Fabric: how endorsement chaincodes come onto the channel. */
  readonly endorsement?: EndorsementDeployer | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Packages a chaincode directory into the store, has the administrators record its hash, policy and key commitments,
 * on Fabric brings its endorsement chaincode onto the channel, and waits until every compute node that it is assigned
 * to holds its keys.
 * Throws what packaging throws (PACKAGE_*, MANIFEST_INVALID), policy refusals, or TIMEOUT naming the nodes.
 */
export async function deployContract(target: DeployTarget, directory: string, options: DeployOptions = {}): Promise<Deployment> {
  const { layout, settings, connectionProfile, profile } = target;
  const collected = await installPackage(directory, layout.packages);
  const manifest = await readManifest(collected.directory);
  const session = openPolicySession({ connectionProfile, profile, submitter: await policySubmitter(layout, settings) });
  try {
    const view = await session.view();
    const name = options.name ?? manifest.name;
    const recorded = view.fact(facts.contract(name));
    const previous = recorded === undefined ? undefined : parseContractPolicy(recorded);
    const policy = planContractPolicy({ manifest, codeHash: collected.codeHash, settings, options, previous });
    const changes: FactUpdate[] = [{ key: facts.contract(name), value: encodeMessage(ContractPolicySchema, policy) }];
    if (previous === undefined) changes.push({ key: facts.epoch(name, FIRST_KEY_EPOCH), value: await fetchKeyCommitments({ connectionProfile, ledger: await session.view(), contract: name, suite: policy.suite }) });
    const blockNumber = await session.change(changes, await loadAdmins(layout, settings));
    await target.endorsement?.deploy(policy, options.keepers);
    await untilHeld(connectionProfile, policy, blockNumber, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    return { name, version: policy.version, codeHash: collected.codeHash, policy, blockNumber };
  } finally {
    session.close();
  }
}

function untilHeld(connectionProfile: ConnectionProfile, policy: ContractPolicy, blockNumber: bigint, timeoutMs: number): Promise<void> {
  const assigned = connectionProfile.computeNodes.filter(({ nodeId }) => policy.assignedNodes.length === 0 || policy.assignedNodes.includes(nodeId));
  return untilHealth({ ...connectionProfile, computeNodes: assigned }, {
    timeoutMs,
    isEnough: (health) => health.viewHeight > blockNumber && health.contracts.includes(policy.name),
    what: `does not hold the keys of ${policy.name}`,
  });
}
