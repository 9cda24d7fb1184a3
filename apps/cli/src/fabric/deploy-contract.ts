import { recordedBrokerRoot, verifyKeyCommitments } from '@selvedge/attestation';
import { fetchKeyCommitments, FIRST_KEY_EPOCH, type ConnectionProfile } from '@selvedge/client';
import { installPackage, readManifest } from '@selvedge/contract-package';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { checkCollections, createCollections } from '@selvedge/fabric';
import type { PolicyFacts } from '@selvedge/fabric-network';
import { facts, verifyContractPolicy, type FactUpdate, type Profile } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import { deployDefinition, GOVERNANCE_POLICY, untilSeen } from './chaincodes.js';
import type { DeployContext } from './deploy-context.js';
import type { DeployedContract } from './deployment.js';
import type { PolicyAccess } from './policy-access.js';
import { planServices } from './services.js';
import { encodePolicy, endorsersOf, previousOf, refuseNewOwners, wantedPolicy } from './wanted-policy.js';

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
  input: { readonly contract: DeployedContract; readonly profile: Profile; readonly connectionProfile: ConnectionProfile },
): Promise<ContractDeployment> {
  const { deployment, layout, reporter } = context;
  const { contract, profile, connectionProfile } = input;
  reporter.progress(`contract ${contract.name}: packaging ${contract.directory}`);
  const collected = await installPackage(contract.directory, layout.packages);
  const manifest = await readManifest(collected.directory);
  const present = await policy.facts();
  const wanted = wantedPolicy(deployment, { contract, manifest, codeHash: collected.codeHash, present });
  // Found out before anything is approved or committed.
  const previous = previousOf(present, wanted);
  verifyContractPolicy(wanted, profile, previous);
  refuseNewOwners(wanted, previous);

  const collections = createCollections(wanted, { keepers: deployment.keepers, peersPerOrganisation: peersByOrganisation(context) });
  reporter.warn(checkCollections(collections, { policy: wanted, peersPerOrganisation: peersByOrganisation(context) }));
  const endorsers = endorsersOf(wanted);
  const services = planServices(deployment).filter((service) => service.contract === contract.name && endorsers.includes(service.mspId));
  const definition = { channel: deployment.channel, name: contract.name, version: wanted.version, policy: { channelConfigPolicy: GOVERNANCE_POLICY }, collections: JSON.stringify(collections) };
  const deployed = await deployDefinition(context, definition, services);

  // The policy of a new contract may gather its approvals meanwhile; a changed one must not outrun its collections.
  const mayRecord = deployed.committed || present.fact(facts.contract(contract.name)) === undefined;
  const recorded = mayRecord ? await recordContract(context, policy, { wanted, present, profile, connectionProfile }) : { isRecorded: false, blockNumber: undefined };
  const ownEndorsers = endorsers.filter((mspId) => services.some((service) => service.mspId === mspId));
  if (deployed.committed && !(await untilSeen(context, contract.name, ownEndorsers))) {
    reporter.wait(`peers here do not see yet that the peers of ${ownEndorsers.join(', ')} run ${contract.name}; transactions are refused until they do`);
  }
  return {
    name: contract.name,
    version: wanted.version,
    codeHash: toHex(wanted.codeHash),
    policyVersion: wanted.policyVersion,
    sequence: deployed.sequence,
    isComplete: deployed.committed && recorded.isRecorded,
    blockNumber: recorded.blockNumber,
  };
}

async function recordContract(
  { reporter }: DeployContext,
  policy: PolicyAccess,
  input: { readonly wanted: ContractPolicy; readonly present: PolicyFacts; readonly profile: Profile; readonly connectionProfile: ConnectionProfile },
): Promise<{ readonly isRecorded: boolean; readonly blockNumber: bigint | undefined }> {
  const { wanted, present, profile, connectionProfile } = input;
  const { name } = wanted;
  const recorded = present.fact(facts.contract(name));
  const value = encodePolicy(wanted);
  const epoch = facts.epoch(name, FIRST_KEY_EPOCH);
  const changes: FactUpdate[] = [];
  if (recorded === undefined || !equalBytes(recorded, value)) changes.push({ key: facts.contract(name), value });
  const verify = (key: string, proposed: Uint8Array): void => {
    if (key !== epoch) throw new SelvedgeError('POLICY_MALFORMED', 'it is another policy', { role: 'cli' });
    verifyKeyCommitments(proposed, recordedBrokerRoot(present)?.rootCertificate ?? new Uint8Array(0), { contract: name, epoch: FIRST_KEY_EPOCH });
  };
  if (present.fact(epoch) === undefined) changes.push({ key: epoch, value: await fetchKeyCommitments({ connectionProfile, ledger: present, contract: name, suite: wanted.suite }) });
  if (changes.length === 0) return { isRecorded: true, blockNumber: undefined };
  const { proposal, blockNumber } = await policy.change({ changes, verify }, profile);
  if (blockNumber === undefined) {
    reporter.wait(`contract ${name} ${wanted.version}, code hash ${toHex(wanted.codeHash)}: approved by ${proposal.approvals.join(', ')}, ${String(proposal.needed)} organisations needed; pass ${proposal.file} on to the other operators`);
    return { isRecorded: false, blockNumber };
  }
  reporter.done(`contract ${name} ${wanted.version}: policy version ${String(wanted.policyVersion)}, code hash ${toHex(wanted.codeHash).slice(0, 16)}, recorded in block ${String(blockNumber)}`);
  return { isRecorded: true, blockNumber };
}

function peersByOrganisation({ deployment }: DeployContext): Readonly<Record<string, number>> {
  return Object.fromEntries(deployment.organisations.map(({ mspId, peers }) => [mspId, peers.length]));
}
