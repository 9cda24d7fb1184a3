import { create } from '@bufbuild/protobuf';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parsePacket, ServedPlaintextSchema, type ServedPlaintext, type StateAnswer, type StateQuery } from '@selvedge/protocol';
import { answerStateQuery, type PlaintextLookup } from '../domain/answer-state-query.js';
import type { BusinessState, DatasetPlace } from '../ports.js';
import type { LegacyPlace } from '../store/legacy-store.js';
import type { PlaintextFeed } from './feed.js';
import type { PlaintextStore } from './plaintext-store.js';

export interface PlaintextAnswerOptions {
  readonly state: BusinessState;
  readonly plaintext: Pick<PlaintextStore, 'get'>;
  readonly feed: Pick<PlaintextFeed, 'reach'>;
  /** Datasets of a contract that this node keeps in plaintext. */
  readonly isPlaintext: (place: DatasetPlace) => boolean;
  /** Throws PLAINTEXT_COPY_INVALID for a packet whose copy this node cannot open. */
  readonly verifyCopy: (packet: Uint8Array) => void;
  /** Entries of collections that are taken over; left out: there are none. */
  readonly legacy?: LegacyEntries | undefined;
  /** How long the store may lag behind the ledger; default 1,000. */
  readonly lagMs?: number;
}

/** What this node has in collections that are taken over. */
export interface LegacyEntries {
  value(place: LegacyPlace): Uint8Array | undefined;
  /** Resolves when something more has been read, or after the time. */
  progress(timeoutMs: number): Promise<void>;
}

interface WantedEntry {
  readonly place: DatasetPlace;
  readonly ledgerKey: Uint8Array;
  readonly version: Uint8Array;
  readonly packet: Uint8Array;
}

/** The state may move on while the store is read: how often the answer is begun anew. */
const MAX_ATTEMPTS = 10;

/**
 * Answers a verified query about datasets that this node keeps in plaintext: what the store has for them, each entry at the version that the
 * ledger has at the answer's one height. What the store says is not compared here, but in the reader's TEE.
 * Throws as answerStateQuery, what the feed stands still for, STATE_BEHIND, PLAINTEXT_STORE_UNAVAILABLE; for an entry that the store
 * lacks PLAINTEXT_COPY_INVALID where this node cannot open its copy, else STATE_MISSING_PACKET.
 */
export async function answerPlaintextQuery(query: StateQuery, { state, plaintext, feed, isPlaintext, verifyCopy, legacy, lagMs = 1_000 }: PlaintextAnswerOptions): Promise<StateAnswer> {
  const fetched = new Map<string, { readonly key: string; readonly value: Uint8Array }>();
  const deadline = performance.now() + lagMs;
  let isLate = false;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const wanted: WantedEntry[] = [];
    let missing: Uint8Array | undefined;
    const lookup: PlaintextLookup = {
      isPlaintext,
      entry: (place, ledgerKey, version, packet) => {
        const found = fetched.get(idOf(place, ledgerKey, version));
        if (found === undefined) wanted.push({ place, ledgerKey, version, packet });
        return servedOf(packet, version, found ?? { key: '', value: new Uint8Array(0) });
      },
      legacy: ({ contract, dataset }, keyHash) => {
        const expected = state.ledger.legacyHash?.(contract, dataset, keyHash);
        if (expected === undefined) return undefined;
        const value = legacy?.value({ contract, collection: dataset, keyHash });
        if (value !== undefined && equalBytes(sha256(value), expected)) return value;
        missing = keyHash;
        return undefined;
      },
    };
    const answer = answerStateQuery(query, state, lookup);
    if (missing !== undefined) {
      if (isLate || legacy === undefined) throw new SelvedgeError('STATE_MISSING_PACKET', `the ledger lists a legacy entry of key hash ${toHex(missing)} whose value this node lacks`);
      await legacy.progress(deadline - performance.now());
      isLate = performance.now() >= deadline;
      attempt -= 1;
      continue;
    }
    if (wanted.length === 0) return answer;
    const { height } = state.ledger;
    await feed.reach(height - 1n, lagMs);
    for (const { place, ledgerKey, version, packet } of wanted) {
      const entry = await plaintext.get(place.contract, place.dataset, ledgerKey);
      if (entry !== undefined && equalBytes(entry.packetHash, version)) fetched.set(idOf(place, ledgerKey, version), entry);
      else if (isStillCurrent(state, { place, ledgerKey, version, packet }) && state.ledger.height === height) {
        verifyCopy(packet);
        throw new SelvedgeError('STATE_MISSING_PACKET', `the store of plaintext has not what the ledger lists of ledger key ${toHex(ledgerKey)}`);
      }
    }
  }
  throw new SelvedgeError('STATE_BEHIND', 'the datasets kept changing while the store of plaintext was read');
}

function isStillCurrent({ ledger }: BusinessState, { place: { contract, ownerSet, dataset }, ledgerKey, version }: WantedEntry): boolean {
  const current = ledger.version(contract, ownerSet, dataset, ledgerKey);
  return current !== undefined && equalBytes(current, version);
}

function servedOf(packet: Uint8Array, packetHash: Uint8Array, { key, value }: { readonly key: string; readonly value: Uint8Array }): ServedPlaintext {
  const { header, ownerCopies } = parsePacket(packet);
  return create(ServedPlaintextSchema, { key, value, header, ownerCopies, packetHash });
}

function idOf({ contract, ownerSet, dataset }: DatasetPlace, ledgerKey: Uint8Array, version: Uint8Array): string {
  return JSON.stringify([contract, ownerSet, dataset, toHex(ledgerKey), toHex(version)]);
}
