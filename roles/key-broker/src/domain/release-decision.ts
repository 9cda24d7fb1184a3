import { verifyBrokerRecognised, verifyCommittedKeys, verifyTeeNotRevoked, type CommittedKeys } from '@selvedge/attestation';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { CHANNEL_EPOCH, facts, isEpochUsable, parseContractPolicy, viewingRights, type FactReader, type Profile } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import type { AuthorisedRequest } from './authorise.js';
import { listedEpochs, usableChannelEpochs, verifyRecordedEnvelopeKey } from './epochs.js';
import type { KeyRing } from './key-derivation.js';

/** The part of a ledger view that decisions rest on. */
export type LedgerFacts = FactReader & Pick<LedgerView, 'keys' | 'profile' | 'height'>;

/** What may be released to a node: names and epochs, no keys yet. */
export interface ReleaseDecision {
  /** Channel epoch of the certificate: the newest on the ledger. */
  readonly channelEpoch: bigint;
  /** Channel epochs whose envelope keys go along, ascending. */
  readonly envelopeEpochs: readonly bigint[];
  readonly contracts: readonly ReleasedContract[];
}

export interface ReleasedContract {
  readonly contract: string;
  readonly suite: string;
  readonly epochs: readonly bigint[];
  readonly purposes: readonly KeyPurpose[];
}

/** What a contract's key is for, by its field in a release. */
export type KeyPurpose = keyof CommittedKeys;

const ALL_PURPOSES: readonly KeyPurpose[] = ['dataKey', 'nameKey', 'randomKey', 'gateKey', 'eventKey'];
/** A viewer opens what is stored: it has no use for what contracts run with. */
const STATE_PURPOSES: readonly KeyPurpose[] = ['dataKey', 'nameKey'];
const EVENT_PURPOSES: readonly KeyPurpose[] = ['eventKey'];

export interface ReleaseInput {
  readonly request: AuthorisedRequest;
  readonly ledger: LedgerFacts;
  readonly ring: KeyRing;
  /** DER. */
  readonly rootCertificate: Uint8Array;
  /** The broker's own. */
  readonly profile: Profile;
}

/**
 * Decides by the ledger what an authorised node receives.
 * Throws PROFILE_MISMATCH, BROKER_NOT_RECOGNISED, TEE_REVOKED, ENVELOPE_EPOCH_REVOKED, BROKER_STATE_MISMATCH.
 */
export function decideRelease(input: ReleaseInput): ReleaseDecision {
  const { request, ledger, ring, rootCertificate, profile } = input;
  verifyProfileCurrent(ledger, profile);
  verifyBrokerRecognised(ledger, rootCertificate);
  if (ledger.fact(facts.revokedNode(request.nodeId)) !== undefined) throw new SelvedgeError('TEE_REVOKED', 'the node is revoked');
  verifyTeeNotRevoked(ledger, request.attestation);
  const channelEpoch = currentChannelEpoch(ledger);
  const envelopeEpochs = usableChannelEpochs(ledger);
  for (const epoch of envelopeEpochs) verifyRecordedEnvelopeKey(ledger, ring, request.suite, epoch);
  // A viewer opens no client's request.
  return { channelEpoch, envelopeEpochs: request.role === 'viewer' ? [] : envelopeEpochs, contracts: assignedContracts(input) };
}

/** A broker behind the ledger releases nothing. Throws PROFILE_MISMATCH. */
export function verifyProfileCurrent(ledger: LedgerFacts, profile: Profile): void {
  const recorded = String(ledger.profile.message.version);
  const own = String(profile.message.version);
  if (!equalBytes(ledger.profile.digest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', `the key broker runs with profile version ${own}, the ledger holds ${recorded}`);
}

function currentChannelEpoch(ledger: FactReader): bigint {
  const epoch = listedEpochs(ledger, CHANNEL_EPOCH).at(-1);
  if (epoch === undefined) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'the ledger lists no epoch of the channel yet');
  if (isEpochUsable(ledger, CHANNEL_EPOCH, epoch) !== 'usable') throw new SelvedgeError('ENVELOPE_EPOCH_REVOKED', 'the channel’s newest epoch is revoked; open a new one');
  return epoch;
}

function assignedContracts(input: ReleaseInput): ReleaseDecision['contracts'] {
  const { request, ledger } = input;
  return ledger
    .keys(facts.contract(''))
    .map((key) => parseContractPolicy(ledger.fact(key) ?? new Uint8Array(0)))
    .map((policy) => ({ policy, purposes: releasablePurposes(policy, request) }))
    .filter(({ purposes }) => purposes.length > 0)
    .map(({ policy, purposes }) => ({ contract: policy.name, suite: policy.suite, epochs: releasableEpochs(policy, input), purposes }))
    .filter(({ epochs }) => epochs.length > 0);
}

/** Keys of a contract that a node has a use for, by its role: as one that runs it, or as the viewer of an organisation. */
function releasablePurposes(policy: ContractPolicy, { role, suite, nodeId, operatorMspId }: AuthorisedRequest): readonly KeyPurpose[] {
  // A node signs with the keys of one suite, so contracts of another are of no use to it.
  if (policy.suite !== suite) return [];
  if (role === 'viewer') {
    const { state, events } = viewingRights(policy, operatorMspId);
    return [...(state ? STATE_PURPOSES : []), ...(events ? EVENT_PURPOSES : [])];
  }
  const isAssigned = policy.assignedNodes.length === 0 || policy.assignedNodes.includes(nodeId);
  return isAssigned ? ALL_PURPOSES : [];
}

/** Old epochs go along, because what was written under them must stay readable; revoked ones never do. */
function releasableEpochs({ name: contract, suite }: ContractPolicy, { ledger, ring, rootCertificate }: ReleaseInput): bigint[] {
  return listedEpochs(ledger, contract).filter((epoch) => {
    if (isEpochUsable(ledger, contract, epoch) === 'revoked') return false;
    const fact = ledger.fact(facts.epoch(contract, epoch)) ?? new Uint8Array(0);
    verifyCommittedKeys({ fact, rootCertificate, contract, epoch, keys: ring.contractKeys(contract, suite, epoch) });
    return true;
  });
}
