import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import { Compute, Follower, KeyBroker, LedgerViewStatementSchema, LIMITS, parseMessage, Sequencer, Viewer } from '@selvedge/protocol';
import { connectRpc, type RpcConnection, type TlsSetting } from '@selvedge/rpc';
import { acceptsConnections } from '../../fabric/await-services.js';
import type { NodeFacts } from '../domain/facts.js';

/** What a node says of itself over gRPC. */
export type Told = Pick<NodeFacts, 'height' | 'teeType' | 'measurement' | 'packages' | 'deniedContracts'>;

const TIMEOUT_MS = 3_000;
const NONCE_BYTES = 16;

/** Asks a process what it tells anyone; its refusal where it does not answer. */
export async function askNode(service: string, address: string, tls: TlsSetting): Promise<Told & Pick<NodeFacts, 'refusal'>> {
  if (address === '') return { refusal: 'UNAVAILABLE' };
  const ask = QUESTIONS[service];
  if (ask === undefined) return { refusal: (await acceptsConnections(address)) ? undefined : 'UNAVAILABLE' };
  const connection = connectRpc(address, { tls });
  try {
    return { ...(await ask(connection)), refusal: undefined };
  } catch (error) {
    return { refusal: withRole(error, 'cli').code };
  } finally {
    connection.close();
  }
}

async function askFollower(connection: RpcConnection): Promise<Told> {
  const answer = await connection.client(Follower).getLedgerView({ nonce: randomBytes(NONCE_BYTES), knownPolicyRoot: new Uint8Array(0) }, { timeoutMs: TIMEOUT_MS });
  return { height: parseMessage(LedgerViewStatementSchema, answer.statement, LIMITS.maxFactBytes).height };
}

/** Programs and chaincodes of Fabric talk to their own alone: that they listen is what can be seen. */
const QUESTIONS: Readonly<Partial<Record<string, (connection: RpcConnection) => Promise<Told>>>> = {
  endorser: askFollower,
  business: askFollower,
  'key-broker': async (connection) => {
    await connection.client(KeyBroker).challenge({}, { timeoutMs: TIMEOUT_MS });
    return {};
  },
  sequencer: async (connection) => {
    const blocks = connection.client(Sequencer).deliver({ fromBlock: 0n }, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    // The first block tells that it works.
    for await (const { header } of blocks) if (header.length > 0) return {};
    throw new SelvedgeError('NOT_READY', 'the sequencer has no block', { role: 'sequencer' });
  },
  compute: async (connection) => {
    const { viewHeight, teeType, measurement, packages, deniedContracts } = await connection.client(Compute).health({}, { timeoutMs: TIMEOUT_MS });
    return { height: heightOf(viewHeight), teeType, measurement: toHex(measurement), packages: packages.map(({ codeHash, verified }) => ({ codeHash: toHex(codeHash), verified })), deniedContracts };
  },
  viewer: async (connection) => {
    const { viewHeight, teeType } = await connection.client(Viewer).health({}, { timeoutMs: TIMEOUT_MS });
    return { height: heightOf(viewHeight), teeType };
  },
};

/** A node without a ledger view says 0: that it has none is its readiness's to tell. */
function heightOf(viewHeight: bigint): bigint | undefined {
  return viewHeight === 0n ? undefined : viewHeight;
}
