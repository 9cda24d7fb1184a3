import type { ServiceError } from '@grpc/grpc-js';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { parseDelivered, type Delivered } from '@selvedge/fabric';
import type { PeerConnection } from '../peer-connection.js';
import { createSeekRequest, type SeekContext, type SeekRange } from './seek-request.js';

/** A block as a peer delivers it. */
export type DeliveredBlock = Extract<Delivered, { kind: 'block' }>;

/** A channel's blocks, from the organisation's own peer. */
export interface FabricBlockSource {
  /** From a block on, then each as it is committed. Ends when aborted; throws UNAVAILABLE when the connection breaks, or LEDGER_CORRUPT. */
  follow(from: bigint, signal: AbortSignal): AsyncIterable<DeliveredBlock>;
  /** Some blocks that are there, once more: private data that reached the peer since then comes along. Throws likewise. */
  read(from: bigint, to: bigint, signal: AbortSignal): AsyncIterable<DeliveredBlock>;
}

export interface BlockSourceOptions extends Omit<SeekContext, 'tlsCertificateHash'> {
  readonly connection: PeerConnection;
  readonly channel: string;
  /** Whether the private data of the signer's organisation shall come along. */
  readonly withPrivateData: boolean;
}

const MAX_DETAILS = 200;
// common.Status
const SUCCESS = 200;
const REFUSALS: Readonly<Record<number, readonly [RefusalCode, string]>> = {
  400: ['FABRIC_REFUSED', 'bad request: compare the clocks of node and peer, and the TLS client certificate'],
  403: ['FABRIC_REFUSED', 'forbidden: the channel’s policy does not let this identity read blocks'],
  404: ['UNAVAILABLE', 'not found: the peer has not joined the channel, or begins at a later block'],
};

/** Reads blocks through a peer's deliver service. Nothing is sent before the first call. */
export function createFabricBlockSource(options: BlockSourceOptions): FabricBlockSource {
  const { connection, channel } = options;
  const method = options.withPrivateData ? '/protos.Deliver/DeliverWithPrivateData' : '/protos.Deliver/Deliver';
  const deliver = async function* (range: Omit<SeekRange, 'channel'>, signal: AbortSignal): AsyncGenerator<DeliveredBlock> {
    if (signal.aborted) return;
    // Bytes in, bytes out: blocks are parsed lazily, and only what is needed of them.
    const call = connection.client.makeBidiStreamRequest(method, asBuffer, (bytes: Buffer) => bytes);
    const abort = (): void => {
      call.cancel();
    };
    signal.addEventListener('abort', abort, { once: true });
    call.write(createSeekRequest({ channel, ...range }, { ...options, tlsCertificateHash: connection.tlsCertificateHash }));
    try {
      for await (const bytes of call) {
        const delivered = parseDelivered(bytes as Buffer);
        if (delivered.kind === 'block') yield delivered;
        else if (delivered.status === SUCCESS) return;
        else throw refusalOf(delivered.status, connection.endpoint);
      }
    } catch (error) {
      if (isStopped(signal)) return;
      throw isSelvedgeError(error) ? error : brokenStream(error as ServiceError, connection.endpoint);
    } finally {
      signal.removeEventListener('abort', abort);
      call.cancel();
    }
  };
  return {
    follow: (from, signal) => deliver({ from }, signal),
    read: (from, to, signal) => deliver({ from, to }, signal),
  };
}

// A function, because the compiler takes an aborted flag that was false once for false ever after.
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

function refusalOf(status: number, endpoint: string): SelvedgeError {
  const [code, why] = REFUSALS[status] ?? ['UNAVAILABLE', `status ${String(status)}`];
  return new SelvedgeError(code, `peer ${endpoint} delivers no blocks: ${why}`);
}

function brokenStream(error: ServiceError, endpoint: string): SelvedgeError {
  return new SelvedgeError('UNAVAILABLE', `the stream of blocks from peer ${endpoint} broke: ${error.details.slice(0, MAX_DETAILS)}`, { cause: error });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
