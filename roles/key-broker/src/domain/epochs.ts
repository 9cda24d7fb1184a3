import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { recordedEnvelopeKeys } from '@selvedge/attestation';
import { CHANNEL_EPOCH, facts, isEpochUsable, type FactReader } from '@selvedge/policy';
import type { KeyRing } from './key-derivation.js';

/** The epochs that the ledger lists for a contract, or for the channel: 1 to the highest, ascending. */
export function listedEpochs(ledger: FactReader, contract: string): bigint[] {
  const epochs: bigint[] = [];
  for (let epoch = 1n; ledger.fact(facts.epoch(contract, epoch)) !== undefined; epoch += 1n) epochs.push(epoch);
  return epochs;
}

/** Channel epochs that are current or previous, and not revoked; ascending. */
export function usableChannelEpochs(ledger: FactReader): bigint[] {
  return listedEpochs(ledger, CHANNEL_EPOCH).filter((epoch) => isEpochUsable(ledger, CHANNEL_EPOCH, epoch) === 'usable');
}

/** Throws BROKER_STATE_MISMATCH unless the ledger's record of an epoch holds this broker's envelope key of the suite. */
export function verifyRecordedEnvelopeKey(ledger: FactReader, ring: KeyRing, suite: string, epoch: bigint): void {
  const recorded = recordedEnvelopeKeys(ledger, epoch).find((record) => record.suite === suite);
  if (recorded === undefined || !equalBytes(recorded.publicKey, ring.envelopeKey(suite, epoch).publicKey)) {
    throw new SelvedgeError('BROKER_STATE_MISMATCH', `the envelope key of epoch ${String(epoch)} on the ledger is not this broker’s`);
  }
}
