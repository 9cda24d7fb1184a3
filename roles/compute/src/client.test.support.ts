import { randomBytes } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Signer } from '@selvedge/identity';
import {
  computeTxId,
  encodeMessage,
  parseMessage,
  RequestBodySchema,
  RequestKind,
  ResponseSchema,
  SignedRequestSchema,
  signing,
  targetDigest,
  type Response,
  type SealedRequest,
  type SealedResponse,
} from '@selvedge/protocol';
import { createSenderContext, openResponse, requestDigest, sealRequest } from '@selvedge/sealed-objects';

/** What a test's client knows of the network. */
export interface ClientSetting {
  readonly network: string;
  readonly channel: string;
  readonly contract: string;
  readonly profileDigest: Uint8Array;
  readonly suite: string;
  readonly envelopePublicKey: Uint8Array;
  readonly signer: Signer;
  readonly now: Date;
}

type BodyInit = Omit<MessageInitShape<typeof RequestBodySchema>, '$typeName'>;

/** What a test may want to be different about a request. */
export interface RequestChange {
  readonly body?: Partial<BodyInit>;
  readonly header?: { readonly network?: string; readonly channel?: string; readonly epoch?: bigint; readonly txId?: Uint8Array; readonly suite?: string; readonly envelopePublicKey?: Uint8Array };
  readonly signer?: Signer;
  readonly signature?: Uint8Array;
  /** Replaces the SignedRequest bytes. */
  readonly signedRequest?: Uint8Array;
}

export interface ClientRequest {
  readonly sealed: SealedRequest;
  readonly transactionKey: Uint8Array;
  readonly signedRequest: Uint8Array;
  readonly txId: Uint8Array;
  /** core: the item's own, in a batch. */
  open(response: SealedResponse, core?: Uint8Array): Response;
}

/** Builds, signs and seals a request as a client does; the changes come before signing. */
export function buildRequest(setting: ClientSetting, change: RequestChange = {}): ClientRequest {
  const { network, channel, contract, suite } = setting;
  const signer = change.signer ?? setting.signer;
  const nonce = change.body?.nonce ?? randomBytes(24);
  const creator = change.body?.creator ?? signer.serialized;
  const body = encodeMessage(RequestBodySchema, {
    network,
    channel,
    contract,
    kind: RequestKind.SUBMIT,
    args: [Buffer.from('invoke')],
    creator,
    nonce,
    timestampSeconds: BigInt(Math.floor(setting.now.getTime() / 1000)),
    keyEpoch: 1n,
    profileDigest: setting.profileDigest,
    ...change.body,
  });
  const signature = change.signature ?? signer.sign(signing.request(body));
  const signedRequest = change.signedRequest ?? encodeMessage(SignedRequestSchema, { body, signature });
  const txId = change.header?.txId ?? computeTxId(nonce, creator);
  const envelopeKey = { epoch: change.header?.epoch ?? 1n, publicKey: change.header?.envelopePublicKey ?? setting.envelopePublicKey };
  const context = createSenderContext({ suite, network, channel, envelopeKey, ...withoutKeys(change.header) });
  const { sealed, transactionKey, headerBytes } = sealRequest({ context, signedRequest, txId });
  const open = ({ nodeId, salt, ciphertext, targetData }: SealedResponse, core = targetData?.cores[0]): Response => {
    const coreDigest = core === undefined ? new Uint8Array(0) : targetDigest([core], new Uint8Array(0));
    const digest = requestDigest(change.header?.suite ?? suite, transactionKey, signedRequest);
    const bytes = openResponse({ suite: change.header?.suite ?? suite, transactionKey, headerBytes, nodeId, requestDigest: digest, coreDigest, salt, ciphertext });
    return parseMessage(ResponseSchema, bytes, 16 * 1024 * 1024);
  };
  return { sealed, transactionKey, signedRequest, txId, open };
}

function withoutKeys(header: RequestChange['header'] = {}): { network?: string; channel?: string; suite?: string } {
  const { network, channel, suite } = header;
  return { ...(network === undefined ? {} : { network }), ...(channel === undefined ? {} : { channel }), ...(suite === undefined ? {} : { suite }) };
}
