import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { SelvedgeError } from '@selvedge/errors';
import { WireMessage } from '@selvedge/fabric';
import type { PlannedWrite } from '../domain/write-plan.js';
import type { ChaincodeStub } from './chaincode-stub.js';

// peer.ChaincodeMessage.Type, peer.WriteRecord.Type: Fabric 3.1 and later. fabric-shim 2.5 knows none of it.
const READY = 4;
const WRITE_BATCH_STATE = 24;
const GET_STATE_MULTIPLE = 25;
const WRITE_TYPES = { put: 9, delete: 10, policy: 21, purge: 23 } as const;
/** Name of a key's policy among its metadata (peer.MetaDataKeys). */
const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';

/** A message of the shim's own protobuf classes. */
interface ShimMessage {
  getType(): number;
  getPayload_asU8(): Uint8Array;
  setType(type: number): void;
  setPayload(payload: Uint8Array): void;
  setTxid(txId: string): void;
  setChannelId(channel: string): void;
}

/** One peer's stream, as grpc-js gives it to a handler. */
export interface PeerStream {
  on(event: 'data', listener: (message: ShimMessage) => void): unknown;
}

/** What the shim's stub and its handler keep to themselves. */
interface ShimStub {
  readonly handler?: { readonly _stream: PeerStream; _askPeerAndListen(message: ShimMessage, method: string): Promise<Buffer> };
}

/** What a peer takes in one message, as it said when it registered the chaincode. */
interface Announced {
  /** 0: one key a message. */
  readonly maxKeys: number;
  /** 0: one write a message. */
  readonly maxWrites: number;
  createMessage(): ShimMessage;
}

const announced = new WeakMap<PeerStream, Announced>();

/**
 * Keeps what a peer announces on a stream: peers since Fabric 3.1 answer several keys at once. An endorsement reads a
 * dozen facts, and each message costs both sides a tenth of a millisecond.
 */
export function listenForBatches(stream: PeerStream): void {
  stream.on('data', (message) => {
    if (message.getType() === READY) announced.set(stream, parseAnnouncement(message));
  });
}

/** ChaincodeAdditionalParams; older peers send nothing. */
function parseAnnouncement(ready: ShimMessage): Announced {
  const Message = ready.constructor as new () => ShimMessage;
  const parameters = new WireMessage(ready.getPayload_asU8());
  return {
    maxWrites: parameters.flag(1) ? Number(parameters.uint(2)) : 0,
    maxKeys: parameters.flag(3) ? Number(parameters.uint(4)) : 0,
    createMessage: () => new Message(),
  };
}

/** Public values in the order of their keys, empty ones for absent; undefined where the peer takes one key at a time. */
export function readStates(stub: ChaincodeStub, keys: readonly string[]): Promise<Uint8Array[]> | undefined {
  const { maxKeys = 0 } = announcedTo(stub) ?? {};
  if (maxKeys < 2) return undefined;
  return inChunks(keys, maxKeys, async (chunk) => {
    const values = new WireMessage(await ask(stub, GET_STATE_MULTIPLE, encodeKeys(chunk))).all(1);
    if (values.length !== chunk.length) throw new SelvedgeError('INTERNAL', 'the peer answered another number of keys than were asked for');
    return values;
  });
}

/** Carries out writes to private data; undefined where the peer takes one at a time. */
export function writePrivateBatch(stub: ChaincodeStub, writes: readonly PlannedWrite[]): Promise<unknown> | undefined {
  const { maxWrites = 0 } = announcedTo(stub) ?? {};
  if (maxWrites < 2) return undefined;
  return inChunks(writes, maxWrites, async (chunk) => {
    await ask(stub, WRITE_BATCH_STATE, encodeWrites(chunk));
    return [];
  });
}

function announcedTo(stub: ChaincodeStub): Announced | undefined {
  const { handler } = stub as unknown as ShimStub;
  return handler === undefined ? undefined : announced.get(handler._stream);
}

function ask(stub: ChaincodeStub, type: number, payload: Uint8Array): Promise<Uint8Array> {
  const message = announcedTo(stub)?.createMessage();
  const { handler } = stub as unknown as ShimStub;
  if (message === undefined || handler === undefined) throw new SelvedgeError('INTERNAL', 'the peer takes no batches');
  message.setType(type);
  message.setPayload(payload);
  message.setTxid(stub.getTxID());
  message.setChannelId(stub.getChannelID());
  return handler._askPeerAndListen(message, 'Batch');
}

/** GetStateMultiple { keys (1) } */
function encodeKeys(keys: readonly string[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const key of keys) writer.tag(1, WireType.LengthDelimited).string(key);
  return writer.finish();
}

/** WriteBatchState { rec (1): WriteRecord { key (1), value (2), collection (3), metadata (4): StateMetadata { metakey (1), value (2) }, type (5) } } */
function encodeWrites(writes: readonly PlannedWrite[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const write of writes) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(write.key);
    if (write.kind === 'put') writer.tag(2, WireType.LengthDelimited).bytes(write.value);
    writer.tag(3, WireType.LengthDelimited).string(write.collection);
    if (write.kind === 'policy') {
      writer.tag(4, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(VALIDATION_PARAMETER).tag(2, WireType.LengthDelimited).bytes(write.value);
      writer.join();
    }
    writer.tag(5, WireType.Varint).int32(WRITE_TYPES[write.kind]);
    writer.join();
  }
  return writer.finish();
}

async function inChunks<T, R>(items: readonly T[], size: number, act: (chunk: readonly T[]) => Promise<R[]>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += size) results.push(...(await act(items.slice(at, at + size))));
  return results;
}
