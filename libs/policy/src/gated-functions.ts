import type { ContractPolicy } from '@selvedge/protocol';

/**
 * Whether a call's result is gated on commit. fabric-contract-api takes `close` and `AuctionContract:close` for one function
 * where that contract class is the default: names count as equal whose last parts are.
 *
 * @param functionName the call's first argument
 */
export function isGatedFunction({ gatedFunctions }: Pick<ContractPolicy, 'gatedFunctions'>, functionName: Uint8Array): boolean {
  const called = lastPart(Buffer.from(functionName).toString('utf8'));
  return gatedFunctions.some((name) => lastPart(name) === called);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}
