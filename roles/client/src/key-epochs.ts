import { verifyBrokerRecognised } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, facts, newestEpoch, newestEpochs, parseContractPolicy, type FactList, type FactReader, type FactUpdate } from '@selvedge/policy';
import { BrokerRootSchema, encodeMessage } from '@selvedge/protocol';
import { fetchBrokerStatement, fetchKeyCommitments, type BrokerToAsk } from './administration.js';

/** What is to lose its standing. */
export interface Revocation {
  readonly nodes: readonly string[];
  readonly platforms: readonly Uint8Array[];
  readonly measurements: readonly Uint8Array[];
  /** contract: a contract's name, or CHANNEL_EPOCH for the envelope keys. */
  readonly epochs: readonly { readonly contract: string; readonly epoch: bigint }[];
  /** Stands on the ledger, for everybody to read. */
  readonly reason: string;
}

/**
 * Facts that open the next epoch of these keys: what a rotation records. Keys of the present epoch stay in use for
 * requests that are under way, and for reading.
 * Rejects with KEY_EPOCH_UNKNOWN for a contract without keys, with what fetchBrokerStatement and fetchKeyCommitments reject with.
 * @param of names of contracts, and CHANNEL_EPOCH for the envelope keys
 */
export async function openNextEpochs(broker: BrokerToAsk, ledger: FactList, of: readonly string[]): Promise<FactUpdate[]> {
  const updates: FactUpdate[] = [];
  for (const name of [...new Set(of)]) {
    const epoch = newestEpoch(ledger, name) + 1n;
    if (epoch === 1n) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `${name} has no keys on the ledger yet`, { role: 'client' });
    const value = name === CHANNEL_EPOCH ? await nextEnvelopeKeys(broker, ledger, epoch) : await nextContractKeys(broker, ledger, name, epoch);
    updates.push({ key: facts.epoch(name, epoch), value });
  }
  return updates;
}

/**
 * Facts of a revocation, with new epochs of every key that the revoked party may hold: for a node, platform or measurement
 * all keys of the channel, because the ledger does not tell which contracts it was assigned before; for an epoch the next
 * one of those keys, when it is the newest.
 * Rejects with KEY_EPOCH_UNKNOWN for an epoch that the ledger does not hold, and as openNextEpochs.
 */
export async function revokeParties(broker: BrokerToAsk, ledger: FactList, revocation: Revocation): Promise<FactUpdate[]> {
  const { nodes, platforms, measurements, epochs, reason } = revocation;
  const parties = [...nodes.map(facts.revokedNode), ...platforms.map(facts.revokedPlatform), ...measurements.map(facts.revokedMeasurement)];
  const unknown = epochs.find(({ contract, epoch }) => ledger.fact(facts.epoch(contract, epoch)) === undefined);
  if (unknown !== undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `epoch ${String(unknown.epoch)} of ${unknown.contract} is not on the ledger`, { role: 'client' });
  const ended = epochs.filter(({ contract, epoch }) => epoch === newestEpoch(ledger, contract)).map(({ contract }) => contract);
  const keys = [...parties, ...epochs.map(({ contract, epoch }) => facts.revokedEpoch(contract, epoch))];
  const value = new Uint8Array(Buffer.from(reason));
  const exposed = parties.length === 0 ? ended : newestEpochs(ledger).map(({ contract }) => contract);
  return [...keys.map((key) => ({ key, value })), ...(await openNextEpochs(broker, ledger, exposed))];
}

async function nextEnvelopeKeys(broker: BrokerToAsk, ledger: FactReader, epoch: bigint): Promise<Uint8Array> {
  const { rootCertificate, nextEnvelopeKeys: keys } = await fetchBrokerStatement({ ...broker, ledger });
  verifyBrokerRecognised(ledger, rootCertificate);
  if (keys.length === 0 || keys.some((key) => key.epoch !== epoch)) throw new SelvedgeError('VIEW_BEHIND', `the key broker does not offer envelope epoch ${String(epoch)} yet; try again`, { role: 'client' });
  return encodeMessage(BrokerRootSchema, { rootCertificate, envelopeKeys: keys.map(({ suite, epoch: ofKey, publicKey }) => ({ suite, epoch: ofKey, publicKey })) });
}

function nextContractKeys({ connectionProfile }: BrokerToAsk, ledger: FactReader, contract: string, epoch: bigint): Promise<Uint8Array> {
  const policy = ledger.fact(facts.contract(contract));
  if (policy === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`, { role: 'client' });
  return fetchKeyCommitments({ connectionProfile, ledger, contract, suite: parseContractPolicy(policy).suite, epoch });
}
