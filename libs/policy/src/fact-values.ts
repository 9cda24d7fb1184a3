import { X509Certificate } from 'node:crypto';
import { equalBytes, isP256SignatureValid } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { BrokerRootSchema, KeyCommitmentsSchema, LIMITS, SignedKeyCommitmentsSchema, parseMessage, signing, type BrokerRoot, type KeyCommitments, type PublicKeyRecord } from '@selvedge/protocol';
import { parseContractPolicy } from './contract-policy.js';
import { CHANNEL_EPOCH, facts, FIRST_KEY_EPOCH, type FactReader } from './facts.js';
import { isNameStep, parseContractNames, parseNameKeyCommitment, readContractNames } from './name-keys.js';
import { isUnique } from './names.js';
import type { Profile } from './profile.js';
import { isCertificate } from './profile-checks.js';

const KEY_COMMITMENT_BYTES = 32;
const MAX_PUBLIC_KEY_BYTES = 256;

const malformed = (what: string): SelvedgeError => new SelvedgeError('POLICY_MALFORMED', what);

/** Parses a BrokerRoot: the broker's root certificate and envelope keys of allowed suites. Throws POLICY_MALFORMED. */
export function checkBrokerRoot(value: Uint8Array, profile: Profile): BrokerRoot {
  const root = parse(() => parseMessage(BrokerRootSchema, value, LIMITS.maxFactBytes), 'broker root');
  if (!isCertificate(root.rootCertificate)) throw malformed('broker root: not a DER certificate');
  for (const key of root.envelopeKeys) checkEnvelopeKey(key, profile);
  if (!isUnique(root.envelopeKeys.map((key) => `${key.suite}/${String(key.epoch)}`))) throw malformed('broker root: two envelope keys of one suite and epoch');
  return root;
}

function checkEnvelopeKey(key: PublicKeyRecord, profile: Profile): void {
  if (!profile.message.allowedSuites.includes(key.suite)) throw malformed('envelope key: its suite is not allowed by the network profile');
  if (key.publicKey.length === 0 || key.publicKey.length > MAX_PUBLIC_KEY_BYTES) throw malformed('envelope key: length');
}

/**
 * Checks the value of an epoch's fact against the facts as they will be: envelope keys for the channel, commitments
 * signed by the broker's root for a contract. Throws POLICY_MALFORMED.
 */
export function checkEpoch(key: { readonly contract: string; readonly epoch: bigint }, value: Uint8Array, after: FactReader, profile: Profile): void {
  if (key.epoch > 1n && after.fact(facts.epoch(key.contract, key.epoch - 1n)) === undefined) throw malformed('epoch: the one before it is not recorded');
  if (key.contract === CHANNEL_EPOCH) checkChannelEpoch(key.epoch, value, after, profile);
  else checkContractEpoch(key, value, after);
}

function checkChannelEpoch(epoch: bigint, value: Uint8Array, after: FactReader, profile: Profile): void {
  const { envelopeKeys, rootCertificate } = checkBrokerRoot(value, profile);
  if (envelopeKeys.length === 0) throw malformed('channel epoch: no envelope key');
  if (envelopeKeys.some((key) => key.epoch !== epoch)) throw malformed('channel epoch: an envelope key of another epoch');
  if (!equalBytes(rootCertificate, recordedRoot(after))) throw malformed('channel epoch: not of the recorded key broker');
}

function checkContractEpoch({ contract, epoch }: { readonly contract: string; readonly epoch: bigint }, value: Uint8Array, after: FactReader): void {
  const { message, signature, bytes } = parseCommitments(value);
  if (message.contract !== contract) throw malformed('epoch: key commitments of another contract');
  if (message.epoch !== epoch) throw malformed('epoch: key commitments of another epoch');
  const lengths = [message.dataKey, message.nameKey, message.randomKey, message.gateKey, message.eventKey].map((commitment) => commitment.length);
  if (lengths.some((length) => length !== KEY_COMMITMENT_BYTES)) throw malformed('epoch: a key commitment has 32 bytes');
  const { publicKey } = new X509Certificate(recordedRoot(after));
  if (!isP256SignatureValid(publicKey, signing.keyCommitments(bytes), signature)) throw malformed('epoch: not signed by the recorded key broker');
  const previous = after.fact(facts.epoch(contract, epoch - 1n));
  if (previous === undefined) return;
  // Data keys and names have epochs of their own: this is the first name key, whatever migrations came later.
  if (!equalBytes(parseCommitments(previous).message.nameKey, message.nameKey)) throw malformed('epoch: the name key changes without a migration');
}

/**
 * Checks the value of a contract's name-keys fact: one step of a migration after the value before it, none towards other names where
 * the contract takes a collection over, and a name key that it opens is committed to by the broker's root. Throws POLICY_MALFORMED.
 */
export function checkNameKeys(contract: string, value: Uint8Array, before: FactReader, after: FactReader): void {
  if (after.fact(facts.epoch(contract, FIRST_KEY_EPOCH)) === undefined) throw malformed('name keys: the contract has no keys');
  const names = parse(() => parseContractNames(value), 'name keys');
  const previous = parse(() => readContractNames(before, contract), 'name keys');
  if (!isNameStep(previous, names)) throw malformed('name keys: not the next step of a migration');
  if (names.phase === 'copying' || names.current !== previous.current) verifyTakesNothingOver(contract, after);
  const opened = names.commitments.at(-1);
  if (names.newest === previous.newest || opened === undefined) return;
  const { message, bytes, signature } = parse(() => parseNameKeyCommitment(opened), 'name key commitment');
  if (message.contract !== contract) throw malformed('name keys: a commitment of another contract');
  if (message.epoch !== names.newest) throw malformed('name keys: a commitment of another epoch');
  if (message.nameKey.length !== KEY_COMMITMENT_BYTES) throw malformed('name keys: a key commitment has 32 bytes');
  const { publicKey } = new X509Certificate(recordedRoot(after));
  if (!isP256SignatureValid(publicKey, signing.nameKeyCommitment(bytes), signature)) throw malformed('name keys: not signed by the recorded key broker');
}

/** Keys that have moved have packets under the present names alone: under others they would read as absent, or with their old values. */
function verifyTakesNothingOver(contract: string, after: FactReader): void {
  const policy = after.fact(facts.contract(contract));
  const taken = policy && parseContractPolicy(policy).datasets.find(({ takesOver }) => takesOver);
  if (taken !== undefined) throw malformed(`name keys: dataset ${taken.name} takes a collection over, and its names cannot be migrated`);
}

function parseCommitments(value: Uint8Array): { readonly message: KeyCommitments; readonly bytes: Uint8Array; readonly signature: Uint8Array } {
  return parse(() => {
    const { commitments: bytes, signature } = parseMessage(SignedKeyCommitmentsSchema, value, LIMITS.maxFactBytes);
    return { message: parseMessage(KeyCommitmentsSchema, bytes, LIMITS.maxFactBytes), bytes, signature };
  }, 'key commitments');
}

function recordedRoot(after: FactReader): Uint8Array {
  const value = after.fact(facts.brokerRoot);
  if (value === undefined) throw malformed('epoch: no key broker is recorded');
  return parse(() => parseMessage(BrokerRootSchema, value, LIMITS.maxFactBytes), 'broker root').rootCertificate;
}

function parse<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (cause) {
    throw new SelvedgeError('POLICY_MALFORMED', `${what}: does not parse, or is too large`, { cause });
  }
}
