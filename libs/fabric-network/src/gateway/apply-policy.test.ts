import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { applyPolicyTransaction } from './apply-policy.js';
import type { EndorsedFabricTransaction, FabricGateway, FabricInvocation } from './ports.js';

const transaction: EndorsedFabricTransaction = { transactionId: 'ab', chaincode: 'selvedge-policy', response: new Uint8Array(0), signedPayload: new Uint8Array(0), endorsements: [], bytes: new Uint8Array(0) };
const fail = (code: RefusalCode): Promise<never> => Promise.reject(new SelvedgeError(code, 'made to fail'));

function fake(change: Partial<FabricGateway> = {}): FabricGateway & { readonly invocations: FabricInvocation[]; readonly submitted: EndorsedFabricTransaction[] } {
  const invocations: FabricInvocation[] = [];
  const submitted: EndorsedFabricTransaction[] = [];
  return {
    invocations,
    submitted,
    evaluate: () => fail('INTERNAL'),
    endorse: (invocation) => {
      invocations.push(invocation);
      return Promise.resolve(transaction);
    },
    submit: (each) => {
      submitted.push(each);
      return Promise.resolve();
    },
    commitStatus: (transactionId) => Promise.resolve({ transactionId, code: 0, blockNumber: 9n }),
    chaincodeEvents: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) }),
    close: () => undefined,
    ...change,
  };
}
const bounds = { timeoutMs: 500, nowMs: () => performance.now() };
const apply = (gateway: FabricGateway): Promise<bigint> => applyPolicyTransaction(gateway, Buffer.from('change'), bounds);

describe('applyPolicyTransaction', () => {
  it('hands the change to the policy chaincode and waits for its block', async () => {
    const gateway = fake();
    expect(await apply(gateway)).toBe(9n);
    expect(gateway.invocations).toMatchObject([{ chaincode: 'selvedge-policy', functionName: 'Apply' }]);
    expect(Buffer.from(Buffer.from(gateway.invocations[0]?.args?.[0] ?? []).toString(), 'base64').toString()).toBe('change');
    expect(gateway.invocations[0]?.organisations).toBeUndefined();
  });

  it('tries again what passes by itself: peers that do not know each other yet, an election, a lost answer', async () => {
    let failures = 3;
    const failing = (code: RefusalCode): Promise<never> | undefined => {
      failures -= 1;
      return failures >= 0 ? fail(code) : undefined;
    };
    const gateway = fake();
    const patient: FabricGateway = { ...gateway, endorse: (...args) => failing('UNAVAILABLE') ?? gateway.endorse(...args), submit: (...args) => failing('NOT_READY') ?? gateway.submit(...args) };
    expect(await apply(patient)).toBe(9n);
    expect(gateway.submitted).toEqual([transaction]);
  });

  it('stops at a refusal, and when the time is over', async () => {
    await expect(apply(fake({ endorse: () => fail('POLICY_APPROVALS_MISSING') }))).rejects.toMatchObject({ code: 'POLICY_APPROVALS_MISSING' });
    await expect(apply(fake({ submit: () => fail('UNAVAILABLE') }))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('says which change was too late and which was invalid', async () => {
    const judged = (code: number): Promise<RefusalCode | undefined> =>
      apply(fake({ commitStatus: (transactionId) => Promise.resolve({ transactionId, code, blockNumber: 9n }) })).then(
        () => undefined,
        (error: unknown) => (isSelvedgeError(error) ? error.code : 'INTERNAL'),
      );
    expect(await judged(11)).toBe('POLICY_CONFLICT');
    expect(await judged(10)).toBe('COMMIT_INVALID');
  });

  it('ends when the caller gives up', async () => {
    const patience = new AbortController();
    const waiting = applyPolicyTransaction(fake({ endorse: () => fail('UNAVAILABLE') }), Buffer.from('change'), { ...bounds, timeoutMs: 60_000, signal: patience.signal });
    setTimeout(() => { patience.abort(); }, 20);
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
