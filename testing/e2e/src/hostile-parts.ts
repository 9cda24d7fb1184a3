import { randomBytes } from 'node:crypto';
import { loadTls } from '@selvedge/client';
import type { DevNetwork } from '@selvedge/dev-network';
import {
  BrokerStatementSchema,
  Compute,
  computeTxId,
  encodeMessage,
  KeyBroker,
  LIMITS,
  parseMessage,
  profileDigest,
  RequestBodySchema,
  RequestKind,
  ResponseSchema,
  SignedPartSchema,
  SignedProfileSchema,
  SignedRequestSchema,
  signing,
  type Response,
  type SignedPart,
} from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { createSenderContext, openResponse, requestDigest, sealRequest } from '@selvedge/sealed-objects';

/** A client that groups parts as it pleases. */
export interface HostileClient {
  /** One request in parts, under one transaction id. */
  begin(): HostileCall;
  close(): void;
}

export interface HostileCall {
  /** Has a part made by the compute node of that number. */
  map(node: number, index: number, count: number, ...args: string[]): Promise<SignedPart>;
  /** What a compute node answers to these parts, as a query; args: the function and its own arguments. */
  reduce(parts: readonly SignedPart[], ...args: string[]): Promise<Response>;
}

/** Speaks to compute nodes as the client library does, without its checks. */
export async function createHostileClient(network: DevNetwork, { mspId, contract }: { readonly mspId: string; readonly contract: string }): Promise<HostileClient> {
  const profile = network.connectionProfile();
  const tls = loadTls(profile);
  const signer = await network.identity(mspId);
  const broker = connectRpc(profile.keyBroker, { tls });
  const nodes = profile.computeNodes.map(({ address }) => connectRpc(address, { tls }));
  const { statement } = await broker.client(KeyBroker).getEnvelopeEvidence({ nonce: randomBytes(32) });
  const { envelopeKeys, contracts } = parseMessage(BrokerStatementSchema, statement, LIMITS.maxEvidenceBytes);
  const [envelopeKey] = envelopeKeys;
  if (envelopeKey === undefined) throw new Error('the broker has no envelope key');
  const { suite } = envelopeKey;
  const context = createSenderContext({ suite, network: profile.network, channel: profile.channel, envelopeKey });
  const common = {
    network: profile.network,
    channel: profile.channel,
    contract,
    creator: signer.serialized,
    keyEpoch: contracts.find((each) => each.contract === contract)?.epoch ?? 1n,
    profileDigest: profileDigest(parseMessage(SignedProfileSchema, network.signedProfile, LIMITS.maxProfileBytes).profile),
  };

  return {
    begin() {
      const nonce = randomBytes(24);
      const timestampSeconds = BigInt(Math.floor(Date.now() / 1000));
      const ask = async (node: number, body: { kind: RequestKind; args: Uint8Array[]; partition?: { index: number; count: number }; parts?: Uint8Array[] }): Promise<Response> => {
        const bytes = encodeMessage(RequestBodySchema, { ...common, nonce, timestampSeconds, ...body });
        const signedRequest = encodeMessage(SignedRequestSchema, { body: bytes, signature: signer.sign(signing.request(bytes)) });
        const { sealed, transactionKey, headerBytes } = sealRequest({ context, signedRequest, txId: computeTxId(nonce, signer.serialized) });
        const connection = nodes[node];
        if (connection === undefined) throw new Error(`no compute node ${String(node)}`);
        const { nodeId, salt, ciphertext } = await connection.client(Compute).execute(sealed);
        const digest = requestDigest(suite, transactionKey, signedRequest);
        return parseMessage(ResponseSchema, openResponse({ suite, transactionKey, headerBytes, nodeId, requestDigest: digest, coreDigest: new Uint8Array(0), salt, ciphertext }), LIMITS.maxMessageBytes);
      };
      return {
        async map(node, index, count, ...args) {
          const { map, refusal, message } = await ask(node, { kind: RequestKind.MAP, args: args.map(bytesOf), partition: { index, count } });
          if (map?.part === undefined) throw new Error(`no part: ${refusal?.code ?? message}`);
          return map.part;
        },
        reduce: (parts, ...args) => ask(0, { kind: RequestKind.EVALUATE, args: args.map(bytesOf), parts: parts.map((part) => encodeMessage(SignedPartSchema, part)) }),
      };
    },
    close() {
      for (const connection of [broker, ...nodes]) connection.close();
    },
  };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}
