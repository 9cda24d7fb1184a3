import type { MessageInitShape } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, requireAtMost, ViewedWriteState, type LedgerWrite, type ViewAnswerSchema, type ViewedEventSchema, type ViewedKey, type ViewedTransaction, type ViewedVersionSchema, type ViewedWriteSchema } from '@selvedge/protocol';
import { objectTypeOf, openEvent } from '@selvedge/sealed-objects';
import type { ParsedView } from './domain/parse-view.js';
import type { OpenedEntry } from './domain/open-entry.js';
import { namesUnder, ownPlace, requireOwnPlace, takesOver, type ViewedContract } from './domain/viewed-contract.js';
import type { StoredState, StoredVersion } from './stored-state.js';

const WORLD_STATE = '';
/** Room for the answer's own encoding, below LIMITS.maxMessageBytes. */
const MAX_ANSWER_BYTES = LIMITS.maxMessageBytes - 1024 * 1024;

export interface AnswerContext {
  readonly channel: string;
  /** The viewer's organisation. */
  readonly mspId: string;
  readonly contract: ViewedContract;
  readonly state: StoredState;
}

/** An answer's content. */
export type AnsweredView = Pick<MessageInitShape<typeof ViewAnswerSchema>, 'versions' | 'writes' | 'event'>;

/** Answers a question of an authorised reader. Throws KEY_ACCESS_DENIED, DATASET_*, FEATURE_UNSUPPORTED, STATE_*, HISTORY_*, SET_DIGEST_UNCONFIRMED, KEY_EPOCH_UNKNOWN, LIMIT_EXCEEDED. */
export async function answerView(question: ParsedView['question'], context: AnswerContext): Promise<AnsweredView> {
  if (question.case === 'transaction') return answerTransaction(question.value, context);
  if (!mayOpenState(context)) throw new SelvedgeError('KEY_ACCESS_DENIED', `key access rules leave this viewer the events of contract ${context.contract.policy.name}, not its state`);
  const versions = question.case === 'key' ? await presentVersion(question.value, context) : await history(question.value, context);
  requireAtMost('bytes of values', versions.reduce((sum, { entry }) => sum + (entry?.value.length ?? 0), 0), MAX_ANSWER_BYTES);
  return { versions: versions.map(viewedVersion) };
}

const mayOpenState = ({ contract: { purposes } }: AnswerContext): boolean => purposes.includes('state');

async function presentVersion({ dataset, key }: ViewedKey, { mspId, contract, state }: AnswerContext): Promise<StoredVersion[]> {
  const place = requireOwnPlace(contract.policy, dataset, mspId);
  const nameKeys = namesUnder(contract, contract.names.current);
  const present = await state.present(place, { ledgerKey: nameKeys.ledgerKey(dataset, key), datasetTag: nameKeys.datasetTag(dataset, objectTypeOf(key)) });
  if (present !== undefined) return [present];
  if (takesOver(contract.policy, dataset)) throw new SelvedgeError('FEATURE_UNSUPPORTED', `keys of collection ${dataset}, which is taken over, that have no packet: only the chaincode reads what may be there`);
  return [];
}

async function history({ dataset, key }: ViewedKey, { mspId, contract, state }: AnswerContext): Promise<StoredVersion[]> {
  const place = requireOwnPlace(contract.policy, dataset, mspId);
  if (dataset !== WORLD_STATE) throw new SelvedgeError('HISTORY_NOT_KEPT', 'private data has no history, as on Fabric');
  // As followers chained them: copies, and deletions under the names before, are versions as any other.
  const { current, former } = contract.names;
  const chains = await Promise.all([current, ...[...former].reverse()].map((epoch) => state.versions(place, namesUnder(contract, epoch).ledgerKey(dataset, key))));
  return chains.flat();
}

function viewedVersion({ txId, timestampSeconds, timestampNanos, entry }: StoredVersion): MessageInitShape<typeof ViewedVersionSchema> {
  return { txId, timestampSeconds, timestampNanos, ...(entry === undefined ? { deleted: true } : { value: entry.value }) };
}

async function answerTransaction({ txId, writes, sealedEvent }: ViewedTransaction, context: AnswerContext): Promise<AnsweredView> {
  const viewed: MessageInitShape<typeof ViewedWriteSchema>[] = [];
  let bytes = 0;
  for (const write of writes) {
    const found = await viewWrite(txId, write, context);
    bytes += found.value?.length ?? 0;
    requireAtMost('bytes of values', bytes, MAX_ANSWER_BYTES);
    viewed.push(found);
  }
  return { writes: viewed, ...(sealedEvent.length === 0 ? {} : { event: viewEvent(txId, sealedEvent, context) }) };
}

/** World state is looked up in the key's chain of versions, which holds valid transactions alone. */
async function viewWrite(txId: Uint8Array, write: LedgerWrite, context: AnswerContext): Promise<MessageInitShape<typeof ViewedWriteSchema>> {
  const { dataset, ledgerKey, packetHash } = write;
  const { contract, mspId, state } = context;
  const place = mayOpenState(context) ? ownPlace(contract.policy, dataset, mspId) : undefined;
  if (place === undefined) return { state: ViewedWriteState.NOT_OWNED, dataset };
  if (dataset !== WORLD_STATE) return viewPrivateWrite(write, await state.entries(place, write.datasetTag));
  const version = (await state.versions(place, ledgerKey)).find((candidate) => equalBytes(candidate.txId, txId) && equalBytes(candidate.entry?.packetHash ?? new Uint8Array(0), packetHash));
  if (version === undefined) return { state: ViewedWriteState.NOT_COMMITTED, dataset };
  return version.entry === undefined ? { state: ViewedWriteState.DELETED, dataset } : opened(dataset, version.entry);
}

/** Of private data owners keep the present version alone. */
function viewPrivateWrite({ dataset, ledgerKey, packetHash }: LedgerWrite, entries: readonly OpenedEntry[]): MessageInitShape<typeof ViewedWriteSchema> {
  const entry = entries.find((candidate) => equalBytes(candidate.ledgerKey, ledgerKey));
  if (entry !== undefined && equalBytes(entry.packetHash, packetHash)) return opened(dataset, entry);
  return { state: entry === undefined && packetHash.length === 0 ? ViewedWriteState.DELETED : ViewedWriteState.REPLACED, dataset };
}

function opened(dataset: string, { key, value }: OpenedEntry): MessageInitShape<typeof ViewedWriteSchema> & { readonly value: Uint8Array } {
  return { state: ViewedWriteState.OPENED, dataset, key, value };
}

/** What is opened here was sealed by a TEE for that transaction; whether it is on the ledger, the reader saw there. */
function viewEvent(txId: Uint8Array, sealedEvent: Uint8Array, { channel, contract: { policy, keys, purposes } }: AnswerContext): MessageInitShape<typeof ViewedEventSchema> {
  if (!purposes.includes('events')) return { denied: true };
  const { name, payload } = openEvent(sealedEvent, { eventKey: (epoch) => keys.epoch(epoch)?.eventKey, expected: { channel, contract: policy.name, txId } });
  return { name, payload };
}
