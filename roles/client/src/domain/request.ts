import type { SuiteName } from '@selvedge/crypto';
import type { Signer } from '@selvedge/identity';
import { compareText, computeTxId, encodeMessage, RequestBodySchema, SignedRequestSchema, signing, type RequestKind, type SealedRequest } from '@selvedge/protocol';
import { requestDigest, sealRequest, type SenderContext } from '@selvedge/sealed-objects';

/** Everything that goes into one request. */
export interface RequestInput {
  /** With the holders of the envelope key of the contract's suite; names network and channel too. */
  readonly context: SenderContext;
  readonly contract: string;
  readonly kind: RequestKind;
  /** args[0] is the function name. */
  readonly args: readonly Uint8Array[];
  readonly transient: Readonly<Record<string, Uint8Array>>;
  /** Organisations that must confirm what is read; 0: none. */
  readonly confirmQuorum: number;
  /** Of a map. */
  readonly place?: { readonly index: number; readonly count: number } | undefined;
  /** SignedPart bytes, by index; default: the request is whole. */
  readonly parts?: readonly Uint8Array[];
  /** 24 bytes, fresh for each transaction. */
  readonly nonce: Uint8Array;
  readonly timestamp: Date;
  /** Epoch of the contract's keys for new writes. */
  readonly keyEpoch: bigint;
  /** The same of other contracts, which the function may call. */
  readonly calledEpochs: ReadonlyMap<string, bigint>;
  /** Of what is known to be committed. */
  readonly leastHeight: bigint;
  readonly profileDigest: Uint8Array;
}

/** A signed, sealed request and what the client keeps to open and check its answers. */
export interface BuiltRequest {
  readonly kind: RequestKind;
  readonly network: string;
  readonly channel: string;
  readonly contract: string;
  readonly suite: SuiteName;
  readonly keyEpoch: bigint;
  /** Of other contracts, which the function may call. */
  readonly calledEpochs: ReadonlyMap<string, bigint>;
  readonly txId: Uint8Array;
  /** Organisations that the answer must say have confirmed it. */
  readonly confirmQuorum: number;
  /** txId is SHA-256(nonce || creator). */
  readonly nonce: Uint8Array;
  readonly timestampSeconds: bigint;
  readonly timestampNanos: number;
  readonly sealed: SealedRequest;
  /** Secret: opens the answers. */
  readonly transactionKey: Uint8Array;
  readonly headerBytes: Uint8Array;
  readonly requestDigest: Uint8Array;
}

/** Encodes, signs and seals a request (DESIGN 2, step 1). Throws LIMIT_EXCEEDED when it is too large. */
export function buildRequest(input: RequestInput, signer: Signer): BuiltRequest {
  const { context, contract, kind, keyEpoch, calledEpochs, confirmQuorum } = input;
  const { suite, network, channel } = context;
  const timestampMs = input.timestamp.getTime();
  const timestampSeconds = BigInt(Math.floor(timestampMs / 1000));
  const timestampNanos = (timestampMs - Number(timestampSeconds) * 1000) * 1_000_000;
  const body = encodeMessage(RequestBodySchema, {
    network,
    channel,
    contract,
    kind,
    args: [...input.args],
    transient: Object.keys(input.transient)
      .sort()
      .map((name) => ({ name, value: input.transient[name] ?? new Uint8Array(0) })),
    creator: signer.serialized,
    nonce: input.nonce,
    timestampSeconds,
    timestampNanos,
    keyEpoch,
    leastHeight: input.leastHeight,
    profileDigest: input.profileDigest,
    confirmQuorum: input.confirmQuorum,
    ...(input.place === undefined ? {} : { partition: input.place }),
    parts: [...(input.parts ?? [])],
    calledEpochs: [...calledEpochs].map(([name, epoch]) => ({ contract: name, epoch })).sort((a, b) => compareText(a.contract, b.contract)),
  });
  const signedRequest = encodeMessage(SignedRequestSchema, { body, signature: signer.sign(signing.request(body)) });
  const txId = computeTxId(input.nonce, signer.serialized);
  const { sealed, transactionKey, headerBytes } = sealRequest({ context, txId, signedRequest });
  return { kind, confirmQuorum, network, channel, contract, suite, keyEpoch, calledEpochs, txId, nonce: input.nonce, timestampSeconds, timestampNanos, sealed, transactionKey, headerBytes, requestDigest: requestDigest(suite, transactionKey, signedRequest) };
}
