import { implement, startRpcServer, type RpcLog, type RpcObserver, type TlsMaterial } from '@selvedge/rpc';
import { Submitter } from '@selvedge/protocol';
import { openSession, type SessionOptions } from '../open-session.js';
import { createSubmitter, type SubmitterPolicy } from '../submitter/submitter.js';

/** What a submitter's process is started with. */
export interface SubmitterNodeOptions extends Omit<SessionOptions, 'tls'> {
  /** host:port or unix:path; port 0 lets the system choose. */
  readonly listen: string;
  /** Shown to clients, and with the roots of every organisation to whom it calls. */
  readonly tls: TlsMaterial;
  /** PEM: whose TLS certificates clients must show. The own organisation's roots alone, so that no other is served. */
  readonly clientRootsPem: string;
  readonly policy: SubmitterPolicy;
  /** How long what is here may take to end when it is closed. */
  readonly drainMs: number;
  readonly log?: RpcLog | undefined;
  readonly onCall?: RpcObserver | undefined;
}

/** A running submitter. */
export interface SubmitterNode {
  readonly address: string;
  readonly queued: number;
  /** Resolves once it has the ledger's facts from a quorum. Rejects with what the ledger view throws. */
  seen(): Promise<void>;
  /** Takes nothing more in, ends what is here, and stops. */
  close(): Promise<void>;
}

/** Starts a submitter. Rejects with INVALID_CONFIGURATION, and what openSession throws. */
export async function startSubmitter({ listen, tls, clientRootsPem, policy, drainMs, log, onCall, ...options }: SubmitterNodeOptions): Promise<SubmitterNode> {
  const { session, close } = openSession({ ...options, tls });
  const submitter = createSubmitter(session, policy);
  const service = implement(Submitter, { submit: (request, { peer, signal }) => submitter.submit(request, peer, signal) });
  try {
    const server = await startRpcServer({ role: 'submitter', address: listen, services: [service], tls: { ...tls, trustedRootsPem: clientRootsPem }, log, onCall });
    return {
      address: server.address,
      get queued() {
        return submitter.queued;
      },
      async seen() {
        await session.trust.view();
      },
      async close() {
        let timer: NodeJS.Timeout | undefined;
        await Promise.race([submitter.drain(), new Promise((resolve) => { timer = setTimeout(resolve, drainMs); })]);
        clearTimeout(timer);
        await server.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
