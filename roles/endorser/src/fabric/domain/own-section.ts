import { SelvedgeError } from '@selvedge/errors';
import type { Core } from '@selvedge/protocol';

/** Throws TARGET_DATA_INCONSISTENT unless every item invokes a contract: the first section is the invoked one's. */
export function verifyInvoked(cores: readonly Core[], contract: string): void {
  if (cores.some(({ sections: [invoked] }) => invoked?.contract !== contract)) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the target data is of another contract than the chaincode that was called');
}

/**
 * Checks that a contract was called by another one, in some item. Its sections may take effect only together with all
 * others: within the transaction whose proposal calls the first contract's endorsement chaincode, which has every section
 * written or fails. Whoever calls this chaincode by itself, or by way of a chaincode of his own, names another one in his proposal.
 * @param proposed chaincode that the client's proposal calls
 * Throws TARGET_DATA_INCONSISTENT.
 */
export function verifyCalled(cores: readonly Core[], contract: string, proposed: string): void {
  if (cores.some(({ sections: [invoked] }) => invoked?.contract !== proposed)) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the proposal calls another chaincode than that of the target data’s first contract');
  if (!calledContracts(cores).includes(contract)) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the target data does not say that this contract was called');
}

/** Contracts that the items call, each once, in the order of the items. */
export function calledContracts(cores: readonly Core[]): string[] {
  return [...new Set(cores.flatMap(({ sections: [, ...called] }) => called.map(({ contract }) => contract)))];
}
