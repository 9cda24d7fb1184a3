import { fetchKeyCommitments, fetchOwnerKeys, type ConnectionProfile } from '@selvedge/client';
import { bringContract, planContract, type ContractPlan, type ContractProgress, type EndorsementState, type LifecyclePorts } from '@selvedge/contract-lifecycle';
import { installPackage, type ContractOptions, type ContractSurroundings } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { checkCollections, createCollections, ENDORSEMENT_CHAINCODE_VERSION, takenOver } from '@selvedge/fabric';
import { endorsersOf, facts, verifySignedProfile } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import { deployDefinition, GOVERNANCE_POLICY, untilSeen } from './chaincodes.js';
import type { DeployContext } from './deploy-context.js';
import type { DeployedContract, Deployment } from './deployment.js';
import type { PolicyAccess } from './policy-access.js';
import { isBusiness, isEndorser, planServices } from './services.js';

/** How far a contract came. */
export interface ContractDeployment {
  readonly name: string;
  readonly version: string;
  /** Hexadecimal. */
  readonly codeHash: string;
  readonly policyVersion: bigint;
  /** Sequence of its chaincode definition. */
  readonly sequence: number;
  /** Whether chaincode and policy are on the channel as wanted. */
  readonly isComplete: boolean;
  /** Block that recorded the policy in this run. */
  readonly blockNumber: bigint | undefined;
}

/**
 * Brings one contract onto the channel: its package into the store, the endorsement chaincode with the contract's
 * collections, and its policy, code hash and key commitments. Does only what is missing.
 * Throws what packaging throws (PACKAGE_*, MANIFEST_INVALID), FABRIC_COMMAND_FAILED, policy refusals.
 */
export async function deployContract(
  context: DeployContext,
  policy: PolicyAccess,
  input: { readonly contract: DeployedContract; readonly connectionProfile: ConnectionProfile },
): Promise<{ readonly deployed: ContractDeployment; readonly policy: ContractPolicy }> {
  const { deployment, layout, reporter, admins } = context;
  const { contract, connectionProfile } = input;
  reporter.progress(`contract ${contract.name}: packaging ${contract.directory}`);
  const { codeHash, directory } = await installPackage(contract.directory, layout.packages);
  const ports = fabricLifecycle(context, policy, connectionProfile);
  const plan = await planContract(ports, { directory, codeHash, surroundings: surroundingsOf(deployment), options: optionsOf(contract) });
  const progress = await bringContract(ports, plan, { admins });
  reportContract(context, plan, progress);
  const { endorsement, isRecorded, blockNumber } = progress;
  const { name, version, policyVersion } = plan.policy;
  const isComplete = endorsement?.committed === true && isRecorded;
  return { deployed: { name, version, codeHash: toHex(codeHash), policyVersion, sequence: endorsement?.sequence ?? 0, isComplete, blockNumber }, policy: plan.policy };
}

/** What a contract's lifecycle needs of a channel. */
export function fabricLifecycle(context: DeployContext, policy: PolicyAccess, connectionProfile: ConnectionProfile): LifecyclePorts {
  return {
    async present() {
      const present = await policy.facts();
      const recorded = present.fact(facts.profile);
      if (recorded === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'the channel has no network profile yet; "selvedge fabric deploy" records it', { role: 'cli' });
      return { fact: (key) => present.fact(key), profile: verifySignedProfile(recorded) };
    },
    submit: (transaction) => policy.submit(transaction),
    fetchKeyCommitments: (ledger, contract, suite) => fetchKeyCommitments({ connectionProfile, ledger, contract, suite }),
    fetchOwnerKeys: (present, mspId) => fetchOwnerKeys({ connectionProfile, profile: present, mspId }),
    proposals: context.layout.proposals,
    endorsement: (wanted, options) => bringEndorsement(context, wanted, options),
  };
}

/** The channel's side of a contract: the endorsement chaincode with its collections, as far as the organisations here can. */
async function bringEndorsement(context: DeployContext, wanted: ContractPolicy, { isHeld }: { readonly isHeld: boolean } = { isHeld: false }): Promise<EndorsementState> {
  const { deployment, reporter } = context;
  const { name } = wanted;
  const peersPerOrganisation = Object.fromEntries(deployment.organisations.map(({ mspId, peers }) => [mspId, peers.length]));
  const collections = createCollections(wanted, { keepers: deployment.keepers, peersPerOrganisation });
  reporter.warn(checkCollections(collections, { policy: wanted, peersPerOrganisation }));
  const endorsers = endorsersOf(wanted);
  const services = planServices(deployment).filter((service) => service.contract === name && endorsers.includes(service.mspId));
  const definition = { channel: deployment.channel, name, version: ENDORSEMENT_CHAINCODE_VERSION, policy: { channelConfigPolicy: GOVERNANCE_POLICY }, collections: JSON.stringify(collections) };
  const deployed = await deployDefinition(context, definition, services, { takesOver: takenOver(wanted), isHeld });
  const ownEndorsers = endorsers.filter((mspId) => services.some((service) => service.mspId === mspId));
  if (deployed.committed && !(await untilSeen(context, name, ownEndorsers))) {
    reporter.wait(`peers here do not see yet that the peers of ${ownEndorsers.join(', ')} run ${name}; transactions are refused until they do`);
  }
  return deployed;
}

/** Tells what became of a contract, and what others have to do. */
export function reportContract({ reporter }: DeployContext, { policy }: ContractPlan, { proposal, blockNumber, isRecorded }: ContractProgress): void {
  const { name, version, policyVersion } = policy;
  const codeHash = toHex(policy.codeHash);
  if (blockNumber !== undefined) reporter.done(`contract ${name} ${version}: policy version ${String(policyVersion)}, code hash ${codeHash.slice(0, 16)}, recorded in block ${String(blockNumber)}`);
  if (isRecorded || proposal === undefined) return;
  reporter.wait(`contract ${name} ${version}, code hash ${codeHash}: approved by ${proposal.approvals.join(', ')}, ${String(proposal.needed)} organisations needed; pass ${proposal.file} on to the other operators`);
}

/** What a deployment gives to every contract. */
export function surroundingsOf(deployment: Deployment): ContractSurroundings {
  const { organisations, suites, endorsementPolicy } = deployment;
  return { businessOrganisations: organisations.filter(isBusiness).map(({ mspId }) => mspId), endorserOrganisations: organisations.filter(isEndorser).map(({ mspId }) => mspId), suites, endorsementPolicy };
}

/** What the deployment file says of a contract. */
export function optionsOf({ name, worldStateOwners, endorsementPolicy, suite, computeQuorum, distinctBy, keyAccess }: DeployedContract): ContractOptions {
  return {
    name,
    ...(worldStateOwners === undefined ? {} : { worldStateOwners }),
    ...(endorsementPolicy === undefined ? {} : { endorsementPolicy }),
    ...(suite === undefined ? {} : { suite }),
    ...(computeQuorum === undefined ? {} : { computeQuorum }),
    ...(distinctBy === undefined ? {} : { distinctBy }),
    ...(keyAccess === undefined ? {} : { keyAccess }),
  };
}
