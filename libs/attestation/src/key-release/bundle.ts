import { equalBytes, suiteByName } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, facts, isEpochUsable, parseContractPolicy, readContractNames, type FactReader } from '@selvedge/policy';
import { BrokerRootSchema, LIMITS, parseMessage, type ContractKeys, type EnvelopeKey, type EpochKeys, type EpochNameKey, type PublicKeyRecord } from '@selvedge/protocol';
import { verifyCommittedKeys, verifyCommittedNameKey, type CommittedKeys } from '../key-commitments.js';

const EMPTY = new Uint8Array(0);
const PROBE = Buffer.from('selvedge envelope key probe');

/**
 * Envelope keys whose epoch is usable, each checked against its record on the ledger. HPKE's base mode does not say who
 * sealed a bundle; the ledger's records do.
 * Throws BROKER_STATE_MISMATCH, UNKNOWN_SUITE.
 */
export function verifyEnvelopeKeys(keys: readonly EnvelopeKey[], ledger: FactReader): EnvelopeKey[] {
  const usable = keys.filter((key) => isEpochUsable(ledger, CHANNEL_EPOCH, key.epoch) === 'usable');
  for (const key of usable) {
    if (!isRecordedEnvelopeKey(key, ledger)) throw new SelvedgeError('BROKER_STATE_MISMATCH', `envelope key of epoch ${String(key.epoch)} is not the recorded one`);
    if (!isKeyPair(key)) throw new SelvedgeError('BROKER_STATE_MISMATCH', `envelope key of epoch ${String(key.epoch)}: its halves do not belong together`);
  }
  return usable;
}

/** Public envelope keys that the ledger records for a channel epoch; none when it does not list the epoch. */
export function recordedEnvelopeKeys(ledger: FactReader, epoch: bigint): readonly PublicKeyRecord[] {
  const fact = ledger.fact(facts.epoch(CHANNEL_EPOCH, epoch));
  if (fact === undefined) return [];
  return parseMessage(BrokerRootSchema, fact, LIMITS.maxFactBytes).envelopeKeys.filter((record) => record.epoch === epoch);
}

function isRecordedEnvelopeKey(key: EnvelopeKey, ledger: FactReader): boolean {
  return recordedEnvelopeKeys(ledger, key.epoch).some((record) => record.suite === key.suite && equalBytes(record.publicKey, key.publicKey));
}

function isKeyPair({ suite: name, publicKey, privateKey }: EnvelopeKey): boolean {
  const suite = suiteByName(name);
  try {
    const { enc, ciphertext } = suite.hpkeSeal(publicKey, EMPTY, EMPTY, PROBE);
    return equalBytes(suite.hpkeOpen({ publicKey, privateKey }, enc, EMPTY, EMPTY, ciphertext), PROBE);
  } catch (error) {
    if (error instanceof RangeError || isSelvedgeError(error, 'DECRYPT_FAILED')) return false;
    throw error;
  }
}

/** What a bundle's contract keys are checked against. */
export interface BundleContext {
  readonly ledger: FactReader;
  readonly rootCertificate: Uint8Array;
  /** Whether every purpose's key must be there, or those alone that the node's role has a use for. */
  readonly purposes: 'all' | 'some';
}

/**
 * Contract keys whose epochs this view of the ledger lists, each checked against its commitments. Contracts and epochs
 * that the view does not list yet are left out: the broker's own view may be ahead, and the node asks again when it
 * notices them.
 * Throws BROKER_STATE_MISMATCH, SIGNATURE_INVALID.
 */
export function verifyContractKeys(contracts: readonly ContractKeys[], context: BundleContext): ContractKeys[] {
  return contracts
    .filter((keys) => isApproved(keys, context.ledger))
    .map((keys) => ({ ...keys, epochs: keys.epochs.filter((epoch) => isCommitted(keys, epoch, context)), laterNameKeys: keys.laterNameKeys.filter((later) => isNameCommitted(keys.contract, later, context)) }))
    .filter((keys) => keys.epochs.length > 0);
}

function isApproved({ contract, suite }: ContractKeys, ledger: FactReader): boolean {
  const fact = ledger.fact(facts.contract(contract));
  if (fact === undefined) return false;
  // The commitments do not cover the suite; the contract's policy does.
  if (parseContractPolicy(fact).suite !== suite) throw new SelvedgeError('BROKER_STATE_MISMATCH', `keys of contract ${contract} are of another suite`);
  return true;
}

function isCommitted(keys: ContractKeys, epochKeys: EpochKeys, { ledger, rootCertificate, purposes }: BundleContext): boolean {
  const { contract, nameKey } = keys;
  const { epoch, dataKey, randomKey, gateKey, eventKey } = epochKeys;
  const fact = ledger.fact(facts.epoch(contract, epoch));
  if (fact === undefined || isEpochUsable(ledger, contract, epoch) === 'revoked') return false;
  const all: CommittedKeys = { dataKey, nameKey, randomKey, gateKey, eventKey };
  verifyCommittedKeys({ fact, rootCertificate, contract, epoch, keys: purposes === 'all' ? all : presentKeys(all) });
  return true;
}

function isNameCommitted(contract: string, { epoch, nameKey }: EpochNameKey, { ledger, rootCertificate }: BundleContext): boolean {
  const names = readContractNames(ledger, contract);
  if (epoch > names.newest) return false;
  verifyCommittedNameKey({ names, rootCertificate, contract, epoch, nameKey });
  return true;
}

function presentKeys(keys: CommittedKeys): Partial<CommittedKeys> {
  return Object.fromEntries(Object.entries<Uint8Array>({ ...keys }).filter(([, key]) => key.length > 0));
}
