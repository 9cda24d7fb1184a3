import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import type { ComputeNode } from '@selvedge/compute';
import type { KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { TestConsortium } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { facts, parseContractPolicy } from '@selvedge/policy';
import {
  BatchRequestSchema, computeTxId, encodeMessage, parseMessage, RequestBodySchema, RequestKind, ResponseSchema, SignedRequestSchema, signing, targetDigest, TargetDataSchema,
  type ContractPolicy, type Response, type SealedRequest, type SealedResponse, type TargetData,
} from '@selvedge/protocol';
import { createSenderContext, openResponse, requestDigest, sealRequest } from '@selvedge/sealed-objects';

/** Bound of what is parsed here: its own nodes' answers. */
export const MAX_BYTES = 1 << 26;

/** What a client asks for. */
export interface Asked {
  /** Default: the network's own. */
  readonly contract?: string;
  readonly args: readonly Uint8Array[];
  readonly transient?: ReadonlyMap<string, Uint8Array>;
  /** Default: the first house's client. */
  readonly signer?: Signer;
  /** Default: submit. */
  readonly kind?: 'submit' | 'evaluate';
}

/** A request that was executed: what the client got. */
export interface Executed {
  readonly txId: Uint8Array;
  readonly response: Response;
  readonly targetData: TargetData;
}

/** A batch that was executed. */
export interface ExecutedBatch {
  readonly items: readonly ({ readonly txId: Uint8Array; readonly response: Response; readonly hasCore: boolean } | { readonly refusal: string })[];
  readonly targetData: TargetData;
}

/** The same, with what the network adds. */
export interface AskedWith extends Asked {
  readonly contract: string;
  readonly signer: Signer;
  /** Contracts that it may call. */
  readonly called: readonly string[];
  readonly at: Date;
}

/** A sealed request, and how to open what comes back. */
interface Prepared {
  readonly txId: Uint8Array;
  readonly sealed: SealedRequest;
  readonly open: (answer: SealedResponse, core: Uint8Array | undefined) => Response;
}

/** A contract's policy, as the consortium's ledger begins with it. Throws CONTRACT_UNKNOWN. */
export function contractPolicyOf({ state }: TestConsortium, contract: string): ContractPolicy {
  const value = state.fact(facts.contract(contract));
  if (value === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`);
  return parseContractPolicy(value);
}

function prepare(consortium: TestConsortium, { args, transient = new Map(), signer, kind = 'submit', contract, called, at }: AskedWith): Prepared {
  const { network, channel, envelopeKeys, profile } = consortium;
  const { suite } = contractPolicyOf(consortium, contract);
  const nonce = randomBytes(24);
  const txId = computeTxId(nonce, signer.serialized);
  const body = encodeMessage(RequestBodySchema, {
    network, channel, contract, kind: kind === 'submit' ? RequestKind.SUBMIT : RequestKind.EVALUATE, args: [...args], creator: signer.serialized, nonce,
    transient: [...transient].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    timestampSeconds: BigInt(Math.floor(at.getTime() / 1000)), timestampNanos: 123_000_000, keyEpoch: 1n, profileDigest: profile.digest,
    calledEpochs: called.map((name) => ({ contract: name, epoch: 1n })),
  });
  const signedRequest = encodeMessage(SignedRequestSchema, { body, signature: signer.sign(signing.request(body)) });
  const envelope = (envelopeKeys as Readonly<Record<string, KemKeyPair>>)[suite];
  if (envelope === undefined) throw new Error('no envelope key');
  const { sealed, transactionKey, headerBytes } = sealRequest({ context: createSenderContext({ suite, network, channel, envelopeKey: { epoch: 1n, publicKey: envelope.publicKey } }), signedRequest, txId });
  return {
    txId,
    sealed,
    open({ nodeId, salt, ciphertext }, core) {
      const coreDigest = core === undefined ? new Uint8Array(0) : targetDigest([core], new Uint8Array(0));
      return parseMessage(ResponseSchema, openResponse({ suite, transactionKey, headerBytes, nodeId, requestDigest: requestDigest(suite, transactionKey, signedRequest), coreDigest, salt, ciphertext }), MAX_BYTES);
    },
  };
}

/** Seals, has the compute node execute, and opens. Throws SelvedgeError with the code with which the node refused. */
export async function execute(consortium: TestConsortium, compute: ComputeNode, asked: AskedWith): Promise<Executed> {
  const { txId, sealed, open } = prepare(consortium, asked);
  const answer = await compute.execute(sealed, new AbortController().signal);
  const response = open(answer, answer.targetData?.cores[0]);
  const { refusal } = response;
  if (refusal !== undefined) throw new SelvedgeError(refusal.code as 'INTERNAL', refusal.message);
  return { txId, response, targetData: answer.targetData ?? create(TargetDataSchema) };
}

/** The same for a batch. */
export async function executeBatch(consortium: TestConsortium, compute: ComputeNode, asked: readonly AskedWith[]): Promise<ExecutedBatch> {
  const prepared = asked.map((each) => prepare(consortium, each));
  const { items, targetData } = await compute.executeBatch(create(BatchRequestSchema, { items: prepared.map(({ sealed }) => sealed) }), new AbortController().signal);
  const cores = [...(targetData?.cores ?? [])];
  return {
    targetData: targetData ?? create(TargetDataSchema),
    items: items.map(({ response: sealed, hasCore, refusal }, i) => {
      const request = prepared[i];
      if (sealed === undefined || request === undefined) return { refusal: refusal?.code ?? 'INTERNAL' };
      const response = request.open(sealed, hasCore ? cores.shift() : undefined);
      return response.refusal === undefined ? { txId: request.txId, response, hasCore } : { refusal: response.refusal.code };
    }),
  };
}
