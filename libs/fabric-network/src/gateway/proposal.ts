import { randomBytes } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { timestampFromDate, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { toHex } from '@selvedge/crypto';
import type { Signer } from '@selvedge/identity';
import { computeTxId } from '@selvedge/protocol';
import type { FabricInvocation } from './ports.js';

const NONCE_BYTES = 24;
/** Number of ChannelHeader.timestamp. */
const TIMESTAMP_FIELD = 3;

/** A proposal, and what its endorsed transaction must repeat. */
export interface FabricProposal {
  /** Hexadecimal. */
  readonly transactionId: string;
  readonly chaincode: string;
  readonly channelHeader: Uint8Array;
  readonly signatureHeader: Uint8Array;
  /** ChaincodeProposalPayload bytes without the transient fields: the part of the proposal that reaches the block. */
  readonly payload: Uint8Array;
  /** Proposal bytes: what the client signs. */
  readonly proposal: Uint8Array;
  /** ProposedTransaction bytes, without signature. */
  readonly bytes: Uint8Array;
}

/**
 * Builds a proposal with a nonce of the caller's choice, which the gateway's own builder does not take: a transaction
 * keeps one id through every hop, and Fabric's own check of transaction ids holds for it too.
 */
export function createProposal(invocation: FabricInvocation, context: { readonly channel: string; readonly signer: Signer; readonly at: Date }): FabricProposal {
  const { chaincode, functionName, args = [], transientData = {}, organisations = [] } = invocation;
  const nonce = invocation.nonce ?? new Uint8Array(randomBytes(NONCE_BYTES));
  const transactionId = toHex(computeTxId(nonce, context.signer.serialized));
  const chaincodeId = new peer.ChaincodeID();
  chaincodeId.setName(chaincode);

  const channelHeader = createChannelHeader(chaincodeId, { transactionId, channel: context.channel, at: context.at });
  const signature = new common.SignatureHeader();
  signature.setCreator(context.signer.serialized);
  signature.setNonce(nonce);
  const signatureHeader = signature.serializeBinary();
  const header = new common.Header();
  header.setChannelHeader(channelHeader);
  header.setSignatureHeader(signatureHeader);

  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(createInput(chaincodeId, [new TextEncoder().encode(functionName), ...args]));
  const publicPayload = payload.serializeBinary();
  const transient = payload.getTransientmapMap() as Map<string, Uint8Array>;
  for (const [name, value] of Object.entries(transientData)) transient.set(name, value);

  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  const proposed = new gateway.ProposedTransaction();
  proposed.setTransactionId(transactionId);
  proposed.setProposal(signed);
  proposed.setEndorsingOrganizationsList([...organisations]);
  return { transactionId, chaincode, channelHeader, signatureHeader, payload: publicPayload, proposal: signed.getProposalBytes_asU8(), bytes: proposed.serializeBinary() };
}

function createChannelHeader(chaincodeId: peer.ChaincodeID, input: { readonly transactionId: string; readonly channel: string; readonly at: Date }): Uint8Array {
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(chaincodeId);
  const header = common.ChannelHeader.deserializeBinary(encodeTimestampField(input.at));
  header.setType(common.HeaderType.ENDORSER_TRANSACTION);
  header.setTxId(input.transactionId);
  header.setChannelId(input.channel);
  header.setExtension$(extension.serializeBinary());
  return header.serializeBinary();
}

/** A channel header that has nothing but its timestamp: the generated code gives no way to make a Timestamp. */
function encodeTimestampField(at: Date): Uint8Array {
  return new BinaryWriter().tag(TIMESTAMP_FIELD, WireType.LengthDelimited).bytes(toBinary(TimestampSchema, timestampFromDate(at))).finish();
}

function createInput(chaincodeId: peer.ChaincodeID, args: readonly Uint8Array[]): Uint8Array {
  const input = new peer.ChaincodeInput();
  input.setArgsList([...args]);
  const spec = new peer.ChaincodeSpec();
  spec.setType(peer.ChaincodeSpec.Type.NODE);
  spec.setChaincodeId(chaincodeId);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  return invocation.serializeBinary();
}
