import type { ContractPolicy } from '@selvedge/protocol';
import { foldedName } from './function-names.js';

/**
 * Whether a call's result is gated on commit. Names count as equal whose last parts are, in whatever case.
 *
 * @param functionName the call's first argument
 */
export function isGatedFunction({ gatedFunctions }: Pick<ContractPolicy, 'gatedFunctions'>, functionName: Uint8Array): boolean {
  const called = foldedName(Buffer.from(functionName).toString('utf8'));
  return gatedFunctions.some((name) => foldedName(name) === called);
}
