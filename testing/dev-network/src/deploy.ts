import { fetchKeyCommitments, fetchOwnerKeys, loadTls, type ConnectionProfile } from '@selvedge/client';
import { bringContract, planContract, requireHeld, type ContractPlan, type LifecyclePorts } from '@selvedge/contract-lifecycle';
import { installPackage } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import type { DeployOptions } from './deploy-options.js';
import type { EndorsementDeployer } from './fabric/deploy-endorsement.js';
import { loadAdmins, policySubmitter } from './identities.js';
import type { Layout } from './layout.js';
import type { NetworkSettings } from './options.js';
import { openPolicySession, type PolicySession } from './policy-session.js';

/** A contract on the ledger. */
export interface Deployment {
  readonly name: string;
  readonly version: string;
  /** 32 bytes: hash of the whole executed tree. */
  readonly codeHash: Uint8Array;
  readonly policy: ContractPolicy;
  /** Block that recorded it; undefined when the ledger had it already. */
  readonly blockNumber: bigint | undefined;
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
 * Packages a chaincode directory into the store, brings what its endorsers run onto a Fabric channel, has all the
 * administrators approve its policy and records it, and waits until every compute node that it is assigned to can run it.
 * Throws what packaging throws (PACKAGE_*, MANIFEST_INVALID), policy refusals, or TIMEOUT naming the nodes.
 */
export async function deployContract(target: DeployTarget, directory: string, options: DeployOptions = {}): Promise<Deployment> {
  const { layout, settings, connectionProfile } = target;
  const { codeHash, directory: tree } = await installPackage(directory, layout.packages);
  return withLifecycle(target, options.keepers, async (ports) => {
    const plan = await planContract(ports, { directory: tree, codeHash, surroundings: settings, options, keepsRecorded: options.keepsRecorded === true });
    const { isRecorded, proposal, blockNumber } = await bringContract(ports, plan, { admins: await loadAdmins(layout, settings) });
    if (!isRecorded) throw notApproved(plan, proposal?.missing ?? []);
    const { policy } = plan;
    const nodes = { computeNodes: connectionProfile.computeNodes, tls: loadTls(connectionProfile) };
    await requireHeld(nodes, policy, { afterBlock: blockNumber ?? 0n, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, note: options.note });
    return { name: policy.name, version: policy.version, codeHash, policy, blockNumber };
  });
}

/** Opens what a contract's lifecycle needs of a development network, for as long as it is used. */
export async function withLifecycle<T>(target: DeployTarget, keepers: DeployOptions['keepers'], use: (ports: LifecyclePorts, session: PolicySession) => Promise<T>): Promise<T> {
  const { layout, settings, connectionProfile, profile, endorsement } = target;
  const session = openPolicySession({ connectionProfile, profile, submitter: await policySubmitter(layout, settings) });
  const ports: LifecyclePorts = {
    present: () => session.view(),
    submit: (transaction) => session.submit(transaction),
    fetchKeyCommitments: (ledger, contract, suite) => fetchKeyCommitments({ connectionProfile, ledger, contract, suite }),
    fetchOwnerKeys: (present, mspId) => fetchOwnerKeys({ connectionProfile, profile: present, mspId }),
    proposals: layout.proposals,
    endorsement: endorsement && ((policy, { isHeld } = { isHeld: false }) => (isHeld ? Promise.resolve({ committed: false, sequence: 0 }) : endorsement.deploy(policy, keepers))),
  };
  try {
    return await use(ports, session);
  } finally {
    session.close();
  }
}

function notApproved({ policy }: ContractPlan, missing: readonly string[]): SelvedgeError {
  return new SelvedgeError('POLICY_APPROVALS_MISSING', `contract ${policy.name} ${policy.version}: ${missing.join(', ')} have not approved`, { role: 'cli' });
}
