import { SelvedgeError } from '@selvedge/errors';
import { parseProposalChaincode } from '@selvedge/fabric';
import type { ChaincodeStub } from './chaincode-stub.js';

/** How a chaincode was called. */
export interface Invocation {
  readonly channel: string;
  /** Name of the chaincode that the client's proposal calls; another than ours when a chaincode calls us. */
  readonly chaincode: string;
  /** Fields that never reach a block. */
  readonly transient: ReadonlyMap<string, Uint8Array>;
}

/** Reads channel, called chaincode and transient fields of a call. Throws MALFORMED_MESSAGE. */
export function readInvocation(stub: ChaincodeStub): Invocation {
  return {
    channel: stub.getChannelID(),
    chaincode: parseProposalChaincode(proposalExtension(stub)),
    transient: stub.getTransient(),
  };
}

/** The shim hands out google-protobuf messages, which its own types do not tell. */
interface ChannelHeaderMessage {
  getExtension_asU8(): Uint8Array;
}

function proposalExtension(stub: ChaincodeStub): Uint8Array {
  const proposal = stub.getSignedProposal() as { readonly proposal: { readonly header: { readonly channelHeader: unknown } } } | undefined;
  if (proposal === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'called without a signed proposal');
  return (proposal.proposal.header.channelHeader as ChannelHeaderMessage).getExtension_asU8();
}
