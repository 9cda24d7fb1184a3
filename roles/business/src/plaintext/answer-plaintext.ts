import { create } from '@bufbuild/protobuf';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { ServedPlaintextSchema, type ServedPlaintext, type StateAnswer, type StateQuery } from '@selvedge/protocol';
import { parsePacket } from '@selvedge/sealed-objects';
import { answerStateQuery, type PlaintextLookup } from '../domain/answer-state-query.js';
import type { BusinessState, DatasetPlace } from '../ports.js';
import type { PlaintextFeed } from './feed.js';
import type { PlaintextStore } from './plaintext-store.js';

export interface PlaintextAnswerOptions {
  readonly state: BusinessState;
  readonly plaintext: Pick<PlaintextStore, 'get'>;
  readonly feed: Pick<PlaintextFeed, 'reach'>;
  /** Datasets of a contract that this node keeps in plaintext. */
  readonly isPlaintext: (contract: string, dataset: string) => boolean;
  /** How long the store may lag behind the ledger; default 1,000. */
  readonly lagMs?: number;
}

interface WantedEntry {
  readonly place: DatasetPlace;
  readonly ledgerKey: Uint8Array;
  readonly version: Uint8Array;
}

/** The state may move on while the store is read: how often the answer is begun anew. */
const MAX_ATTEMPTS = 10;

/**
 * Answers a verified query about datasets that this node keeps in plaintext: what the store has for them, each entry at the version that the
 * ledger has at the answer's one height. What the store says is not compared here, but in the reader's TEE.
 * Throws as answerStateQuery, what the feed stands still for, STATE_BEHIND, PLAINTEXT_STORE_UNAVAILABLE, and STATE_MISSING_PACKET for
 * an entry that the store lacks.
 */
export async function answerPlaintextQuery(query: StateQuery, { state, plaintext, feed, isPlaintext, lagMs = 1_000 }: PlaintextAnswerOptions): Promise<StateAnswer> {
  const fetched = new Map<string, { readonly key: string; readonly value: Uint8Array }>();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const wanted: WantedEntry[] = [];
    const lookup: PlaintextLookup = {
      isPlaintext: ({ contract, dataset }) => isPlaintext(contract, dataset),
      entry: (place, ledgerKey, version, packet) => {
        const found = fetched.get(idOf(place, ledgerKey, version));
        if (found === undefined) wanted.push({ place, ledgerKey, version });
        return servedOf(packet, version, found ?? { key: '', value: new Uint8Array(0) });
      },
    };
    const answer = answerStateQuery(query, state, lookup);
    if (wanted.length === 0) return answer;
    const { height } = state.ledger;
    await feed.reach(height - 1n, lagMs);
    for (const { place, ledgerKey, version } of wanted) {
      const entry = await plaintext.get(place.contract, place.dataset, ledgerKey);
      if (entry !== undefined && equalBytes(entry.packetHash, version)) fetched.set(idOf(place, ledgerKey, version), entry);
      else if (isStillCurrent(state, { place, ledgerKey, version }) && state.ledger.height === height) {
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
