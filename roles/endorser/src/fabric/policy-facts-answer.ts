import { equalBytes } from '@selvedge/crypto';
import { factHash, parseFactKey } from '@selvedge/policy';
import { compareText, encodeMessage, FactsAnswerSchema, FactsQuerySchema, LIMITS, parseMessage, requireAtMost, requireStrictlyAscending } from '@selvedge/protocol';
import type { FactStore } from './ports.js';

/** An endorsement of 64 compute nodes for 16 contracts asks for fewer. */
const MAX_FACTS_ASKED = 1024;

interface AnsweredFact {
  readonly key: string;
  readonly hash: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Answers FactsQuery bytes with FactsAnswer bytes: every fact is read, values that the asker holds are left out.
 * Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED, or POLICY_MALFORMED for a key that no fact has.
 */
export async function answerFacts(store: FactStore, query: Uint8Array): Promise<Uint8Array> {
  const { facts } = parseMessage(FactsQuerySchema, query, LIMITS.maxMessageBytes);
  requireAtMost('facts asked for', facts.length, MAX_FACTS_ASKED);
  requireStrictlyAscending('facts asked for', facts, (a, b) => compareText(a.key, b.key));
  for (const { key } of facts) parseFactKey(key);
  const values = await store.facts(facts.map(({ key }) => key));
  return encodeMessage(FactsAnswerSchema, { facts: facts.map(({ key, knownHash }) => answeredFact(key, values.get(key), knownHash)) });
}

function answeredFact(key: string, value: Uint8Array | undefined, knownHash: Uint8Array): AnsweredFact {
  const hash = factHash(value);
  return { key, hash, value: value === undefined || equalBytes(hash, knownHash) ? new Uint8Array(0) : value };
}

/** Every fact of the channel, sorted by key: FactsAnswer bytes. */
export async function answerAllFacts(store: FactStore): Promise<Uint8Array> {
  const entries = (await store.entries()).sort((a, b) => compareText(a.key, b.key));
  return encodeMessage(FactsAnswerSchema, { facts: entries.map(({ key, value }) => ({ key, hash: factHash(value), value })) });
}
