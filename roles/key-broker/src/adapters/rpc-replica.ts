import { KeyBroker, KeyBrokerReplication } from '@selvedge/protocol';
import type { RpcConnection } from '@selvedge/rpc';
import type { ReplicaPort } from '../replication/obtain.js';

const TIMEOUT_MS = 10_000;

/** Another replica, reached over gRPC. */
export function createRpcReplica(connection: RpcConnection): ReplicaPort {
  const broker = connection.client(KeyBroker);
  const replication = connection.client(KeyBrokerReplication);
  return {
    address: connection.address,
    challenge: (signal) => broker.challenge({}, { signal, timeoutMs: TIMEOUT_MS }),
    shareRoot: (request, signal) => replication.shareRoot(request, { signal, timeoutMs: TIMEOUT_MS }),
  };
}
