import { verifyTeeCertificate, type TeeCertificate } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { readBrokerRoot, verifyKeyAccess, verifyTeeStanding, type FactReader, type Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, requireAtMost, requireLength, signing, StateQuerySchema, type SignedStateQuery, type StateQuery } from '@selvedge/protocol';
import { readContractDatasets, type ContractDatasets } from './contract-datasets.js';

/** What a state query is judged against. */
export interface QueryContext {
  readonly facts: FactReader;
  readonly profile: Profile;
  /** This node's organisation. */
  readonly mspId: string;
  /** May only make the node refuse. */
  readonly at: Date;
}

const NONCE_BYTES = 16;
const CHANNEL_ID_BYTES = 16;

/**
 * Packets go to attested readers only: a state query is signed by a compute node in good standing, or this organisation's viewer, is meant for this
 * node, and asks for its own datasets. Returns the query. Throws TEE_*, SIGNATURE_INVALID, WRONG_NETWORK,
 * WRONG_CHANNEL, WRONG_RECIPIENT, CONTRACT_UNKNOWN, KEY_ACCESS_DENIED, OWNER_SET_MISMATCH, DATASET_NOT_HELD,
 * MALFORMED_MESSAGE or LIMIT_EXCEEDED.
 */
export function verifyStateQuery(signed: SignedStateQuery, context: QueryContext): StateQuery {
  const { network, channel } = context.profile.message;
  const certificate = verifyTeeCertificate(signed.certificate, readBrokerRoot(context.facts).rootCertificate);
  verifyWithinValidity(certificate, context.at);
  verifyReader(certificate, context);
  verifyQuerySignature(certificate, signed);
  const query = parseMessage(StateQuerySchema, signed.query, LIMITS.maxMessageBytes);
  verifyShape(query);
  if (query.network !== network) throw new SelvedgeError('WRONG_NETWORK', 'the query is for another network');
  if (query.channel !== channel) throw new SelvedgeError('WRONG_CHANNEL', 'the query is for another channel');
  if (query.recipient !== context.mspId) throw new SelvedgeError('WRONG_RECIPIENT', `the query is for ${query.recipient}, this is ${context.mspId}`);
  const contract = readContractDatasets(context.facts, query.contract);
  verifyKeyAccess(certificate.binding, { profile: context.profile.message, policy: contract.policy });
  for (const point of query.points) verifyOwnDataset(point, contract, context.mspId);
  for (const point of query.points) verifyTakesOver(point, contract);
  for (const set of query.sets) verifyOwnDataset(set, contract, context.mspId);
  for (const guard of query.guards) verifyOwnDataset(guard, contract, context.mspId);
  for (const history of query.histories) verifyOwnDataset(history, contract, context.mspId);
  return query;
}

/** Whether a query asks for values that are kept in plaintext: of datasets in that mode, or of collections that are taken over. Guards, histories and packets hold none. */
export function asksForPlaintext(query: StateQuery, facts: FactReader): boolean {
  const { datasets } = readContractDatasets(facts, query.contract);
  if (query.points.some(({ legacyKeyHash }) => legacyKeyHash.length > 0)) return true;
  return [...query.points, ...query.sets.filter(({ asPackets }) => !asPackets)].some(({ dataset }) => datasets.get(dataset)?.isPlaintext === true);
}

/** A compute node of whomever, or the viewer of this node's own organisation. */
function verifyReader({ binding }: TeeCertificate, { facts, profile, mspId }: QueryContext): void {
  const { network, channel } = profile.message;
  const isOwnViewer = binding.role === 'viewer' && binding.operatorMspId === mspId;
  verifyTeeStanding(facts, binding, { network, channel, role: isOwnViewer ? 'viewer' : 'compute' });
}

function verifyWithinValidity(certificate: TeeCertificate, at: Date): void {
  if (at < certificate.notBefore) throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'the certificate is not valid yet by this node’s clock');
  if (at > certificate.notAfter) throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'the certificate has ended by this node’s clock');
}

function verifyQuerySignature({ suite, publicKey }: TeeCertificate, signed: SignedStateQuery): void {
  if (!suite.isSignatureValid(publicKey, signing.stateQuery(signed.query), signed.signature)) {
    throw new SelvedgeError('SIGNATURE_INVALID', 'the query is not signed by the key of its certificate');
  }
}

function verifyShape(query: StateQuery): void {
  requireLength('query nonce', query.nonce, NONCE_BYTES);
  if (query.readerChannel.length > 0) requireLength('reader_channel', query.readerChannel, CHANNEL_ID_BYTES);
  requireAtMost('point reads', query.points.length, LIMITS.maxSectionEntries);
  requireAtMost('set reads', query.sets.length, LIMITS.maxSections);
  requireAtMost('guards', query.guards.length, LIMITS.maxSectionEntries);
  for (const point of query.points) requireLength('ledger_key', point.ledgerKey, 32);
  for (const point of query.points) if (point.legacyKeyHash.length > 0) requireLength('legacy_key_hash', point.legacyKeyHash, 32);
  for (const set of query.sets) if (set.datasetTag.length > 0) requireLength('dataset_tag', set.datasetTag, 32);
  for (const set of query.sets) if (set.after.length > 0) requireLength('after', set.after, 32);
  requireAtMost('histories', query.histories.length, LIMITS.maxSections);
  for (const history of query.histories) requireLength('ledger_key', history.ledgerKey, 32);
  for (const guard of query.guards) requireLength('guard_key', guard.guardKey, 32);
}

function verifyOwnDataset(asked: { readonly dataset: string; readonly ownerSet: string }, { datasets }: ContractDatasets, mspId: string): void {
  const dataset = datasets.get(asked.dataset);
  if (dataset?.ownerSet !== asked.ownerSet) throw new SelvedgeError('OWNER_SET_MISMATCH', 'a dataset is not of that owner set in the contract’s policy');
  if (!dataset.owners.includes(mspId)) throw new SelvedgeError('DATASET_NOT_HELD', `${mspId} does not own a dataset that is asked for`);
}

function verifyTakesOver({ dataset, legacyKeyHash }: { readonly dataset: string; readonly legacyKeyHash: Uint8Array }, { datasets }: ContractDatasets): void {
  if (legacyKeyHash.length > 0 && datasets.get(dataset)?.takesOver !== true) throw new SelvedgeError('OWNER_SET_MISMATCH', 'a dataset takes no collection over in the contract’s policy');
}
