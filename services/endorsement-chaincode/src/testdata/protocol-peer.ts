import { credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { sha256 } from '@selvedge/crypto';

const { Type } = peer.ChaincodeMessage;
type Stream = ClientDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;

/** What a chaincode answered, and what it wrote on the way. */
export interface ProtocolAnswer {
  readonly status: number;
  readonly message: string;
  readonly payload: Uint8Array;
  readonly event: string | undefined;
  /** chaincode/collection/key, in order. */
  readonly writes: readonly string[];
}

export interface ProtocolCall {
  readonly chaincode: string;
  readonly channel: string;
  readonly args: readonly string[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

/** Client side of mutual TLS, PEM. */
export interface PeerTls {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustedRootsPem: string;
}

interface Transaction {
  readonly call: ProtocolCall;
  readonly proposal: peer.SignedProposal;
  readonly writes: Map<string, Uint8Array<ArrayBuffer> | undefined>;
  readonly waiting: Map<string, (completed: peer.ChaincodeMessage) => void>;
}

/** The peer's side of Fabric's chaincode protocol, over a ledger in memory: as little of it as the chaincodes use. */
export class ProtocolPeer {
  readonly #streams = new Map<string, Stream>();
  readonly #values = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #transactions = new Map<string, Transaction>();
  readonly #takesBatches: boolean;
  #count = 0;
  #asked = 0;

  /** @param takesBatches as peers since Fabric 3.1 do */
  constructor(takesBatches: boolean) {
    this.#takesBatches = takesBatches;
  }

  /** Questions and writes of all calls so far. */
  get asked(): number {
    return this.#asked;
  }

  /** Dials a chaincode server and registers it; gives the package id that it names. Rejects when the connection fails. */
  connect(chaincode: string, address: string, tls: PeerTls): Promise<string> {
    const secure = credentials.createSsl(Buffer.from(tls.trustedRootsPem), Buffer.from(tls.privateKeyPem), Buffer.from(tls.certificatePem));
    const client = new peer.ChaincodeClient(address, secure);
    const stream = client.connect() as Stream;
    this.#streams.set(chaincode, stream);
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('data', (message: peer.ChaincodeMessage) => {
        if (message.getType() !== Type.REGISTER) {
          void this.#onMessage(chaincode, message);
          return;
        }
        stream.write(messageOf(Type.REGISTERED));
        stream.write(messageOf(Type.READY, this.#takesBatches ? batchParameters() : undefined));
        resolve(peer.ChaincodeID.deserializeBinary(message.getPayload_asU8()).getName());
      });
    });
  }

  disconnect(): void {
    for (const stream of this.#streams.values()) stream.cancel();
  }

  read(chaincode: string, collection: string, key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#values.get([chaincode, collection, key].join('/'));
  }

  /** Calls a chaincode; its writes are committed when it agrees. */
  async call(call: ProtocolCall): Promise<ProtocolAnswer> {
    this.#count += 1;
    const txId = String(this.#count).padStart(64, '0');
    const transaction: Transaction = { call, proposal: proposalOf(call, txId), writes: new Map(), waiting: new Map() };
    this.#transactions.set(txId, transaction);
    const completed = await this.#run(call.chaincode, call.args, txId);
    const response = peer.Response.deserializeBinary(completed.getPayload_asU8());
    if (response.getStatus() === 200) for (const [id, value] of transaction.writes) this.#set(id, value);
    return { status: response.getStatus(), message: response.getMessage(), payload: response.getPayload_asU8(), event: completed.getChaincodeEvent()?.getEventName(), writes: [...transaction.writes.keys()] };
  }

  #run(chaincode: string, args: readonly string[], txId: string): Promise<peer.ChaincodeMessage> {
    const transaction = this.#transactions.get(txId) as Transaction;
    const message = messageOf(Type.TRANSACTION, new Uint8Array(inputOf(args).serializeBinary()), txId, transaction.call.channel);
    message.setProposal(transaction.proposal);
    return new Promise((resolve) => {
      transaction.waiting.set(chaincode, resolve);
      this.#streams.get(chaincode)?.write(message);
    });
  }

  async #onMessage(chaincode: string, message: peer.ChaincodeMessage): Promise<void> {
    const txId = message.getTxid();
    const transaction = this.#transactions.get(txId);
    if (message.getType() === Type.COMPLETED) transaction?.waiting.get(chaincode)?.(message);
    else if (transaction !== undefined) {
      this.#asked += 1;
      const payload = await this.#answer(chaincode, message, transaction);
      this.#streams.get(chaincode)?.write(messageOf(Type.RESPONSE, payload, txId, message.getChannelId()));
    }
  }

  async #answer(chaincode: string, message: peer.ChaincodeMessage, transaction: Transaction): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = message.getPayload_asU8();
    switch (message.getType()) {
      case Type.GET_STATE:
        return this.#valueOf(chaincode, bytes) ?? new Uint8Array(0);
      case Type.GET_PRIVATE_DATA_HASH: {
        const value = this.#valueOf(chaincode, bytes);
        return value === undefined ? new Uint8Array(0) : new Uint8Array(sha256(value));
      }
      case Type.PUT_STATE: {
        const put = peer.PutState.deserializeBinary(bytes);
        transaction.writes.set([chaincode, put.getCollection(), put.getKey()].join('/'), new Uint8Array(put.getValue_asU8()));
        return new Uint8Array(0);
      }
      case Type.DEL_STATE: {
        const del = peer.DelState.deserializeBinary(bytes);
        transaction.writes.set([chaincode, del.getCollection(), del.getKey()].join('/'), undefined);
        return new Uint8Array(0);
      }
      case Type.GET_STATE_MULTIPLE: {
        const result = new peer.GetStateMultipleResult();
        const { keysList: keys } = peer.GetStateMultiple.deserializeBinary(bytes).toObject();
        result.setValuesList(keys.map((key) => this.read(chaincode, '', key) ?? new Uint8Array(0)));
        return new Uint8Array(result.serializeBinary());
      }
      case Type.WRITE_BATCH_STATE: {
        for (const record of peer.WriteBatchState.deserializeBinary(bytes).getRecList()) {
          const isPut = record.getType() === peer.WriteRecord.Type.PUT_STATE;
          transaction.writes.set([chaincode, record.getCollection(), record.getKey()].join('/'), isPut ? new Uint8Array(record.getValue_asU8()) : undefined);
        }
        return new Uint8Array(0);
      }
      case Type.INVOKE_CHAINCODE: {
        const spec = peer.ChaincodeSpec.deserializeBinary(bytes);
        const [name = ''] = spec.getChaincodeId()?.getName().split('/') ?? [];
        const args = spec.getInput()?.getArgsList_asU8().map((arg) => Buffer.from(arg).toString()) ?? [];
        return new Uint8Array((await this.#run(name, args, message.getTxid())).serializeBinary());
      }
      default:
        throw new Error(`message type ${String(message.getType())}`);
    }
  }

  #valueOf(chaincode: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const get = peer.GetState.deserializeBinary(bytes);
    return this.read(chaincode, get.getCollection(), get.getKey());
  }

  #set(id: string, value: Uint8Array<ArrayBuffer> | undefined): void {
    if (value === undefined) this.#values.delete(id);
    else this.#values.set(id, value);
  }
}

function messageOf(type: peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap], payload = new Uint8Array(0), txId = '', channel = ''): peer.ChaincodeMessage {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  message.setPayload(payload);
  message.setTxid(txId);
  message.setChannelId(channel);
  return message;
}

function batchParameters(): Uint8Array<ArrayBuffer> {
  const parameters = new peer.ChaincodeAdditionalParams();
  parameters.setUseWriteBatch(true);
  // Few, so that longer lists need several messages.
  parameters.setMaxSizeWriteBatch(3);
  parameters.setUseGetMultipleKeys(true);
  parameters.setMaxSizeGetMultipleKeys(5);
  return new Uint8Array(parameters.serializeBinary());
}

function inputOf(args: readonly string[]): peer.ChaincodeInput {
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  return input;
}

/** As a client's SDK makes it; nobody here checks the signature. */
function proposalOf({ chaincode, channel, transient = {} }: ProtocolCall, txId: string): peer.SignedProposal {
  const id = new peer.ChaincodeID();
  id.setName(chaincode);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setChannelId(channel);
  channelHeader.setTxId(txId);
  channelHeader.setExtension$(extension.serializeBinary());
  const creator = new msp.SerializedIdentity();
  creator.setMspid('AuroraMSP');
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator.serializeBinary());
  signatureHeader.setNonce(new Uint8Array(24));
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(Uint8Array.of(0));
  // Its own declarations lack this map's type.
  const fields = payload.getTransientmapMap() as unknown as Map<string, Uint8Array>;
  for (const [key, value] of Object.entries(transient)) fields.set(key, value);
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  return signed;
}
