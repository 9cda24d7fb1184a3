import { verifyBrokerRecognised, verifyCommittedKeys, verifyCommittedNameKey, verifyTeeNotRevoked, type CommittedKeys } from '@selvedge/attestation';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { CHANNEL_EPOCH, describeDenial, facts, FIRST_NAME_EPOCH, isEpochUsable, keyAccess, keyAccessDenied, namesToHold, parseContractPolicy, profileDenial, readContractNames, type FactReader, type KeyAccessDenial, type Profile } from '@selvedge/policy';
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
  /** Of each contract that it has a use for and may have no key of: which rules say so. */
  readonly denied: readonly string[];
}

export interface ReleasedContract {
  readonly contract: string;
  readonly suite: string;
  readonly epochs: readonly bigint[];
  /** Epochs of the name key after the first, ascending. */
  readonly laterNames: readonly bigint[];
  readonly purposes: readonly KeyPurpose[];
}

/** What a contract's key is for, by its field in a release. */
export type KeyPurpose = keyof CommittedKeys;

const ALL_PURPOSES: readonly KeyPurpose[] = ['dataKey', 'nameKey', 'randomKey', 'gateKey', 'eventKey'];
/** A viewer opens what is stored: it has no use for what contracts run with. */
const VIEWER_KEYS = { state: ['dataKey', 'nameKey'], events: ['eventKey'] } as const satisfies Record<string, readonly KeyPurpose[]>;

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
 * Throws PROFILE_MISMATCH, BROKER_NOT_RECOGNISED, TEE_REVOKED, ENVELOPE_EPOCH_REVOKED, BROKER_STATE_MISMATCH; KEY_ACCESS_DENIED
 * for whoever may have no contract's keys, since it has no use for any other.
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
  const { granted, denied } = judgeContracts(input);
  // A viewer opens no client's request.
  return { channelEpoch, envelopeEpochs: request.role === 'viewer' ? [] : envelopeEpochs, contracts: releasable(granted, input), denied: denied.map(({ contract, denial }) => `${contract}: ${describeDenial(denial)}`) };
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

/** What a node may have of a contract. */
interface Grant {
  readonly policy: ContractPolicy;
  readonly purposes: readonly KeyPurpose[];
}

interface Judgement {
  readonly granted: readonly Grant[];
  readonly denied: readonly { readonly contract: string; readonly denial: KeyAccessDenial }[];
}

/** Contracts of every suite: a node asks once for each of its suites, and is not refused in one for having no use for it. */
function judgeContracts({ request, ledger, profile }: ReleaseInput): Judgement {
  const granted: Grant[] = [];
  const denied: { contract: string; denial: KeyAccessDenial }[] = [];
  for (const key of ledger.keys(facts.contract(''))) {
    const policy = parseContractPolicy(ledger.fact(key) ?? new Uint8Array(0));
    const access = keyAccess(request, { profile: profile.message, policy });
    if (access === undefined) continue;
    if ('denial' in access) denied.push({ contract: policy.name, denial: access.denial });
    else granted.push({ policy, purposes: request.role === 'viewer' ? access.purposes.flatMap((purpose) => VIEWER_KEYS[purpose]) : ALL_PURPOSES });
  }
  const [first] = denied;
  if (granted.length > 0) return { granted, denied };
  if (first !== undefined) throw keyAccessDenied(first.contract, first.denial);
  const denial = profileDenial(request, profile.message);
  if (denial !== undefined) throw keyAccessDenied(undefined, denial);
  return { granted, denied };
}

function releasable(granted: readonly Grant[], input: ReleaseInput): ReleaseDecision['contracts'] {
  return granted
    // A node signs with the keys of one suite, so contracts of another are of no use to it.
    .filter(({ policy }) => policy.suite === input.request.suite)
    .map(({ policy, purposes }) => ({ contract: policy.name, suite: policy.suite, epochs: releasableEpochs(policy, input), laterNames: purposes.includes('nameKey') ? releasableNames(policy, input) : [], purposes }))
    .filter(({ epochs }) => epochs.length > 0);
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

/** Names that were current go along, because histories go on under them; those of a migration that was given up do not, once they are cleared. */
function releasableNames({ name: contract, suite }: ContractPolicy, { ledger, ring, rootCertificate }: ReleaseInput): bigint[] {
  const names = readContractNames(ledger, contract);
  const later = namesToHold(names).filter((epoch) => epoch > FIRST_NAME_EPOCH);
  for (const epoch of later) verifyCommittedNameKey({ names, rootCertificate, contract, epoch, nameKey: ring.nameKey(contract, suite, epoch) });
  return later;
}
