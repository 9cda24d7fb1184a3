import type { FollowerPort } from '@selvedge/ledger-view';
import { Follower } from '@selvedge/protocol';
import type { RpcConnection } from '@selvedge/rpc';

/** A follower of the ledger, reached over gRPC. */
export function createRpcFollower(mspId: string, connection: RpcConnection): FollowerPort {
  const client = connection.client(Follower);
  return { mspId, address: connection.address, getLedgerView: (request, signal) => client.getLedgerView(request, { signal }) };
}
