import { sha256 } from '@selvedge/crypto';
import { refusalCodeOf } from '@selvedge/fixtures';
import { encodeMessage, FactsAnswerSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import type { FabricGateway, FabricInvocation } from './ports.js';
import { readPolicyFacts } from './read-policy-facts.js';

const value = Buffer.from('why');
const fact = (key: string, hash: Uint8Array = sha256(value)) => ({ key, value, hash });
const asked: FabricInvocation[] = [];
function gatewayOf(...facts: ReturnType<typeof fact>[]): FabricGateway {
  const answer = encodeMessage(FactsAnswerSchema, { facts });
  return { evaluate: (invocation: FabricInvocation) => { asked.push(invocation); return Promise.resolve(answer); } } as unknown as FabricGateway;
}
const read = (...facts: ReturnType<typeof fact>[]) => readPolicyFacts(gatewayOf(...facts), { timeoutMs: 1_000 }, 'my-policy');

describe('readPolicyFacts', () => {
  it('gives every fact', async () => {
    const facts = await read(fact('revoked/node/n1'), fact('revoked/node/n2'));
    expect(asked.at(-1)).toEqual({ chaincode: 'my-policy', functionName: 'AllFacts' });
    expect(facts.all.map(({ key }) => key)).toEqual(['revoked/node/n1', 'revoked/node/n2']);
    expect(Buffer.from(facts.fact('revoked/node/n2') ?? []).toString()).toBe('why');
    expect(facts.fact('revoked/node/n3')).toBeUndefined();
    expect((await read()).all).toEqual([]);
  });

  it('refuses an answer that contradicts itself, or has keys that no fact has', async () => {
    expect(await refusalCodeOf(read(fact('revoked/node/n1', sha256(Buffer.from('other')))))).toBe('MALFORMED_MESSAGE');
    expect(await refusalCodeOf(read(fact('revoked/node/n1'), fact('revoked/node/n1')))).toBe('MALFORMED_MESSAGE');
    expect(await refusalCodeOf(read(fact('revoke/node/n1')))).toBe('POLICY_MALFORMED');
  });
});
