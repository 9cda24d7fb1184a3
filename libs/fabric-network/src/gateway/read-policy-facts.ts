import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { ALL_FACTS_FUNCTION, POLICY_CHAINCODE } from '@selvedge/fabric';
import { factHash, listFacts, parseFactKey, type FactList } from '@selvedge/policy';
import { FactsAnswerSchema, LIMITS, parseMessage } from '@selvedge/protocol';
import type { FabricBounds, FabricGateway } from './ports.js';

/** Every fact on the channel, as one peer has it. */
export interface PolicyFacts extends FactList {
  /** Sorted by key. */
  readonly all: readonly { readonly key: string; readonly value: Uint8Array }[];
}

/**
 * Reads all facts from the policy chaincode of the gateway peer, which is trusted for them: use a peer of one's own
 * organisation. Empty before the first change. Throws what evaluate throws, POLICY_MALFORMED, or MALFORMED_MESSAGE.
 */
export async function readPolicyFacts(gateway: FabricGateway, bounds: FabricBounds, chaincode: string = POLICY_CHAINCODE): Promise<PolicyFacts> {
  const answer = await gateway.evaluate({ chaincode, functionName: ALL_FACTS_FUNCTION }, bounds);
  const { facts } = parseMessage(FactsAnswerSchema, answer, LIMITS.maxMessageBytes);
  const values = new Map<string, Uint8Array>();
  for (const { key, value, hash } of facts) {
    parseFactKey(key);
    if (values.has(key) || !equalBytes(factHash(value), hash)) throw new SelvedgeError('MALFORMED_MESSAGE', `the policy chaincode’s answer contradicts itself at ${key}`, { role: 'policy-chaincode' });
    values.set(key, value);
  }
  const all = facts.map(({ key, value }) => ({ key, value }));
  return { all, ...listFacts(all) };
}
