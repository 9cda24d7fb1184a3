import { chmod, rm } from 'node:fs/promises';
import { Server, ServerCredentials, type handleBidiStreamingCall, type ServerDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import { encodeCapabilities } from './capabilities.js';
import type { ChaincodeLimits } from './limits.js';
import { createHandshakeMessage, MessageType, type Message } from './messages.js';
import { protocolError } from './run.js';
import { unlessAborted } from './unless-aborted.js';

/** A message above maxMessageBytes is refused by name up to this factor; a larger one breaks the stream. */
const OVERSIZE_FACTOR = 4;

export interface Connection {
  send(message: Message): void;
  /** Sets who receives what comes after the handshake. `onEnd` is called once. */
  listen(onMessage: (message: Message) => void, onEnd: (error: SelvedgeError) => void): void;
  close(): void;
}

/** The peer's address, before the chaincode has come. */
export interface Reception {
  /**
   * Takes the registration of the chaincode, as a Fabric peer does.
   *
   * @param chaincodeId what the process must register as
   * @throws SelvedgeError CHAINCODE_START_FAILED when the signal fires first, CHAINCODE_PROTOCOL when it registers wrongly
   */
  register(chaincodeId: string, signal: AbortSignal): Promise<Connection>;
  close(): void;
}

type Stream = ServerDuplexStream<Buffer, Message>;

/**
 * Listens on a Unix socket as the peer that one chaincode process connects to (peer.ChaincodeSupport/Register). Only one
 * stream is ever taken.
 *
 * @throws SelvedgeError INVALID_CONFIGURATION when the path cannot be listened on
 */
export async function openReception(socketPath: string, limits: ChaincodeLimits): Promise<Reception> {
  const server = new Server({
    'grpc.max_receive_message_length': limits.maxMessageBytes * OVERSIZE_FACTOR,
    'grpc.max_send_message_length': -1,
    // A process that does not answer its pings for so long is blocked, or stopped.
    'grpc.keepalive_time_ms': limits.pingIntervalMs,
    'grpc.keepalive_timeout_ms': limits.maxBlockedMs,
    'grpc.max_concurrent_streams': 4,
  });
  let taken: Connection | undefined;
  let isTaken = false;
  let onStream: ((stream: Stream) => void) | undefined;
  const register: handleBidiStreamingCall<Buffer, Message> = (stream) => {
    // One stream for one process: a second could answer for the first.
    if (isTaken) {
      stream.on('error', () => undefined);
      stream.end();
      return;
    }
    isTaken = true;
    onStream?.(stream);
  };
  const streams = new Promise<Stream>((resolve) => {
    onStream = resolve;
  });
  server.addService(RAW_SERVICE, { register });
  await bind(server, socketPath);
  // Inside, the process has another uid; outside, the directory keeps everyone else away.
  await chmod(socketPath, 0o666);
  const close = (): void => {
    taken?.close();
    server.forceShutdown();
    void rm(socketPath, { force: true });
  };
  return {
    register: async (chaincodeId, signal) => {
      const connection = createConnection(await unlessAborted(streams, signal, notRegistered), limits);
      taken = connection;
      const first = await unlessAborted(connection.first, signal, notRegistered);
      verifyRegistration(first, chaincodeId);
      connection.send(createHandshakeMessage(MessageType.REGISTERED));
      connection.send(createHandshakeMessage(MessageType.READY, encodeCapabilities()));
      return { ...connection, close };
    },
    close,
  };
}

/** Bytes are parsed here, so that what does not parse has a code of its own. */
const RAW_SERVICE: ServiceDefinition = {
  register: {
    ...peer.ChaincodeSupportService.register,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (message: Message) => Buffer.from(message.serializeBinary()),
  },
};

function bind(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(new SelvedgeError('INVALID_CONFIGURATION', `cannot listen on ${socketPath}`, { role: 'compute', cause: error }));
    });
  });
}

function createConnection(stream: Stream, limits: ChaincodeLimits): Connection & { readonly first: Promise<Message> } {
  const early: Message[] = [];
  let onMessage: ((message: Message) => void) | undefined;
  let onEnd: ((error: SelvedgeError) => void) | undefined;
  let ended: SelvedgeError | undefined;
  let rejectFirst: (error: SelvedgeError) => void = () => undefined;
  const end = (error: SelvedgeError): void => {
    if (ended !== undefined) return;
    ended = error;
    rejectFirst(error);
    onEnd?.(error);
  };
  const receive = (bytes: Buffer): void => {
    if (ended !== undefined) return;
    if (bytes.length > limits.maxMessageBytes) {
      end(new SelvedgeError('CHAINCODE_LIMIT', 'the chaincode sent a message larger than maxMessageBytes', { role: 'compute', details: { limit: 'maxMessageBytes', maximum: limits.maxMessageBytes } }));
      return;
    }
    let message: Message;
    try {
      message = peer.ChaincodeMessage.deserializeBinary(bytes);
    } catch (error) {
      end(protocolError('sent a message that does not parse', error));
      return;
    }
    if (onMessage === undefined) early.push(message);
    else onMessage(message);
  };
  const first = new Promise<Message>((resolve, reject) => {
    rejectFirst = reject;
    onMessage = (message) => {
      onMessage = undefined;
      resolve(message);
    };
  });
  first.catch(() => undefined);
  stream.on('data', receive);
  for (const event of ['error', 'end', 'cancelled', 'close'] as const) {
    stream.on(event, () => {
      end(streamEnded());
    });
  }
  return {
    first,
    send: (message) => {
      if (ended === undefined) stream.write(message);
    },
    listen: (messageListener, endListener) => {
      onMessage = messageListener;
      onEnd = endListener;
      for (const message of early.splice(0)) messageListener(message);
      if (ended !== undefined) endListener(ended);
    },
    close: () => {
      end(streamEnded());
    },
  };
}

/** Throws SelvedgeError CHAINCODE_PROTOCOL unless the first message is the registration of this very chaincode. */
function verifyRegistration(message: Message, chaincodeId: string): void {
  if (message.getType() !== MessageType.REGISTER) throw protocolError('did not register first');
  let name: string;
  try {
    name = peer.ChaincodeID.deserializeBinary(message.getPayload_asU8()).getName();
  } catch (error) {
    throw protocolError('registered with a name that does not parse', error);
  }
  if (name !== chaincodeId) throw protocolError('registered under another name');
}

const notRegistered = (): SelvedgeError => new SelvedgeError('CHAINCODE_START_FAILED', 'the chaincode process did not register in time', { role: 'compute' });

const streamEnded = (): SelvedgeError => new SelvedgeError('CHAINCODE_CRASHED', 'the chaincode process closed its stream', { role: 'compute' });
