import { verifyKeyCommitments, recordedBrokerRoot } from '@selvedge/attestation';
import { loadTls, type ConnectionProfile } from '@selvedge/client';
import { installPackage, planContractPolicy, readManifest } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import { facts, parseContractPolicy, type FactUpdate, type Profile } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, KeyBroker, SignedKeyCommitmentsSchema, type ContractPolicy } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import type { DeployOptions } from './deploy-options.js';
import type { EndorsementDeployer } from './fabric/deploy-endorsement.js';
import { loadAdmins, policySubmitter } from './identities.js';
import type { Layout } from './layout.js';
import type { NetworkSettings } from './options.js';
import { openPolicySession, type PolicySession } from './policy-session.js';
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

const FIRST_EPOCH = 1n;
const DEFAULT_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 10_000;

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
    if (previous === undefined) changes.push({ key: facts.epoch(name, FIRST_EPOCH), value: await fetchCommitments(target, session, policy) });
    const blockNumber = await session.change(changes, await loadAdmins(layout, settings));
    await target.endorsement?.deploy(policy, options.keepers);
    await untilHeld(connectionProfile, policy, blockNumber, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    return { name, version: policy.version, codeHash: collected.codeHash, policy, blockNumber };
  } finally {
    session.close();
  }
}

/** Commitments of the contract's first keys, by the broker that the ledger records. SignedKeyCommitments bytes. */
async function fetchCommitments(target: DeployTarget, session: PolicySession, policy: ContractPolicy): Promise<Uint8Array> {
  const root = recordedBrokerRoot(await session.view());
  if (root === undefined) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'no key broker is recorded on the ledger yet', { role: 'cli' });
  const connection = connectRpc(target.connectionProfile.keyBroker, { tls: loadTls(target.connectionProfile) });
  try {
    const request = { contract: policy.name, suite: policy.suite, epoch: FIRST_EPOCH };
    const answer = await connection.client(KeyBroker).getKeyCommitments(request, { timeoutMs: CALL_TIMEOUT_MS });
    const signed = encodeMessage(SignedKeyCommitmentsSchema, answer);
    verifyKeyCommitments(signed, root.rootCertificate, { contract: policy.name, epoch: FIRST_EPOCH });
    return signed;
  } finally {
    connection.close();
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
