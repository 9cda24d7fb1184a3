import { verifyBrokerRecognised } from '@selvedge/attestation';
import { equalBytes, type SuiteName, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, facts, isEpochUsable, type FactReader } from '@selvedge/policy';
import { BrokerRootSchema, compareText, LIMITS, parseMessage, type BrokerStatement, type PublicEnvelopeKey } from '@selvedge/protocol';

/** The keys to seal to, out of evidence that was verified and compared with the ledger. */
export interface TrustedEnvelope {
  /** The newest envelope key of each suite. */
  readonly keys: ReadonlyMap<SuiteName, { readonly epoch: bigint; readonly publicKey: Uint8Array }>;
  /** The newest key epoch of each contract. */
  readonly contractEpochs: ReadonlyMap<string, bigint>;
}

/**
 * Accepts a broker's statement whose evidence was verified (verifyEnvelopeEvidence): it must be of the broker on the
 * ledger, with the envelope keys on the ledger, and never older than what was accepted before.
 * Throws BROKER_NOT_RECOGNISED, BROKER_STATE_MISMATCH, ENVELOPE_EPOCH_REVOKED, UNKNOWN_SUITE, or VIEW_BEHIND while the
 * broker lags behind the ledger.
 */
export function acceptBrokerStatement(
  statement: BrokerStatement,
  context: { readonly ledger: FactReader; readonly previous: TrustedEnvelope | undefined },
): TrustedEnvelope {
  const { ledger, previous } = context;
  verifyBrokerRecognised(ledger, statement.rootCertificate);
  for (const key of statement.envelopeKeys) verifyRecorded(key, ledger);
  const keys = newestKeys(statement.envelopeKeys.filter(({ epoch }) => isEpochUsable(ledger, CHANNEL_EPOCH, epoch) === 'usable'));
  if (keys.size === 0) throw refuse('ENVELOPE_EPOCH_REVOKED', 'the broker offers no envelope key of a current epoch');
  for (const [suite, key] of previous?.keys ?? []) requireNotOlder(`envelope epoch of suite ${suite}`, keys.get(suite)?.epoch, key.epoch);
  const contractEpochs = newestEpochs(statement.contracts);
  for (const [contract, epoch] of previous?.contractEpochs ?? []) requireNotOlder(`key epoch of contract ${contract}`, contractEpochs.get(contract), epoch);
  const accepted = { keys, contractEpochs };
  if (!isEnvelopeCurrent(accepted, ledger)) throw refuse('VIEW_BEHIND', 'the key broker has not seen the newest key epochs on the ledger yet');
  return accepted;
}

/**
 * Whether the ledger holds no newer epoch of any key. Where one was opened by a revocation, the revoked party holds the
 * older ones, so nothing new is sealed to them.
 */
export function isEnvelopeCurrent({ keys, contractEpochs }: TrustedEnvelope, ledger: FactReader): boolean {
  const isNewest = (name: string, epoch: bigint): boolean => ledger.fact(facts.epoch(name, epoch + 1n)) === undefined;
  return [...keys.values()].every(({ epoch }) => isNewest(CHANNEL_EPOCH, epoch)) && [...contractEpochs].every(([contract, epoch]) => isNewest(contract, epoch));
}

/**
 * Epoch of a contract's keys for new writes: the newest that the broker has and the ledger admits. The broker may be
 * one ahead of the ledger while an epoch is being opened. Throws KEY_EPOCH_UNKNOWN.
 */
export function chooseKeyEpoch(envelope: TrustedEnvelope, ledger: FactReader, contract: string): bigint {
  const epoch = usableEpoch(envelope, ledger, contract);
  if (epoch === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `the key broker has no usable keys of contract ${contract} yet`, { role: 'client' });
  return epoch;
}

/**
 * Epochs of the channel's other contracts, which an invoked one may call: the request fixes them for all replicas alike.
 * A contract without a usable epoch yet is left out, as is what comes after LIMITS.maxCalledContracts in order of the
 * names: a compute node refuses to call them.
 */
export function chooseCalledEpochs(envelope: TrustedEnvelope, ledger: FactReader, invoked: string): ReadonlyMap<string, bigint> {
  const epochs = new Map<string, bigint>();
  for (const contract of [...envelope.contractEpochs.keys()].sort(compareText)) {
    if (contract === invoked || epochs.size === LIMITS.maxCalledContracts) continue;
    const epoch = usableEpoch(envelope, ledger, contract);
    if (epoch !== undefined) epochs.set(contract, epoch);
  }
  return epochs;
}

function usableEpoch(envelope: TrustedEnvelope, ledger: FactReader, contract: string): bigint | undefined {
  const newest = envelope.contractEpochs.get(contract) ?? 0n;
  return [newest, newest - 1n].find((candidate) => candidate > 0n && isEpochUsable(ledger, contract, candidate) === 'usable');
}

/** An epoch that the ledger does not know yet is left out later; one that it knows must have the recorded key. */
function verifyRecorded({ suite, epoch, publicKey }: PublicEnvelopeKey, ledger: FactReader): void {
  const recorded = ledger.fact(facts.epoch(CHANNEL_EPOCH, epoch));
  if (recorded === undefined) return;
  const { envelopeKeys } = parseMessage(BrokerRootSchema, recorded, LIMITS.maxFactBytes);
  const isRecorded = envelopeKeys.some((entry) => entry.suite === suite && entry.epoch === epoch && equalBytes(entry.publicKey, publicKey));
  if (!isRecorded) throw refuse('BROKER_STATE_MISMATCH', `the broker's envelope key of suite ${suite}, epoch ${String(epoch)}, is not the one on the ledger`);
}

function newestKeys(list: readonly PublicEnvelopeKey[]): Map<SuiteName, { epoch: bigint; publicKey: Uint8Array }> {
  const newest = new Map<SuiteName, { epoch: bigint; publicKey: Uint8Array }>();
  for (const { suite, epoch, publicKey } of list) {
    const { name } = suiteByName(suite);
    if (epoch > (newest.get(name)?.epoch ?? -1n)) newest.set(name, { epoch, publicKey });
  }
  return newest;
}

function newestEpochs(list: readonly { contract: string; epoch: bigint }[]): Map<string, bigint> {
  const newest = new Map<string, bigint>();
  for (const { contract, epoch } of list) {
    if (epoch > (newest.get(contract) ?? -1n)) newest.set(contract, epoch);
  }
  return newest;
}

function requireNotOlder(what: string, offered: bigint | undefined, seen: bigint): void {
  if (offered === undefined || offered < seen) {
    throw refuse('BROKER_STATE_MISMATCH', `${what}: the broker offers ${offered === undefined ? 'none' : String(offered)}, ${String(seen)} was seen before`);
  }
}

function refuse(code: 'BROKER_STATE_MISMATCH' | 'ENVELOPE_EPOCH_REVOKED' | 'VIEW_BEHIND', message: string): SelvedgeError {
  return new SelvedgeError(code, message, { role: 'client' });
}
