import type { FollowerPort } from '@selvedge/ledger-view';
import { Business, Follower, KeyBroker } from '@selvedge/protocol';
import { connectRpc, type RpcConnection, type TlsSetting } from '@selvedge/rpc';
import type { BusinessPort, CommitStatementPort, HistoryHeadPort, KeyBrokerPort, ReadsPort, SetDigestPort } from '../ports.js';

/** An organisation's node and where it is reached. */
export interface PeerAddress {
  readonly mspId: string;
  /** host:port or unix:path. */
  readonly address: string;
}

/** The peers of a compute node over gRPC, one connection per address. */
export interface RpcPeers {
  /** The replicas of the key broker. */
  readonly brokers: readonly KeyBrokerPort[];
  readonly followers: readonly (FollowerPort & SetDigestPort & HistoryHeadPort & ReadsPort & CommitStatementPort)[];
  readonly businessNodes: readonly BusinessPort[];
  close(): void;
}

const KEY_TIMEOUT_MS = 10_000;

/** Where the peers are, and how to reach them. */
export interface PeersInput {
  /** Every replica of the key broker. */
  readonly keyBrokers: readonly string[];
  readonly followers: readonly PeerAddress[];
  readonly businessNodes: readonly PeerAddress[];
  readonly tls: TlsSetting;
}

/** Opens connections lazily. Throws INVALID_CONFIGURATION as connectRpc does. */
export function connectPeers(addresses: PeersInput): RpcPeers {
  const connections = new Map<string, RpcConnection>();
  const connect = (address: string): RpcConnection => {
    const connection = connections.get(address) ?? connectRpc(address, { tls: addresses.tls });
    connections.set(address, connection);
    return connection;
  };
  return {
    brokers: addresses.keyBrokers.map((address) => {
      const broker = connect(address).client(KeyBroker);
      return {
        challenge: (signal) => broker.challenge({}, { signal, timeoutMs: KEY_TIMEOUT_MS }),
        releaseKeys: (request, signal) => broker.releaseKeys(request, { signal, timeoutMs: KEY_TIMEOUT_MS }),
      };
    }),
    followers: addresses.followers.map(({ mspId, address }) => {
      const follower = connect(address).client(Follower);
      return {
        mspId,
        address,
        getLedgerView: (request, signal) => follower.getLedgerView(request, { signal }),
        getSetDigest: (asked, timeoutMs) => follower.getSetDigest(asked, { timeoutMs }),
        getHistoryHead: (asked, timeoutMs) => follower.getHistoryHead(asked, { timeoutMs }),
        getCommitStatement: (asked, timeoutMs) => follower.getCommitStatement(asked, { timeoutMs }),
        confirmReads: (asked, timeoutMs) => follower.confirmReads(asked, { timeoutMs }),
      };
    }),
    businessNodes: addresses.businessNodes.map(({ mspId, address }) => {
      const business = connect(address).client(Business);
      return {
        mspId,
        address,
        queryState: (query, timeoutMs) => business.queryState(query, { timeoutMs }),
        challengeReader: (timeoutMs) => business.challengeReader({}, { timeoutMs }),
        admitReader: (evidence, timeoutMs) => business.admitReader(evidence, { timeoutMs }),
      };
    }),
    close() {
      for (const connection of connections.values()) connection.close();
    },
  };
}
