import { connectRpc, type RpcConnection, type TlsSetting } from '@selvedge/rpc';

/** One connection per address, shared by all services behind it. */
export interface ConnectionPool {
  get(address: string): RpcConnection;
  close(): void;
}

export function createConnectionPool(tls: TlsSetting): ConnectionPool {
  const connections = new Map<string, RpcConnection>();
  return {
    get(address) {
      let connection = connections.get(address);
      if (connection === undefined) {
        connection = connectRpc(address, { tls });
        connections.set(address, connection);
      }
      return connection;
    },
    close() {
      for (const connection of connections.values()) connection.close();
      connections.clear();
    },
  };
}
