import { loadTls, type ConnectionProfile } from '@selvedge/client';
import { removeOutdated, untilHeld } from '@selvedge/contract-lifecycle';
import { isSelvedgeError } from '@selvedge/errors';
import { queryCommitted } from '@selvedge/fabric-network';
import { facts } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import { writeJson } from '@selvedge/service-kit/launch';
import { untilListening } from './await-services.js';
import { untilReady } from './await-viewers.js';
import { deployDefinition, GOVERNANCE_POLICY } from './chaincodes.js';
import { connectionProfileOf, writeConnectionProfile } from './connection.js';
import { recordBroker } from './deploy-broker.js';
import type { DeployContext } from './deploy-context.js';
import { deployContract, type ContractDeployment } from './deploy-contract.js';
import { prepareAnchor, recordAnchor, updateProfile } from './deploy-profile.js';
import type { DeployReport } from './deploy-report.js';
import { publicDeployment } from './init-plan.js';
import { adminOf } from './peer-program.js';
import { openPolicyAccess, type PolicyAccess } from './policy-access.js';
import { checkSettings } from './preflight.js';
import { planServices } from './services.js';
import { ensureTees } from './tee-material.js';
import { ensureTlsRoots } from './tls-material.js';
import { ensureUnlockKeys, lockedText, settleUnlock } from './unlock-keys.js';
import { writeServices } from './write-services.js';

/** What a deployment came to. */
export interface DeployResult extends DeployReport {
  readonly contracts: readonly ContractDeployment[];
}

const POLICY_CHAINCODE_VERSION = '1';
/** The chaincode may not run yet. */
const FACTS_TIMEOUT_MS = 5_000;

/**
 * Brings everything that a deployment file says onto the channel, as far as the organisations operated here can, and
 * does only what is missing: it may be run again at any time. What others have to do first is in the result.
 */
export async function deployFabric(context: DeployContext): Promise<DeployResult> {
  const { layout, deployment, reporter } = context;
  const contracts: ContractDeployment[] = [];
  const result = (): DeployResult => ({ ...reporter.report(), contracts });
  reporter.warn(await checkSettings(deployment, context.channelConfig));
  await writeJson(layout.sharedDeployment, publicDeployment(deployment));
  const missingRoots = await ensureTlsRoots(layout, deployment);
  await ensureTees(layout, deployment, new Date());
  await ensureUnlockKeys(layout, deployment);
  const policy = await openPolicyAccess(context);
  try {
    const anchor = await prepareAnchor(context, await hasProfile(context, policy));
    if (missingRoots.length > 0) reporter.wait(`TLS roots of ${missingRoots.join(', ')} are missing in ${layout.shared}: their operators run "selvedge fabric deploy" and pass their shared folder on`);
    const services = planServices(deployment);
    const chaincodeServers = services.filter(({ service }) => service === 'policy-chaincode');
    const policyChaincode = await deployDefinition(context, { channel: deployment.channel, name: deployment.policyChaincode, version: POLICY_CHAINCODE_VERSION, policy: { channelConfigPolicy: GOVERNANCE_POLICY } }, chaincodeServers);
    if (anchor === undefined) return result();
    await writeServices(context, context.own);
    await Promise.all(context.own.slice(0, 1).map((first) => writeConnectionProfile(context, first)));
    if (!policyChaincode.committed) return result();

    await untilListening(chaincodeServers, context);
    if (!(await recordAnchor(context, policy, anchor))) return result();
    const profile = await updateProfile(context, policy);
    // A new profile is in the fingerprints of those that read it.
    await writeServices(context, context.own);
    await untilListening(services, context);
    const [first] = context.own;
    if (first === undefined) return result();
    const connectionProfile = await connectionProfileOf(context, first);
    const unlock = await settleUnlock(layout, deployment, { connectionProfile, profile, timeoutMs: context.waitMs });
    if (unlock?.locked === true) {
      reporter.wait(lockedText(unlock));
      return result();
    }
    if (!(await recordBroker(context, policy, { profile, connectionProfile }))) return result();
    const complete: { readonly policy: ContractPolicy; readonly blockNumber: bigint | undefined }[] = [];
    for (const contract of deployment.contracts) {
      const { deployed, policy: wanted } = await deployContract(context, policy, { contract, connectionProfile });
      contracts.push(deployed);
      if (deployed.isComplete) complete.push({ policy: wanted, blockNumber: deployed.blockNumber });
    }
    await removeOutdated(layout.proposals, await policy.facts());
    await untilComputeHolds(context, connectionProfile, complete);
    await untilViewersShow(context, connectionProfile);
    return result();
  } finally {
    policy.close();
  }
}

/** Whether the ledger has a profile; undefined when its policy chaincode does not answer. */
async function hasProfile({ program, own, deployment }: DeployContext, policy: PolicyAccess): Promise<boolean | undefined> {
  const [first] = own;
  if (first === undefined || (await queryCommitted(program, adminOf(first), deployment.channel, deployment.policyChaincode)) === undefined) return false;
  try {
    return (await policy.facts(FACTS_TIMEOUT_MS)).fact(facts.profile) !== undefined;
  } catch (error) {
    if (isSelvedgeError(error)) return undefined;
    throw error;
  }
}

/** Waits until the viewers operated here have a ledger view, keys and an audit log; says so when they do not in time. */
async function untilViewersShow({ reporter, deployment, own, waitMs }: DeployContext, connectionProfile: ConnectionProfile): Promise<void> {
  const viewers = deployment.viewers.filter(({ mspId }) => own.some((organisation) => organisation.mspId === mspId));
  for (const nodeId of await untilReady(viewers, { tls: loadTls(connectionProfile), waitMs })) reporter.wait(`viewer ${nodeId} is not ready; "selvedge fabric status" and its log tell why`);
}

/** Waits until the compute nodes operated here can run the contracts; says so when they cannot in time. */
async function untilComputeHolds({ reporter, deployment, own, waitMs }: DeployContext, connectionProfile: ConnectionProfile, complete: readonly { readonly policy: ContractPolicy; readonly blockNumber: bigint | undefined }[]): Promise<void> {
  const computeNodes = deployment.computeNodes.filter(({ mspId }) => own.some((organisation) => organisation.mspId === mspId));
  if (complete.length === 0 || computeNodes.length === 0) return;
  reporter.progress(`waiting for compute nodes to hold packages and keys of ${complete.map(({ policy }) => policy.name).join(', ')}`);
  const nodes = { computeNodes, tls: loadTls(connectionProfile) };
  await Promise.all(
    complete.map(async ({ policy, blockNumber }) => {
      const lacking = await untilHeld(nodes, policy, { afterBlock: blockNumber ?? 0n, timeoutMs: waitMs, note: (text) => { reporter.progress(text); } });
      for (const { nodeId, lacks } of lacking) reporter.wait(`contract ${policy.name}: compute node ${nodeId} ${lacks}; "selvedge fabric status" and its log tell why`);
    }),
  );
}
