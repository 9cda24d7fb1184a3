import { peer } from '@hyperledger/fabric-protos';

export type Message = peer.ChaincodeMessage;
export const MessageType = peer.ChaincodeMessage.Type;
export type MessageTypeNumber = ReturnType<Message['getType']>;

const NAMES = new Map<number, string>(Object.entries(MessageType).map(([name, value]) => [value as number, name]));

/** Name of a message type as Fabric's texts show it, such as GET_STATE. */
export const typeName = (type: number): string => NAMES.get(type) ?? `type ${String(type)}`;

/** What ties a message to its transaction. */
export interface TransactionRef {
  readonly channel: string;
  readonly txId: string;
}

/** One string per (channel, transaction); neither part can hold a line feed in it without the other side's consent, so the length goes first. */
export const transactionKey = ({ channel, txId }: TransactionRef): string => `${String(channel.length)}:${channel}:${txId}`;

const EMPTY = new Uint8Array(0);

/** A message of a transaction. */
export function createMessage(type: MessageTypeNumber, ref: TransactionRef, payload: Uint8Array = EMPTY): Message {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  message.setChannelId(ref.channel);
  message.setTxid(ref.txId);
  message.setPayload(payload);
  return message;
}

/** A message of the handshake: REGISTERED or READY. */
export const createHandshakeMessage = (type: MessageTypeNumber, payload?: Uint8Array): Message => createMessage(type, { channel: '', txId: '' }, payload);

/** An ERROR in answer to a request; the text reaches the chaincode only. */
export const createErrorMessage = (ref: TransactionRef, text: string): Message => createMessage(MessageType.ERROR, ref, new TextEncoder().encode(text));
