import { Shim, type ChaincodeServerOpts } from 'fabric-shim';
import { serverCredentials, verifyTlsSetting, type TlsSetting } from '@selvedge/rpc';
import type { Chaincode } from '../chaincode.js';
import { listenForBatches, type PeerStream } from './peer-batches.js';
import { silenceShim } from './silence-shim.js';

export interface ChaincodeServerOptions {
  readonly chaincode: Chaincode;
  /** Id of the installed package, label:hash: how the peer knows the process. */
  readonly packageId: string;
  /** host:port; port 0 lets the system choose. */
  readonly address: string;
  /** Trusted roots are those of the peers' client certificates. */
  readonly tls: TlsSetting;
}

/** A chaincode that peers can call. */
export interface ChaincodeServer {
  /** With the real port. */
  readonly address: string;
  close(): Promise<void>;
}

/** The peer's own limit of one gRPC message; the shim's default of 4 MiB would cut large transactions off. */
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;

const CONNECT = '/protos.Chaincode/Connect';

/** What the shim's server keeps to itself: its own start tells no port, and it cannot be stopped. */
interface ShimServer {
  readonly _server: {
    bindAsync(address: string, credentials: unknown, bound: (error: Error | null, port: number) => void): void;
    forceShutdown(): void;
    /** By path. */
    readonly handlers: ReadonlyMap<string, { func: (stream: PeerStream) => void }>;
  };
}

/** Listens as chaincode-as-a-service. Throws INVALID_CONFIGURATION for a wrong TLS setting, and what binding throws. */
export async function startChaincodeServer({ chaincode, packageId, address, tls }: ChaincodeServerOptions): Promise<ChaincodeServer> {
  verifyTlsSetting(address, tls);
  silenceShim();
  const options = { ccid: packageId, address, 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES, 'grpc.max_send_message_length': MAX_MESSAGE_BYTES };
  // Its types ask for TLS properties; its code does not, and the credentials are ours below.
  const { _server: server } = Shim.server(chaincode, options as unknown as ChaincodeServerOpts) as unknown as ShimServer;
  const connect = server.handlers.get(CONNECT);
  if (connect !== undefined) {
    const { func } = connect;
    connect.func = (stream) => {
      listenForBatches(stream);
      func(stream);
    };
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, serverCredentials(tls), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    address: `${address.slice(0, address.lastIndexOf(':'))}:${String(port)}`,
    close: () => {
      // Peers hold their streams for good: there is nothing to wait for.
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}
