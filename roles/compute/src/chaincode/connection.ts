import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import { createHandshakeMessage, MessageType, type Message } from './messages.js';
import { protocolError } from './run.js';

const SOCKET_POLL_MS = 15;

export interface Connection {
  send(message: Message): void;
  /** Sets who receives what comes after the handshake. `onEnd` is called once. */
  listen(onMessage: (message: Message) => void, onEnd: (error: SelvedgeError) => void): void;
  /** Whether the process still answers: it must greet on another stream. */
  probe(timeoutMs: number): Promise<boolean>;
  close(): void;
}

/**
 * Connects to a chaincode that listens on a Unix socket and takes its registration, as a Fabric peer does.
 *
 * @param chaincodeId what the process must register as
 * @throws SelvedgeError CHAINCODE_START_FAILED when the signal fires first, CHAINCODE_PROTOCOL when it registers wrongly
 */
export async function connectChaincode(socketPath: string, chaincodeId: string, maxMessageBytes: number, signal: AbortSignal): Promise<Connection> {
  await waitForSocket(socketPath, signal);
  const client = new peer.ChaincodeClient(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 500,
  });
  const stream = client.connect();
  let onMessage: ((message: Message) => void) | undefined;
  let onEnd: ((error: SelvedgeError) => void) | undefined;
  let ended: SelvedgeError | undefined;
  const end = (error: SelvedgeError): void => {
    if (ended !== undefined) return;
    ended = error;
    onEnd?.(error);
  };
  stream.on('error', (error: ServiceError) => {
    end(describeStreamError(error));
  });
  stream.on('end', () => {
    end(streamEnded());
  });
  try {
    const first = await new Promise<Message>((resolve, reject) => {
      onMessage = resolve;
      onEnd = reject;
      stream.on('data', (message: Message) => onMessage?.(message));
      signal.addEventListener('abort', () => {
        reject(startFailed());
      }, { once: true });
    });
    verifyRegistration(first, chaincodeId);
  } catch (error) {
    stream.cancel();
    client.close();
    throw error;
  }
  onMessage = undefined;
  stream.write(createHandshakeMessage(MessageType.REGISTERED));
  stream.write(createHandshakeMessage(MessageType.READY));
  return {
    send: (message) => {
      if (ended === undefined) stream.write(message);
    },
    listen: (messageListener, endListener) => {
      onMessage = messageListener;
      onEnd = endListener;
      if (ended !== undefined) endListener(ended);
    },
    probe: (timeoutMs) => probe(client, timeoutMs),
    close: () => {
      end(streamEnded());
      stream.cancel();
      client.close();
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

async function waitForSocket(path: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await access(path);
      return;
    } catch {
      await sleep(SOCKET_POLL_MS);
    }
  }
  throw startFailed();
}

/** A process that is busy for good cannot send its greeting on a new stream either. */
async function probe(client: peer.ChaincodeClient, timeoutMs: number): Promise<boolean> {
  const stream = client.connect();
  return new Promise((resolve) => {
    const settle = (isAlive: boolean): void => {
      clearTimeout(timer);
      resolve(isAlive);
      stream.cancel();
    };
    const timer = setTimeout(() => {
      settle(false);
    }, timeoutMs);
    stream.on('error', () => {
      settle(false);
    });
    stream.once('data', () => {
      settle(true);
    });
  });
}

const startFailed = (): SelvedgeError => new SelvedgeError('CHAINCODE_START_FAILED', 'the chaincode process did not register in time', { role: 'compute' });
const streamEnded = (): SelvedgeError => new SelvedgeError('CHAINCODE_CRASHED', 'the chaincode process closed its stream', { role: 'compute' });

/** Our own gRPC side reports a message that it cannot take by these two codes. */
function describeStreamError(error: ServiceError): SelvedgeError {
  if (error.code === status.RESOURCE_EXHAUSTED) {
    return new SelvedgeError('CHAINCODE_LIMIT', 'the chaincode sent a message larger than maxMessageBytes', { role: 'compute', cause: error });
  }
  if (error.code === status.INTERNAL && error.details.includes('parsing')) return protocolError('sent a message that does not parse', error);
  return new SelvedgeError('CHAINCODE_CRASHED', 'the chaincode process broke its stream', { role: 'compute', cause: error });
}
