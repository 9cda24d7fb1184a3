import { WireMessage } from './domain/wire.js';

/**
 * Name of the chaincode that a proposal calls: what the peer itself goes by.
 * @param extension ChaincodeHeaderExtension bytes, out of the proposal's channel header
 * Throws MALFORMED_MESSAGE.
 */
export function parseProposalChaincode(extension: Uint8Array): string {
  return new WireMessage(extension).message(2).text(2);
}
