import { SelvedgeError } from '@selvedge/errors';
import { isGatedFunction } from '@selvedge/policy';
import { RequestKind, type ContractPolicy, type RequestBody } from '@selvedge/protocol';

const NO_FUNCTION = new Uint8Array(0);

/**
 * Whether a request calls a function whose result is gated on commit. Throws RESULT_GATED for a query, which nothing would ever
 * release, and RESULT_GATE_UNSET where the policy names nobody who could.
 */
export function isGatedCall({ kind, args: [functionName = NO_FUNCTION] }: Pick<RequestBody, 'kind' | 'args'>, policy: ContractPolicy): boolean {
  const isCall = kind === RequestKind.SUBMIT || kind === RequestKind.EVALUATE;
  if (!isCall || !isGatedFunction(policy, functionName)) return false;
  if (kind === RequestKind.EVALUATE) throw new SelvedgeError('RESULT_GATED', 'the function’s result is released on commit, and a query is never committed');
  if (policy.gateQuorum < 1) throw new SelvedgeError('RESULT_GATE_UNSET', `contract ${policy.name} has gated functions, and its policy names nobody whose word releases results`);
  return true;
}

/** Throws FEATURE_UNSUPPORTED for a call of such a function by another: what it returns would leak early. @param args args[0] is the function */
export function verifyUngated(policy: ContractPolicy, [functionName = NO_FUNCTION]: readonly Uint8Array[]): void {
  if (isGatedFunction(policy, functionName)) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'calls of commit-gated functions by other functions');
}
