import { create, toBinary } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import { common, peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import type { Invocation } from '../ports.js';
import { createMessage, MessageType, type Message } from './messages.js';
import { DECORATIONS } from './preload/source.js';

/** Tag of ChannelHeader.timestamp: field 3, length-delimited. */
const TIMESTAMP_TAG = 0x1a;

/**
 * Builds the TRANSACTION message. Its proposal is the client's and carries what the shim shows to the contract: creator,
 * nonce (and with them the binding), transient fields and the request's timestamp; a contract that another one calls
 * is shown the same. It carries no signature. Fabric gives the client's signature over these very proposal bytes; here the
 * client never sees them. It signed its request, under another label and other bytes, and that was verified when the request
 * was opened: shown here, that signature would fail every check that a contract could make of it.
 *
 * @throws SelvedgeError MALFORMED_MESSAGE when the timestamp is not one that protobuf can hold
 */
export function createTransactionMessage(invocation: Invocation): Message {
  const message = createMessage(MessageType.TRANSACTION, invocation, createPinnedInput(invocation).serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(createProposal(invocation).serializeBinary());
  message.setProposal(signed);
  return message;
}

function createInput(args: readonly Uint8Array[]): peer.ChaincodeInput {
  const input = new peer.ChaincodeInput();
  input.setArgsList([...args]);
  return input;
}

/** The input as the chaincode process gets it: with what pins clock and chance, which only our preload reads. */
function createPinnedInput(invocation: Invocation): peer.ChaincodeInput {
  const input = createInput(invocation.args);
  const decorations = input.getDecorationsMap() as { set(name: string, value: Uint8Array): void };
  const { seconds, nanos } = invocation.timestamp;
  const timeMs = seconds * 1000n + BigInt(Math.floor(nanos / 1_000_000));
  decorations.set(DECORATIONS.time, Buffer.from(timeMs.toString()));
  decorations.set(DECORATIONS.seed, invocation.seed);
  return input;
}

function createProposal(invocation: Invocation): peer.Proposal {
  const { contract, args } = invocation.proposal ?? invocation;
  const proposal = new peer.Proposal();
  proposal.setHeader(createHeader(invocation, contract).serializeBinary());
  proposal.setPayload(createPayload(contract, args, invocation.transient).serializeBinary());
  return proposal;
}

function createHeader(invocation: Invocation, contract: string): common.Header {
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(invocation.creator);
  signatureHeader.setNonce(invocation.nonce);
  const header = new common.Header();
  header.setChannelHeader(createChannelHeader(invocation, contract));
  header.setSignatureHeader(signatureHeader.serializeBinary());
  return header;
}

function createChannelHeader(invocation: Invocation, contract: string): Uint8Array {
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(chaincodeId(contract));
  const header = new common.ChannelHeader();
  header.setType(common.HeaderType.ENDORSER_TRANSACTION);
  header.setChannelId(invocation.channel);
  header.setTxId(invocation.txId);
  header.setExtension$(extension.serializeBinary());
  // Concatenated messages merge, so the timestamp can be encoded apart: its seconds are a bigint, which jspb cannot take.
  const timestamp = encodeTimestamp(invocation.timestamp);
  return Buffer.concat([header.serializeBinary(), Uint8Array.of(TIMESTAMP_TAG, timestamp.length), timestamp]);
}

/** google.protobuf.Timestamp bytes. Throws MALFORMED_MESSAGE for a time that it cannot hold. */
export function encodeTimestamp({ seconds, nanos }: Invocation['timestamp']): Uint8Array {
  // google.protobuf.Timestamp: years 1 to 9999, nanos never negative
  if (seconds < -62_135_596_800n || seconds > 253_402_300_799n) throw new SelvedgeError('MALFORMED_MESSAGE', 'the timestamp is out of range');
  if (!Number.isInteger(nanos) || nanos < 0 || nanos > 999_999_999) throw new SelvedgeError('MALFORMED_MESSAGE', 'the timestamp is out of range');
  return toBinary(TimestampSchema, create(TimestampSchema, { seconds, nanos }));
}

function createPayload(contract: string, args: readonly Uint8Array[], transientFields: Invocation['transient']): peer.ChaincodeProposalPayload {
  const spec = new peer.ChaincodeSpec();
  spec.setType(peer.ChaincodeSpec.Type.NODE);
  spec.setChaincodeId(chaincodeId(contract));
  spec.setInput(createInput(args));
  const invocationSpec = new peer.ChaincodeInvocationSpec();
  invocationSpec.setChaincodeSpec(spec);
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(invocationSpec.serializeBinary());
  // the package's type is google-protobuf's jspb.Map, which comes without type declarations
  const transient = payload.getTransientmapMap() as { set(name: string, value: Uint8Array): void };
  for (const [name, value] of transientFields) transient.set(name, value);
  return payload;
}

function chaincodeId(name: string): peer.ChaincodeID {
  const id = new peer.ChaincodeID();
  id.setName(name);
  return id;
}
