import { listProposals } from '@selvedge/contract-lifecycle';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { queryCommitted, queryInstalled, type PeerProgram, type PolicyFacts } from '@selvedge/fabric-network';
import { facts, isEpochUsable, parseContractPolicy, parseFactKey, verifySignedProfile } from '@selvedge/policy';
import { connectionProfileOf } from './connection.js';
import type { OwnOrganisation } from './deployment.js';
import { ownOrganisations, type FabricFolder } from './folder.js';
import { adminOf, findPeerProgram } from './peer-program.js';
import { openPolicyAccess } from './policy-access.js';
import { readNodes, type NodeStatus } from './status-nodes.js';

/** A chaincode definition on the channel. */
export interface ChaincodeStatus {
  readonly name: string;
  /** undefined: not committed. */
  readonly version: string | undefined;
  readonly sequence: number | undefined;
  /** Organisations that approved it. */
  readonly approvedBy: readonly string[];
  /** Organisations operated here whose peer has a package of it. */
  readonly installedAt: readonly string[];
}

/** A contract in the policy on the ledger. */
export interface ContractStatus {
  readonly name: string;
  readonly version: string;
  readonly policyVersion: bigint;
  /** Hexadecimal. */
  readonly codeHash: string;
  readonly ownerSets: readonly { readonly name: string; readonly owners: readonly string[]; readonly endorsementPolicy: string }[];
  /** Key epochs, each with whether it may be used. */
  readonly epochs: readonly { readonly epoch: bigint; readonly status: string }[];
}

/** What stands on a channel, and what runs. */
export interface FabricStatus {
  readonly ready: boolean;
  readonly network: string;
  readonly channel: string;
  readonly simulatedTees: true;
  /** Version of the profile on the ledger; undefined: none, or the policy chaincode does not answer. */
  readonly profileVersion: bigint | undefined;
  readonly keyBrokerRecorded: boolean;
  readonly chaincodes: readonly ChaincodeStatus[];
  readonly contracts: readonly ContractStatus[];
  readonly nodes: readonly NodeStatus[];
  /** Files in the shared folder that wait for approvals. */
  readonly proposals: readonly string[];
  /** Why something could not be read. */
  readonly problems: readonly string[];
}

const FACTS_TIMEOUT_MS = 8_000;

/** Reads everything that status shows; what cannot be read is named among the problems. */
export async function readFabricStatus(folder: FabricFolder): Promise<FabricStatus> {
  const { deployment, layout } = folder;
  const own = ownOrganisations(deployment);
  const problems: string[] = [];
  const attempt = async <T>(what: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      problems.push(`${what}: ${isSelvedgeError(error) ? `${error.code}: ${error.message}` : String(error)}`);
      return otherwise;
    }
  };
  const names = [deployment.policyChaincode, ...deployment.contracts.map(({ name }) => name)];
  const program = await findPeerProgram(layout.clientConfig);
  const chaincodes = await attempt('chaincodes', () => readChaincodes(program, own, deployment.channel, names), []);
  const present = await attempt('policy', () => readFacts(folder), undefined);
  const [first] = own;
  const nodes = first === undefined ? [] : await attempt('nodes', async () => readNodes(folder, await connectionProfileOf(folder, first)), []);
  const recorded = present?.fact(facts.profile);
  const contracts = present === undefined ? [] : readContracts(present);
  const isDeployed = chaincodes.length > 0 && chaincodes.every(({ version }) => version !== undefined) && deployment.contracts.every(({ name }) => contracts.some((contract) => contract.name === name));
  return {
    ready: isDeployed && nodes.length > 0 && nodes.every(({ ready }) => ready),
    network: deployment.network,
    channel: deployment.channel,
    simulatedTees: true,
    profileVersion: recorded === undefined ? undefined : verifySignedProfile(recorded).message.version,
    keyBrokerRecorded: present?.fact(facts.brokerRoot) !== undefined,
    chaincodes,
    contracts,
    nodes,
    proposals: await listProposals(layout.proposals),
    problems,
  };
}

async function readFacts(folder: FabricFolder): Promise<PolicyFacts> {
  const policy = await openPolicyAccess(folder);
  try {
    return await policy.facts(FACTS_TIMEOUT_MS);
  } finally {
    policy.close();
  }
}

async function readChaincodes(program: PeerProgram, own: readonly OwnOrganisation[], channel: string, names: readonly string[]): Promise<ChaincodeStatus[]> {
  const [first] = own;
  if (first === undefined) return [];
  const installed = await Promise.all(own.map(async (organisation) => ({ mspId: organisation.mspId, packages: await queryInstalled(program, adminOf(organisation)) })));
  return Promise.all(
    names.map(async (name) => {
      const committed = await queryCommitted(program, adminOf(first), channel, name);
      return {
        name,
        version: committed?.version,
        sequence: committed?.sequence,
        approvedBy: Object.entries(committed?.approvals ?? {}).filter(([, approved]) => approved).map(([mspId]) => mspId).sort(),
        installedAt: installed.filter(({ packages }) => packages.some((id) => id.startsWith(`${name}:`))).map(({ mspId }) => mspId),
      };
    }),
  );
}

/** The contracts among the facts, with their key epochs. */
export function readContracts(present: PolicyFacts): ContractStatus[] {
  const keys = present.all.map(({ key, value }) => ({ value, parsed: parseFactKey(key) }));
  return keys.flatMap(({ value, parsed }) => {
    if (parsed.kind !== 'contract') return [];
    const { name, version, policyVersion, codeHash, ownerSets } = parseContractPolicy(value);
    const epochs = keys.flatMap((other) => (other.parsed.kind === 'epoch' && other.parsed.contract === name ? [{ epoch: other.parsed.epoch, status: isEpochUsable(present, name, other.parsed.epoch) }] : []));
    return [{ name, version, policyVersion, codeHash: toHex(codeHash), ownerSets: ownerSets.map((set) => ({ name: set.name, owners: set.owners, endorsementPolicy: set.endorsementPolicy })), epochs }];
  });
}
