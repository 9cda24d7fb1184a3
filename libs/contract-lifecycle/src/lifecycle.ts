import { recordedBrokerRoot, verifyKeyCommitments } from '@selvedge/attestation';
import { readManifest, type ContractOptions, type ContractSurroundings } from '@selvedge/contract-package';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { facts, FIRST_KEY_EPOCH, parseContractPolicy, parseFactKey, readOwnerKey, verifyContractPolicy, verifyOwnerKeys, type FactUpdate } from '@selvedge/policy';
import { StorageMode, type ContractPolicy } from '@selvedge/protocol';
import type { EndorsementState, LifecyclePorts, PresentPolicy } from './ports.js';
import { approveProposal, removeProposal, type Proposal, type WantedChange } from './proposals.js';
import { verifyCalls } from './verify-calls.js';
import { differences, encodePolicy, previousOf, recordedSurroundings, refuseNewOwners, wantedPolicy } from './wanted-policy.js';

/** What a contract shall become. */
export interface ContractPlan {
  readonly policy: ContractPolicy;
  /** Whether the ledger has the contract in some version. */
  readonly isKnown: boolean;
  /** What has to change on the ledger; undefined: it stands there already. */
  readonly change: WantedChange | undefined;
  readonly present: PresentPolicy;
}

/** How far a contract came. */
export interface ContractProgress {
  readonly endorsement: EndorsementState | undefined;
  /** What gathers approvals, or gathered them; undefined when nothing had to change. */
  readonly proposal: Proposal | undefined;
  /** Block that recorded the contract in this run. */
  readonly blockNumber: bigint | undefined;
  /** Whether the ledger has what was planned. */
  readonly isRecorded: boolean;
}

/**
 * Works out a contract's policy from its package and what the network and the command line add, against what stands on
 * the ledger. Everything that the ledger would refuse is refused here, before anybody approves.
 * Throws MANIFEST_INVALID, POLICY_MALFORMED, CONTRACT_DOWNGRADE, CONTRACT_DATASET_DROPPED, FEATURE_UNSUPPORTED for a new
 * owner of old data, what verifyCalls throws, and what the ports throw.
 */
export async function planContract(
  ports: LifecyclePorts,
  input: {
    readonly directory: string;
    readonly codeHash: Uint8Array;
    readonly surroundings: ContractSurroundings;
    readonly options: ContractOptions;
    /** Whether what neither manifest nor options say stays as the ledger has it; otherwise it is the network's default. */
    readonly keepsRecorded?: boolean;
  },
): Promise<ContractPlan> {
  const { directory, codeHash, options } = input;
  const present = await ports.present();
  const manifest = await readManifest(directory);
  const network = { ...input.surroundings, members: present.profile.msps.mspIds };
  const surroundings = input.keepsRecorded === true ? recordedSurroundings(present, options.name ?? manifest.name, network) : network;
  const policy = wantedPolicy({ manifest, codeHash, surroundings, options, present });
  const previous = previousOf(present, policy);
  // Whatever no ledger would take is refused before anybody approves it.
  parseContractPolicy(encodePolicy(policy));
  verifyContractPolicy(policy, present.profile, previous);
  refuseNewOwners(policy, previous);
  refuseTakeOver(policy, ports.endorsement !== undefined);
  // Endorsement chaincodes are what Fabric's endorsers run.
  verifyCalls(policy, manifest.settings.calls ?? [], { present, isOnFabric: ports.endorsement !== undefined });
  return { policy, isKnown: previous !== undefined, change: await wantedChange(ports, policy, present), present };
}

/** The first collection that a contract takes over, by name. */
function takenOver({ datasets }: ContractPolicy): string | undefined {
  return datasets.find(({ takesOver }) => takesOver)?.name;
}

/** Only Fabric has collections that were written before. */
function refuseTakeOver(policy: ContractPolicy, isOnFabric: boolean): void {
  const taken = takenOver(policy);
  if (taken !== undefined && !isOnFabric) throw new SelvedgeError('FEATURE_UNSUPPORTED', `taking over collection ${taken}: the embedded ledger has no collections of other chaincode`, { role: 'cli' });
}

/** Owners of datasets that are kept in plaintext, each once. */
function ownersInPlaintext({ datasets, ownerSets }: ContractPolicy): ReadonlySet<string> {
  const sets = datasets.filter(({ mode }) => mode === StorageMode.PLAINTEXT).map(({ ownerSet }) => ownerSet);
  return new Set(ownerSets.filter(({ name }) => sets.includes(name)).flatMap(({ owners }) => owners));
}

/** The contract's fact where it differs; where there are none, the commitments to its keys and the keys of owners that keep its data in plaintext. */
async function wantedChange(ports: LifecyclePorts, policy: ContractPolicy, present: PresentPolicy): Promise<WantedChange | undefined> {
  const { name, suite } = policy;
  const [key, epoch] = [facts.contract(name), facts.epoch(name, FIRST_KEY_EPOCH)];
  const [recorded, value] = [present.fact(key), encodePolicy(policy)];
  const changes: FactUpdate[] = [];
  if (recorded === undefined || !equalBytes(recorded, value)) changes.push({ key, value });
  if (present.fact(epoch) === undefined) changes.push({ key: epoch, value: await ports.fetchKeyCommitments(present, name, suite) });
  for (const mspId of ownersInPlaintext(policy)) {
    // Also where the recorded ones are of other suites alone: nothing could be written.
    if (readOwnerKey(present, mspId, suite) === undefined) changes.push({ key: facts.ownerKeys(mspId), value: await ports.fetchOwnerKeys(present.profile, mspId) });
  }
  if (changes.length === 0) return undefined;
  const verify = (changed: string, proposed: Uint8Array): void => {
    const owner = parseFactKey(changed);
    if (owner.kind === 'owner-keys') {
      verifyOwnerKeys(owner.mspId, proposed, present.profile);
      return;
    }
    if (changed !== epoch) throw new SelvedgeError('POLICY_MALFORMED', `it differs in ${differences(policy, parseContractPolicy(proposed)).join(', ')}`, { role: 'cli' });
    verifyKeyCommitments(proposed, recordedBrokerRoot(present)?.rootCertificate ?? new Uint8Array(0), { contract: name, epoch: FIRST_KEY_EPOCH });
  };
  return { changes, verify };
}

/**
 * The one sequence by which a contract comes onto a ledger or is upgraded: what its endorsers run, then the approvals of
 * these administrators, then, once enough organisations have approved, the record. Does only what is missing, so it may
 * be run again, by one operator or several. Where a contract takes collections over, its definition ends the chaincode of before: it is
 * not committed before the record can follow at once.
 *
 * @param input.isApprovalOnly gathers approvals and leaves the record to commitProposal
 */
export async function bringContract(ports: LifecyclePorts, plan: ContractPlan, input: { readonly admins: readonly Signer[]; readonly isApprovalOnly?: boolean }): Promise<ContractProgress> {
  const { policy, change, present } = plan;
  const isTakeOver = !plan.isKnown && takenOver(policy) !== undefined;
  const early = change !== undefined && isTakeOver ? undefined : await ports.endorsement?.(policy);
  if (change === undefined) return { endorsement: early, proposal: undefined, blockNumber: undefined, isRecorded: true };
  const proposal = await approveProposal(ports.proposals, change, { profile: present.profile, facts: present, admins: input.admins });
  const isEnough = proposal.approvals.length >= proposal.needed && input.isApprovalOnly !== true;
  const endorsement = isTakeOver ? await ports.endorsement?.(policy, { isHeld: !isEnough }) : early;
  // A changed policy must not outrun its collections; a new contract is not in use before it has them.
  const mayRecord = endorsement?.committed !== false || (!plan.isKnown && !isTakeOver);
  if (!isEnough || !mayRecord) return { endorsement, proposal, blockNumber: undefined, isRecorded: false };
  const blockNumber = await ports.submit(proposal.transaction);
  await removeProposal(proposal);
  return { endorsement, proposal, blockNumber, isRecorded: true };
}
