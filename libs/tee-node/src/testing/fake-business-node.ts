import { create } from '@bufbuild/protobuf';
import { compareBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseMessage, PacketHeaderSchema, PacketSchema, StateAnswerSchema, StateQuerySchema, type PacketHeader, type SignedStateQuery, type StateAnswer, type StateQuery } from '@selvedge/protocol';
import type { TaggedEntry } from '@selvedge/set-digest';
import type { BusinessPort } from '../ports.js';

/** A business node in memory: it serves the packets that it was given. */
export interface FakeBusinessNode extends BusinessPort {
  height: bigint;
  /** Every query it was asked, parsed, and as it was signed. */
  readonly queries: StateQuery[];
  readonly signed: SignedStateQuery[];
  put(ownerSet: string, packet: Uint8Array): void;
  headerOf(packet: Uint8Array): PacketHeader;
  setKeyPolicy(ownerSet: string, dataset: string, ledgerKey: Uint8Array, policy: Uint8Array): void;
  setGuard(ownerSet: string, dataset: string, guardKey: Uint8Array, txId: Uint8Array): void;
  /** What it really holds, in ledger key order. */
  entriesOf(ownerSet: string, dataset: string): TaggedEntry[];
  guardOf(ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array;
  remove(ownerSet: string, dataset: string, ledgerKey: Uint8Array): void;
  /** Changes a finished answer. */
  tamper: (answer: StateAnswer, query: StateQuery) => StateAnswer;
  /** Fails instead of answering. */
  failure: SelvedgeError | undefined;
  /** Entries in one page of a set. */
  pageSize: number;
  /** Answers wait for this. */
  gate: Promise<void>;
}

interface Stored {
  readonly place: string;
  readonly tag: string;
  readonly ledgerKey: Uint8Array;
  readonly packet: Uint8Array;
}

export function createFakeBusinessNode(mspId: string, address = `${mspId}:7001`): FakeBusinessNode {
  const entries = new Map<string, Stored>();
  const guards = new Map<string, Uint8Array>();
  const keyPolicies = new Map<string, Uint8Array>();
  const idOf = (...parts: (string | Uint8Array)[]): string => parts.map((part) => (typeof part === 'string' ? part : toHex(part))).join('|');
  const node: FakeBusinessNode = {
    mspId,
    address,
    height: 5n,
    queries: [],
    signed: [],
    tamper: (answer) => answer,
    failure: undefined,
    pageSize: 2,
    gate: Promise.resolve(),
    headerOf: (packet) => parseMessage(PacketHeaderSchema, parseMessage(PacketSchema, packet, 1e7).header, 1e7),
    put(ownerSet, packet) {
      const header = node.headerOf(packet);
      const place = idOf(ownerSet, header.dataset);
      entries.set(idOf(place, header.ledgerKey), { place, tag: toHex(header.datasetTag), ledgerKey: header.ledgerKey, packet });
    },
    setGuard(ownerSet, dataset, guardKey, txId) {
      guards.set(idOf(ownerSet, dataset, guardKey), txId);
    },
    setKeyPolicy(ownerSet, dataset, ledgerKey, policy) {
      keyPolicies.set(idOf(ownerSet, dataset, ledgerKey), policy);
    },
    remove(ownerSet, dataset, ledgerKey) {
      entries.delete(idOf(idOf(ownerSet, dataset), ledgerKey));
    },
    entriesOf: (ownerSet, dataset) =>
      [...entries.values()]
        .filter((entry) => entry.place === idOf(ownerSet, dataset))
        .sort((a, b) => compareBytes(a.ledgerKey, b.ledgerKey))
        .map(({ ledgerKey, tag, packet }) => ({ ledgerKey, datasetTag: Buffer.from(tag, 'hex'), packetHash: sha256(packet) })),
    guardOf: (ownerSet, dataset, guardKey) => guards.get(idOf(ownerSet, dataset, guardKey)) ?? new Uint8Array(0),
    challengeReader: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'this node keeps nothing in plaintext')),
    admitReader: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'this node keeps nothing in plaintext')),
    async queryState(signed) {
      const query = parseMessage(StateQuerySchema, signed.query, 1e7);
      node.queries.push(query);
      node.signed.push(signed);
      await node.gate;
      if (node.failure !== undefined) throw node.failure;
      const points = query.points.map(({ ownerSet, dataset, ledgerKey, withKeyPolicy }) => {
        const packet = entries.get(idOf(idOf(ownerSet, dataset), ledgerKey))?.packet;
        const keyPolicy = (withKeyPolicy ? keyPolicies.get(idOf(ownerSet, dataset, ledgerKey)) : undefined) ?? new Uint8Array(0);
        return packet === undefined ? { present: false, keyPolicy } : { present: true, packet, keyPolicy };
      });
      const sets = query.sets.map(({ ownerSet, dataset, datasetTag, after }) => {
        const place = idOf(ownerSet, dataset);
        const all = [...entries.values()].filter((entry) => entry.place === place && (datasetTag.length === 0 || entry.tag === toHex(datasetTag)) && compareBytes(entry.ledgerKey, after) > 0);
        all.sort((a, b) => compareBytes(a.ledgerKey, b.ledgerKey));
        return { packets: all.slice(0, node.pageSize).map((entry) => entry.packet), more: all.length > node.pageSize };
      });
      const answer = create(StateAnswerSchema, {
        nonce: query.nonce,
        height: node.height,
        points,
        sets,
        guards: query.guards.map(({ ownerSet, dataset, guardKey }) => ({ txId: guards.get(idOf(ownerSet, dataset, guardKey)) ?? new Uint8Array(0) })),
      });
      return node.tamper(answer, query);
    },
  };
  return node;
}
