import { SelvedgeError } from '@selvedge/errors';
import type { ContractSection, Core } from '@selvedge/protocol';

/**
 * The one section of a core, which must be the called contract's own: a chaincode cannot write into another's
 * collections. Throws CHAINCODE_UNSUPPORTED or TARGET_DATA_INCONSISTENT.
 */
export function ownSection(core: Core, contract: string): ContractSection {
  const [section, ...others] = core.sections;
  if (others.length > 0) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'writing through more than one contract in a transaction');
  if (section?.contract !== contract) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'the target data is of another contract than the chaincode that was called');
  return section;
}
