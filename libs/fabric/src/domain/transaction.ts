import { WireMessage } from './wire.js';

// common.HeaderType
const ENDORSER_TRANSACTION = 3n;

/** An endorser transaction's parts, before its write set is parsed. Nothing in it is believed unless its validation code says so. */
export interface FabricTransaction {
  readonly channel: string;
  /** Fabric's transaction id, hexadecimal. */
  readonly fabricTxId: string;
  /** The chaincode that was invoked. */
  readonly chaincode: string;
  /** What the chaincode answered. */
  readonly responsePayload: Uint8Array;
  /** Payload of the one event that the chaincode set; empty: none. */
  readonly eventPayload: Uint8Array;
  /** TxReadWriteSet bytes. */
  readonly results: Uint8Array;
}

/** Parses an envelope of a block. undefined: another kind of transaction, such as a configuration. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
export function parseFabricTransaction(envelope: Uint8Array): FabricTransaction | undefined {
  const payload = new WireMessage(new WireMessage(envelope).bytes(1));
  const header = new WireMessage(payload.message(1).bytes(1));
  if (header.uint(1) !== ENDORSER_TRANSACTION) return undefined;
  // Transaction > TransactionAction > ChaincodeActionPayload > ChaincodeEndorsedAction > ProposalResponsePayload > ChaincodeAction.
  // A transaction has one action: Fabric refuses others.
  const action = new WireMessage(new WireMessage(payload.bytes(2)).message(1).bytes(2)).message(2);
  const chaincodeAction = new WireMessage(new WireMessage(action.bytes(1)).bytes(2));
  return {
    channel: header.text(4),
    fabricTxId: header.text(5),
    chaincode: chaincodeAction.message(4).text(2),
    responsePayload: chaincodeAction.message(3).bytes(3),
    eventPayload: chaincodeAction.has(2) ? new WireMessage(chaincodeAction.bytes(2)).bytes(4) : new Uint8Array(0),
    results: chaincodeAction.bytes(1),
  };
}

/** The channel that an envelope of any kind names. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
export function channelOf(envelope: Uint8Array): string {
  const payload = new WireMessage(new WireMessage(envelope).bytes(1));
  return new WireMessage(payload.message(1).bytes(1)).text(4);
}
