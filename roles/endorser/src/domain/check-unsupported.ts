import { SelvedgeError } from '@selvedge/errors';
import type { ContractSection } from '@selvedge/protocol';

/** Throws CHAINCODE_UNSUPPORTED, naming the feature, for parts of a write that this release cannot judge. */
export function verifyOnlySupportedWrites(section: ContractSection): void {
  for (const write of section.writes) {
    if (write.effect.case === 'purge' && write.dataset === '') throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'purging world state');
  }
}
