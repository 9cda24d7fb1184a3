import { Metadata, Server, ServerCredentials, status, type handleUnaryCall, type ServiceDefinition } from '@grpc/grpc-js';
import { common, gateway, google, peer } from '@hyperledger/fabric-protos';
import { sha256 } from '@selvedge/crypto';
import { createDevTlsCa, type Signer } from '@selvedge/identity';
import type { FabricPeer } from '../ports.js';

/** Refusal of a call: what Fabric's gateway service answers. */
export class FakeRefusal extends Error {
  constructor(
    readonly code: status,
    text: string,
    readonly details: readonly { readonly mspId: string; readonly address?: string; readonly message: string }[] = [],
  ) {
    super(text);
  }
}

/** What a fake gateway peer does; each may be replaced to make it misbehave. */
export interface FakeBehaviour {
  /** The message with which an organisation's endorser refuses; undefined: it endorses. */
  refuse: (mspId: string, request: gateway.EndorseRequest) => string | undefined;
  /** What the chaincode answers. */
  response: (request: gateway.EndorseRequest) => Uint8Array;
  /** Changes what goes into the transaction, before endorsers sign and after. */
  changeAction: (action: peer.ChaincodeAction, payload: peer.ProposalResponsePayload) => void;
  changeTransaction: (parts: { header: common.Header; transaction: peer.Transaction; action: peer.TransactionAction; payload: peer.ChaincodeActionPayload }) => void;
  submit: (envelope: common.Envelope) => Promise<void> | void;
  /** Code and block of a transaction. */
  commitStatus: (transactionId: string) => Promise<readonly [code: Parameters<gateway.CommitStatusResponse['setResult']>[0], block: number]>;
  /** Before anything else, by method name. */
  before: (method: string) => Promise<void> | void;
}

export interface FakeGatewayPeer {
  readonly peer: FabricPeer;
  readonly behaviour: FakeBehaviour;
  /** Methods called, in order. */
  readonly calls: string[];
  readonly submitted: Uint8Array[];
  close(): void;
}

/** A gateway service of one peer on a TLS socket; organisations' endorsers really sign. */
export async function startFakeGateway(mspId: string, endorsers: ReadonlyMap<string, Signer>): Promise<FakeGatewayPeer> {
  const calls: string[] = [];
  const submitted: Uint8Array[] = [];
  const behaviour: FakeBehaviour = {
    refuse: () => undefined,
    response: () => Buffer.from('answer'),
    changeAction: () => undefined,
    changeTransaction: () => undefined,
    submit: (envelope) => void submitted.push(envelope.serializeBinary()),
    commitStatus: () => Promise.resolve([0, 7] as const),
    before: () => undefined,
  };
  const ca = await createDevTlsCa(mspId);
  const tls = await ca.issueTls({ commonName: `peer.${mspId}`, hosts: ['127.0.0.1'] });
  const server = new Server();
  const methods: Record<string, (bytes: Buffer) => Promise<Uint8Array>> = {
    Endorse: (bytes) => Promise.resolve(endorse(gateway.EndorseRequest.deserializeBinary(bytes), endorsers, behaviour)),
    Evaluate: () => {
      const response = new peer.Response();
      response.setStatus(200);
      response.setPayload(Buffer.from('evaluated'));
      const answer = new gateway.EvaluateResponse();
      answer.setResult(response);
      return Promise.resolve(answer.serializeBinary());
    },
    Submit: async (bytes) => {
      const envelope = gateway.SubmitRequest.deserializeBinary(bytes).getPreparedTransaction();
      if (envelope !== undefined) await behaviour.submit(envelope);
      return new gateway.SubmitResponse().serializeBinary();
    },
    CommitStatus: async (bytes) => {
      const request = gateway.CommitStatusRequest.deserializeBinary(gateway.SignedCommitStatusRequest.deserializeBinary(bytes).getRequest_asU8());
      const [code, block] = await behaviour.commitStatus(request.getTransactionId());
      const answer = new gateway.CommitStatusResponse();
      answer.setResult(code);
      answer.setBlockNumber(block);
      return answer.serializeBinary();
    },
  };
  const handlers = Object.fromEntries(
    Object.entries(methods).map(([name, run]): [string, handleUnaryCall<Buffer, Buffer>] => [
      name,
      (call, callback) => {
        calls.push(name);
        const answer = async (): Promise<Buffer> => {
          await behaviour.before(name);
          return Buffer.from(await run(call.request));
        };
        answer().then(
          (bytes) => {
            callback(null, bytes);
          },
          (error: unknown) => {
            callback(error instanceof FakeRefusal ? { code: error.code, details: error.message, metadata: detailsOf(error) } : { code: status.INTERNAL, details: String(error) });
          },
        );
      },
    ]),
  );
  server.addService(serviceOf(Object.keys(methods)), handlers);
  const credentials = ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.certificatePem), private_key: Buffer.from(tls.privateKeyPem) }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('0.0.0.0:0', credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    peer: { mspId, endpoint: `127.0.0.1:${String(port)}`, tlsRootCertificatePem: ca.rootCertificatePem },
    behaviour,
    calls,
    submitted,
    close: () => {
      server.forceShutdown();
    },
  };
}

function serviceOf(names: readonly string[]): ServiceDefinition {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const method = { requestStream: false, responseStream: false, requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
  return Object.fromEntries(names.map((name) => [name, { ...method, path: `/gateway.Gateway/${name}` }]));
}

function detailsOf({ code, message, details }: FakeRefusal): Metadata {
  const state = new google.rpc.Status();
  state.setCode(code);
  state.setMessage(message);
  for (const { mspId, address = 'endorser:7051', message: text } of details) {
    const detail = new gateway.ErrorDetail();
    detail.setMspId(mspId);
    detail.setAddress(address);
    detail.setMessage(text);
    const wrapped = state.addDetails() as { setTypeUrl(url: string): void; setValue(value: Uint8Array): void };
    wrapped.setTypeUrl('type.googleapis.com/gateway.ErrorDetail');
    wrapped.setValue(detail.serializeBinary());
  }
  const metadata = new Metadata();
  if (details.length > 0) metadata.set('grpc-status-details-bin', Buffer.from(state.serializeBinary()));
  return metadata;
}

/** What Fabric's gateway service does with an endorsement request. */
function endorse(request: gateway.EndorseRequest, endorsers: ReadonlyMap<string, Signer>, behaviour: FakeBehaviour): Uint8Array {
  const organisations = request.getEndorsingOrganizationsList();
  const asked = organisations.length > 0 ? organisations : [...endorsers.keys()].slice(0, 2);
  const missing = asked.filter((mspId) => !endorsers.has(mspId));
  if (missing.length > 0) throw new FakeRefusal(status.UNAVAILABLE, `failed to find any endorsing peers for org(s): ${missing.join(', ')}`);
  const details = asked.flatMap((mspId) => {
    const message = behaviour.refuse(mspId, request);
    return message === undefined ? [] : [{ mspId, message }];
  });
  if (details.length > 0) throw new FakeRefusal(status.ABORTED, 'failed to collect enough transaction endorsements, see attached details for more info', details);

  const proposal = peer.Proposal.deserializeBinary(request.getProposedTransaction()?.getProposalBytes_asU8() ?? new Uint8Array(0));
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const input = new peer.ChaincodeProposalPayload();
  input.setInput(peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8()).getInput_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());

  const response = new peer.Response();
  response.setStatus(200);
  response.setPayload(behaviour.response(request));
  const action = new peer.ChaincodeAction();
  action.setResponse(response);
  action.setChaincodeId(peer.ChaincodeHeaderExtension.deserializeBinary(channelHeader.getExtension_asU8()).getChaincodeId());
  const signed = new peer.ProposalResponsePayload();
  signed.setProposalHash(sha256(header.getChannelHeader_asU8(), header.getSignatureHeader_asU8(), input.serializeBinary()));
  behaviour.changeAction(action, signed);
  signed.setExtension$(action.serializeBinary());

  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(signed.serializeBinary());
  for (const mspId of asked) {
    const signer = endorsers.get(mspId);
    if (signer === undefined) continue;
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(signer.serialized);
    endorsement.setSignature(signer.sign(Buffer.concat([signed.serializeBinary(), signer.serialized])));
    endorsed.addEndorsements(endorsement);
  }
  const payload = new peer.ChaincodeActionPayload();
  payload.setChaincodeProposalPayload(input.serializeBinary());
  payload.setAction(endorsed);
  const transactionAction = new peer.TransactionAction();
  transactionAction.setHeader(header.getSignatureHeader_asU8());
  const transaction = new peer.Transaction();
  transaction.addActions(transactionAction);
  behaviour.changeTransaction({ header, transaction, action: transactionAction, payload });
  transactionAction.setPayload(payload.serializeBinary());

  const envelopePayload = new common.Payload();
  envelopePayload.setHeader(header);
  envelopePayload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(envelopePayload.serializeBinary());
  const prepared = new gateway.PreparedTransaction();
  prepared.setTransactionId(request.getTransactionId());
  prepared.setEnvelope(envelope);
  const answer = new gateway.EndorseResponse();
  answer.setPreparedTransaction(envelope);
  return answer.serializeBinary();
}
