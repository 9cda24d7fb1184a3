import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { FACTS_FUNCTION, parseRefusalText } from '@selvedge/fabric';
import { factHash } from '@selvedge/policy';
import { encodeMessage, FactsAnswerSchema, FactsQuerySchema, LIMITS, parseMessage, type FactState } from '@selvedge/protocol';
import { createFactCache, type FactCache, type KnownFact } from '../domain/fact-cache.js';
import type { PolicyFacts } from '../ports.js';
import type { ChaincodeStub } from './chaincode-stub.js';

/** Reads facts from a channel's policy chaincode. */
export interface PolicyFactsSource {
  /** For one transaction. */
  within(stub: ChaincodeStub): PolicyFacts;
}

const OK = 200;
/** Values kept: a channel has few facts that are present, and the profile is the largest. */
const MAX_CACHED_BYTES = 16 * 1024 * 1024;

/**
 * Asks the policy chaincode on the same peer, naming the values that are known already. Its reads are the transaction's,
 * whatever is left out of the answer.
 * @param chaincode name under which the policy chaincode is deployed
 */
export function createPolicyFactsSource(chaincode: string): PolicyFactsSource {
  const cache = createFactCache(MAX_CACHED_BYTES);
  return { within: (stub) => ({ read: (keys) => readFacts(stub, chaincode, cache, keys) }) };
}

/** Throws UNAVAILABLE, the policy chaincode's own refusal, or INTERNAL when it answers what was not asked. */
async function readFacts(stub: ChaincodeStub, chaincode: string, cache: FactCache, keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  // Values that are named as known are held until the answer is here, whatever else the cache does meanwhile.
  const asked = keys.map((key) => ({ key, known: cache.get(key) }));
  const query = encodeMessage(FactsQuerySchema, { facts: asked.map(({ key, known }) => ({ key, ...(known && { knownHash: known.hash }) })) });
  const payload = await invoke(stub, chaincode, query);
  const answer = parseMessage(FactsAnswerSchema, payload, LIMITS.maxMessageBytes);
  if (answer.facts.length !== asked.length) throw unasked();
  return new Map(asked.map(({ key, known }, i) => [key, takeFact(answer.facts[i] as FactState, key, known, cache)]));
}

function takeFact(fact: FactState, key: string, known: KnownFact | undefined, cache: FactCache): Uint8Array | undefined {
  if (fact.key !== key) throw unasked();
  if (fact.hash.length === 0) return undefined;
  if (known !== undefined && equalBytes(known.hash, fact.hash)) return known.value;
  // A copy: what is kept must not hold the whole answer in memory.
  const value = Uint8Array.from(fact.value);
  if (!equalBytes(factHash(value), fact.hash)) throw unasked();
  return cache.put(key, { hash: Uint8Array.from(fact.hash), value });
}

async function invoke(stub: ChaincodeStub, chaincode: string, query: Uint8Array): Promise<Uint8Array> {
  let response: Awaited<ReturnType<ChaincodeStub['invokeChaincode']>>;
  try {
    response = await stub.invokeChaincode(chaincode, [FACTS_FUNCTION, Buffer.from(query).toString('base64')], stub.getChannelID());
  } catch (cause) {
    throw new SelvedgeError('UNAVAILABLE', `the policy chaincode ${chaincode} does not answer: is it committed on this channel, installed on this peer, and running?`, { cause });
  }
  if (response.status === OK) return response.payload ?? new Uint8Array(0);
  throw parseRefusalText(response.message ?? '') ?? new SelvedgeError('UNAVAILABLE', `the policy chaincode ${chaincode} refuses to show its facts`);
}

function unasked(): SelvedgeError {
  return new SelvedgeError('INTERNAL', 'the policy chaincode’s answer is not what was asked for');
}
