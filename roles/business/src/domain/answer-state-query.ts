import { create } from '@bufbuild/protobuf';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import {
  GuardAnswerSchema, HistoryAnswerSchema, LIMITS, PointAnswerSchema, SetAnswerSchema, StateAnswerSchema,
  type HistoryAnswer, type HistoryRead, type KeyVersion, type PointAnswer, type ServedPlaintext, type SetAnswer, type SetRead, type StateAnswer, type StateQuery,
} from '@selvedge/protocol';
import type { BusinessState, DatasetPlace } from '../ports.js';

/** Soft limit of one set's packets when the query names none, or a larger one. */
const MAX_SET_BYTES = 4 * 1024 * 1024;
/** Versions of a key in one answer: deletes have no bytes of their own. */
const MAX_VERSIONS = 1000;
/** Packets of one answer; leaves room for framing below LIMITS.maxMessageBytes. */
const MAX_ANSWER_BYTES = LIMITS.maxMessageBytes - 1024 * 1024;

/** Where values come from that this node keeps in plaintext. */
export interface PlaintextLookup {
  readonly isPlaintext: (place: DatasetPlace) => boolean;
  /** The entry of that version. */
  readonly entry: (place: DatasetPlace, ledgerKey: Uint8Array, version: Uint8Array, packet: Uint8Array) => ServedPlaintext;
  /** What the collection that the dataset takes over has for a key's hash; undefined: nothing. */
  readonly legacy: (place: DatasetPlace, keyHash: Uint8Array) => Uint8Array | undefined;
}

/**
 * Answers a verified query. Synchronous, so that everything in it is of one height.
 * Throws STATE_MISSING_PACKET when the ledger lists an entry whose packet this node lacks, LIMIT_EXCEEDED when the
 * points alone fill an answer.
 */
export function answerStateQuery(query: StateQuery, state: BusinessState, lookup?: PlaintextLookup): StateAnswer {
  const budget = { bytes: MAX_ANSWER_BYTES };
  const points = query.points.map((point) => {
    const place = { contract: query.contract, ...point };
    const answer = answerPoint(place, point.ledgerKey, state);
    if (point.withKeyPolicy) answer.keyPolicy = state.ledger.keyPolicy(place.contract, place.ownerSet, place.dataset, point.ledgerKey) ?? new Uint8Array(0);
    if (!answer.present && point.legacyKeyHash.length > 0) answer.legacyValue = lookup?.legacy(place, point.legacyKeyHash) ?? new Uint8Array(0);
    budget.bytes -= answer.packet.length + answer.legacyValue.length;
    if (budget.bytes < 0) throw new SelvedgeError('LIMIT_EXCEEDED', `point reads of more than ${String(MAX_ANSWER_BYTES)} bytes in one query`);
    return answer.present && lookup?.isPlaintext(place) === true ? inPlaintext(answer, lookup.entry(place, point.ledgerKey, sha256(answer.packet), answer.packet)) : answer;
  });
  const sets = query.sets.map((set) => answerSet(query.contract, set, state, budget, lookup));
  const histories = query.histories.map((read) => answerHistory(query.contract, read, state, budget));
  const guards = query.guards.map(({ ownerSet, dataset, guardKey }) =>
    create(GuardAnswerSchema, { txId: state.ledger.guard(query.contract, ownerSet, dataset, guardKey) ?? new Uint8Array(0) }),
  );
  return create(StateAnswerSchema, { nonce: query.nonce, height: state.ledger.height, points, sets, guards, histories });
}

/** The ledger says whether an entry exists; the packet store must have what it lists. */
function answerPoint(place: DatasetPlace, ledgerKey: Uint8Array, state: BusinessState): PointAnswer {
  const version = state.ledger.version(place.contract, place.ownerSet, place.dataset, ledgerKey);
  if (version === undefined) return create(PointAnswerSchema, { present: false });
  const packet = state.packets.packet(place, ledgerKey);
  if (packet === undefined) throw new SelvedgeError('STATE_MISSING_PACKET', `the ledger lists a packet of ledger key ${toHex(ledgerKey)} that this node lacks`);
  // On Fabric the ledger lists an entry before its packet is here.
  if (!equalBytes(sha256(packet), version)) throw new SelvedgeError('STATE_MISSING_PACKET', `this node has an older packet of ledger key ${toHex(ledgerKey)} than the ledger lists`);
  return create(PointAnswerSchema, { present: true, packet });
}

/** A packet is at least as large as the plaintext, so that budgets hold. */
function inPlaintext(answer: PointAnswer, plaintext: ServedPlaintext): PointAnswer {
  return create(PointAnswerSchema, { present: true, keyPolicy: answer.keyPolicy, plaintext });
}

/** Versions from the one that is named down, as many as fit, one at least. */
function answerHistory(contract: string, { ownerSet, dataset, ledgerKey, count, maxBytes }: HistoryRead, { history }: BusinessState, budget: { bytes: number }): HistoryAnswer {
  if (!history.isKept) throw new SelvedgeError('HISTORY_NOT_KEPT', 'history database is not enabled');
  const limit = Math.min(maxBytes === 0 ? MAX_SET_BYTES : maxBytes, MAX_SET_BYTES, budget.bytes);
  const versions: KeyVersion[] = [];
  let bytes = 0;
  for (let number = count; number > 0n && versions.length < MAX_VERSIONS; number -= 1n) {
    const version = history.version({ contract, ownerSet, dataset }, ledgerKey, number);
    if (version === undefined) throw new SelvedgeError('STATE_BEHIND', `this node has no version ${String(number)} of ledger key ${toHex(ledgerKey)}`);
    if (version === 'packet missing') throw new SelvedgeError('STATE_MISSING_PACKET', `version ${String(number)} of ledger key ${toHex(ledgerKey)} has not reached this node`);
    if (versions.length > 0 && bytes + version.packet.length > limit) break;
    versions.push(version);
    bytes += version.packet.length;
  }
  budget.bytes -= bytes;
  return create(HistoryAnswerSchema, { versions });
}

function answerSet(contract: string, read: SetRead, state: BusinessState, budget: { bytes: number }, lookup: PlaintextLookup | undefined): SetAnswer {
  const asked = read.maxBytes === 0 ? MAX_SET_BYTES : Math.min(read.maxBytes, MAX_SET_BYTES);
  const maxBytes = Math.min(asked, budget.bytes);
  const place = { contract, ownerSet: read.ownerSet, dataset: read.dataset };
  const packets: Uint8Array[] = [];
  const ledgerKeys: Uint8Array[] = [];
  const answerOf = (more: boolean): SetAnswer => {
    if (read.asPackets || lookup?.isPlaintext(place) !== true) return create(SetAnswerSchema, { packets, more });
    return create(SetAnswerSchema, { plaintexts: packets.map((packet, i) => lookup.entry(place, ledgerKeys[i] ?? packet, sha256(packet), packet)), more });
  };
  let bytes = 0;
  for (const ledgerKey of state.packets.ledgerKeys(place, read.datasetTag, read.after)) {
    const { present, packet } = answerPoint(place, ledgerKey, state);
    // Removed by a transaction whose response did not name it.
    if (!present) continue;
    // At least one packet of an empty answer, so that a reader always gets on.
    const isFull = bytes + packet.length > maxBytes && (packets.length > 0 || packet.length > budget.bytes);
    if (isFull) return answerOf(true);
    packets.push(packet);
    ledgerKeys.push(ledgerKey);
    bytes += packet.length;
    budget.bytes -= packet.length;
  }
  return answerOf(false);
}
