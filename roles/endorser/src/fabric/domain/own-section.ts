import { SelvedgeError } from '@selvedge/errors';
import type { ContractSection, Core } from '@selvedge/protocol';

/** The section of the contract that a client invoked, which is the core's first. Throws TARGET_DATA_INCONSISTENT. */
export function invokedSection({ sections: [invoked] }: Core, contract: string): ContractSection {
  if (invoked?.contract !== contract) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the target data is of another contract than the chaincode that was called');
  return invoked;
}

/**
 * The section of a contract that another one called. It may take effect only together with all others: within the
 * transaction whose proposal calls the first contract's endorsement chaincode, which has every section written or fails.
 * Whoever calls this chaincode by itself, or by way of a chaincode of his own, names another one in his proposal.
 * @param proposed chaincode that the client's proposal calls
 * Throws TARGET_DATA_INCONSISTENT.
 */
export function calledSection({ sections: [invoked, ...called] }: Core, contract: string, proposed: string): ContractSection {
  if (invoked?.contract !== proposed) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the proposal calls another chaincode than that of the target data’s first contract');
  const section = called.find((each) => each.contract === contract);
  if (section === undefined) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the target data does not say that this contract was called');
  return section;
}
