import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { verifyTeeCertificate } from '@selvedge/attestation';
import { answerStateQuery, applyBlock, openHistoryStore, openPacketStore, openPlaintextOutbox, openPendingStore, stageTransaction, verifyStateQuery } from '@selvedge/business';
import { createComputeNode, type ChaincodeHost, type ComputeNode } from '@selvedge/compute';
import type { KemKeyPair } from '@selvedge/crypto';
import { createFollowerHandlers, openFollower, openLedgerStore, openSequencer, validationCodeName, type Follower } from '@selvedge/embedded-ledger';
import { createEndorser } from '@selvedge/endorser';
import { SelvedgeError } from '@selvedge/errors';
import { createTestBootstrap, createTestConsortium, createTestGenesis, encodeTransaction, ENDORSER_MSP_IDS, ORDERER_MSP_ID, type ContractPolicyInit, type TestComputeNode, type TestConsortium, type TestContract } from '@selvedge/fixtures';
import {
  BatchRequestSchema, computeTxId, EndorsedTransactionSchema, encodeMessage, keptItems, parseCore, parseMessage, RequestBodySchema, RequestKind, ResponseSchema, NodeEvidenceSchema, SetDigestRequestSchema, SignedRequestSchema, signing, StageRequestSchema, StaleItemsRequestSchema, targetDigest,
  TargetDataSchema, type CommitStatementRequest, type EndorsedTransaction, type ConfirmReadsRequest, type HistoryHeadRequest, type Response, type SealedRequest, type SealedResponse, type TargetData,
} from '@selvedge/protocol';
import type { Signer } from '@selvedge/identity';
import { createNameKeys, createSenderContext, openResponse, requestDigest, sealRequest } from '@selvedge/sealed-objects';
import { createCommitConfirmer, createHistoryConfirmer, createReadsConfirmer, createSetConfirmer, createStateFetcher, type BusinessPort, type HeldKeys } from '@selvedge/tee-node';

const WAIT_MS = 20_000;
const OWNER = 'AuroraMSP';

/** What a client asks for. */
export interface Asked {
  readonly args: readonly Uint8Array[];
  readonly transient?: ReadonlyMap<string, Uint8Array>;
  /** Default: the owner's client. */
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

/** A whole request path in one process: the real client's seal, compute node, endorsers, owner, sequencer and follower, without sockets. */
export interface NetworkInProcess {
  readonly consortium: TestConsortium;
  /** Throws SelvedgeError with the code with which the compute node refused. */
  execute(asked: Asked): Promise<Executed>;
  /** Executes requests as one batch: what each client got, or the code with which its request was refused, and the batch's target data. */
  executeBatch(asked: readonly Asked[]): Promise<ExecutedBatch>;
  /** The items that are stale, as an endorser finds them. */
  findStaleItems(targetData: TargetData): Promise<Uint8Array>;
  /** Checked by two endorsers, and staged at the owner. Throws what they refuse. */
  endorse(executed: Pick<Executed, 'targetData'>): Promise<EndorsedTransaction>;
  /** Orders transactions; resolves with their verdicts when they are applied. */
  order(transactions: readonly { readonly txId: Uint8Array; readonly transaction: EndorsedTransaction }[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface NetworkInProcessOptions {
  /** Its contract runs here. */
  readonly host: ChaincodeHost;
  /** Fields of the contract's policy. Every owner set has one owner. */
  readonly policy: ContractPolicyInit;
  /** Names of contracts that it may call: of the same policy and code, with keys of their own. */
  readonly others?: readonly string[];
  /** Bytes of a page of a set. */
  readonly pageBytes?: number;
}

/** Starts the network. */
export async function startNetworkInProcess(options: NetworkInProcessOptions): Promise<NetworkInProcess> {
  const consortium = await createTestConsortium();
  const { ownerSets } = consortium.contractPolicy;
  const policy = { ownerSets: ownerSets.map(({ name, endorsementPolicy }) => ({ name, endorsementPolicy, owners: [OWNER] })), ...options.policy };
  consortium.setContractPolicy(policy);
  const contracts = new Map([[consortium.contract, consortium.contractKeys], ...(options.others ?? []).map((name) => [name, consortium.addContract(name, policy).keys] as const)]);
  // Thousands of blocks are synced: memory will do, this is no test of disks.
  const directory = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'selvedge-in-process-'));
  const { network, channel } = consortium;
  const sequencer = await openSequencer({ store: openLedgerStore({ directory: path.join(directory, 'sequencer') }), signer: consortium.organisation(ORDERER_MSP_ID).orderer.signer, genesis: createTestGenesis(consortium), network, channel });
  const store = openLedgerStore({ directory: path.join(directory, 'owner') });
  const packets = openPacketStore(store);
  const pending = openPendingStore(store);
  const history = openHistoryStore(store, { isKept: true });
  const outbox = openPlaintextOutbox(store);
  const follower = openFollower({
    store,
    profile: consortium.profile,
    blocks: (from, signal) => sequencer.deliver(from, signal),
    role: 'business',
    onApply: (block) => {
      applyBlock(block, { packets, pending, history, outbox, isPlaintext: () => false, isOwn: () => true, mspId: OWNER });
    },
  });
  follower.start();
  await sequencer.submit(createTestBootstrap(consortium));
  await follower.waitForHeight(2n, WAIT_MS);

  const owner: BusinessPort = {
    mspId: OWNER,
    address: 'in process',
    challengeReader: () => Promise.reject(new Error('nothing is kept in plaintext here')),
    admitReader: () => Promise.reject(new Error('nothing is kept in plaintext here')),
    queryState: async (signed) => {
      await Promise.resolve();
      const query = verifyStateQuery(signed, { facts: follower.state, profile: follower.profile(), mspId: OWNER, at: consortium.now });
      return answerStateQuery(query, { ledger: follower.state, packets, history });
    },
  };
  const compute = startCompute(options, { consortium, contracts, node: await consortium.issueComputeNode(), follower, owner });
  const endorsers = ENDORSER_MSP_IDS.slice(0, 2).map((mspId) => createEndorser({ ledger: follower, signer: consortium.organisation(mspId).peer.signer, now: () => consortium.now }));
  const { signer } = consortium.organisation(OWNER).peer;

  return {
    consortium,
    execute: (asked) => execute(consortium, compute, { ...asked, called: options.others ?? [] }),
    executeBatch: (asked) => executeBatch(consortium, compute, asked.map((each) => ({ ...each, called: options.others ?? [] }))),
    async findStaleItems({ cores, itemMask, attachments }) {
      const stale = await endorsers[0]?.findStaleItems(create(StaleItemsRequestSchema, { cores, itemMask, teeSignatures: attachments?.teeSignatures ?? [] }));
      return stale?.itemMask ?? itemMask;
    },
    async endorse({ targetData }) {
      const endorsements = await Promise.all(endorsers.map((endorser) => endorser.endorse(targetData)));
      const { cores, itemMask, attachments } = targetData;
      const transaction = create(EndorsedTransactionSchema, {
        cores,
        itemMask,
        teeSignatures: attachments?.teeSignatures ?? [],
        sealedEvents: attachments?.sealedEvents ?? [],
        endorsementPayload: endorsements[0]?.payload ?? new Uint8Array(0),
        endorsements: endorsements.map(({ endorser, signature }) => ({ identity: endorser, signature })),
      });
      // Without a write there is nothing to store.
      if (hasWrites(keptItems(cores, itemMask))) transaction.receipts = [await stageTransaction(create(StageRequestSchema, { transaction, packets: attachments?.packets ?? [] }), { ledger: follower, pending, signer })];
      return transaction;
    },
    async order(transactions) {
      await Promise.all(transactions.map(({ transaction }) => sequencer.submit(encodeTransaction(transaction))));
      const results = await Promise.all(transactions.map(({ txId }) => follower.waitForResult(txId, WAIT_MS)));
      return results.map((result) => (result === undefined ? 'unknown' : validationCodeName(result.code)));
    },
    async close() {
      await follower.close();
      await sequencer.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function hasWrites(cores: readonly Uint8Array[]): boolean {
  return cores.some((core) => parseCore(core).sections.some(({ writes }) => writes.length > 0));
}

interface ComputeInput {
  readonly consortium: TestConsortium;
  /** Keys by contract. */
  readonly contracts: ReadonlyMap<string, TestContract['keys']>;
  readonly node: TestComputeNode;
  readonly follower: Follower;
  readonly owner: BusinessPort;
}

function startCompute({ host, pageBytes }: NetworkInProcessOptions, { consortium, contracts, node, follower, owner }: ComputeInput): ComputeNode {
  const { network, channel, profile } = consortium;
  const followers = ENDORSER_MSP_IDS.map((mspId) => {
    const handlers = createFollowerHandlers({ follower, signer: consortium.organisation(mspId).peer.signer });
    return { mspId, address: mspId, confirmReads: (asked: ConfirmReadsRequest) => handlers.confirmReads(asked), getCommitStatement: (asked: CommitStatementRequest) => handlers.getCommitStatement(asked), getHistoryHead: (asked: HistoryHeadRequest) => handlers.getHistoryHead(asked), getSetDigest: (asked: Parameters<typeof createDigestRequest>[0]) => handlers.getSetDigest(createDigestRequest(asked), { signal: AbortSignal.timeout(WAIT_MS) }) };
  });
  const view = (): ReturnType<Parameters<typeof createComputeNode>[0]['views']['current']> => ({
    height: follower.head.height,
    policyRoot: follower.head.policyRoot,
    profile,
    supporters: [...ENDORSER_MSP_IDS],
    ageMs: () => 0,
    keys: (prefix) => follower.head.facts.map(({ key }) => key).filter((key) => key.startsWith(prefix)),
    fact: (key) => follower.state.fact(key),
  });
  return createComputeNode({
    self: node.self,
    channel,
    views: { start: () => Promise.resolve(), current: view, refresh: () => Promise.resolve(view()), close: () => undefined },
    keys: { current: () => heldKeys(consortium, contracts, node), renew: () => undefined, close: () => undefined },
    source: createStateFetcher({ network, channel, nodes: [owner], clock: () => 0, ...(pageBytes === undefined ? {} : { pageBytes }), maxSetAttempts: 50, confirmer: createSetConfirmer({ followers }), historyConfirmer: createHistoryConfirmer({ followers }) }),
    commits: createCommitConfirmer({ followers }),
    readsConfirmer: createReadsConfirmer({ followers }),
    host,
    now: () => consortium.now,
    limits: { maxRunning: 16, maxQueued: 16 },
    teeType: 'simulated',
    measurement: new Uint8Array(48),
    checkpoint: () => undefined,
  });
}

function createDigestRequest(asked: { readonly contract: string; readonly ownerSet: string; readonly dataset: string; readonly datasetTag: Uint8Array; readonly height: bigint }): ReturnType<typeof create<typeof SetDigestRequestSchema>> {
  return create(SetDigestRequestSchema, asked);
}

/** Keys as the broker would have released them. */
function heldKeys({ envelopeKeys, broker }: TestConsortium, contracts: ComputeInput['contracts'], { certificate, suite, privateKey }: TestComputeNode): HeldKeys {
  const keysOf = ({ nameKey, dataKey, randomKey, gateKey, eventKey }: TestContract['keys']): ReturnType<HeldKeys['contract']> => {
    const epochKeys = { $typeName: 'selvedge.v1.EpochKeys', epoch: 1n, dataKey, randomKey, gateKey, eventKey } as const;
    const names = createNameKeys(suite.name, nameKey);
    return { names: (epoch) => (epoch === 1n ? names : undefined), epoch: (epoch) => (epoch === 1n ? epochKeys : undefined) };
  };
  const held = new Map([...contracts].map(([name, keys]) => [name, keysOf(keys)]));
  const { binding, notAfter } = verifyTeeCertificate(certificate, broker.certificate);
  return {
    envelopeKey: (name, epoch) => (epoch === 1n ? (envelopeKeys as Readonly<Record<string, KemKeyPair>>)[name] : undefined),
    signer: () => ({ suite: suite.name, certificate, evidence: create(NodeEvidenceSchema), publicKeyDer: verifyTeeCertificate(certificate, broker.certificate).publicKey.export({ format: 'der', type: 'spki' }), sign: (message) => suite.sign(privateKey, message) }),
    contract: (name) => held.get(name),
    contracts: [...held.keys()],
    bindings: [binding],
    notAfter,
  };
}

interface AskedWith extends Asked {
  readonly called: readonly string[];
}

/** A sealed request, and how to open what comes back. */
interface Prepared {
  readonly txId: Uint8Array;
  readonly sealed: SealedRequest;
  readonly open: (answer: SealedResponse, core: Uint8Array | undefined) => Response;
}

function prepare(consortium: TestConsortium, { args, transient = new Map(), signer = consortium.organisation(OWNER).client.signer, kind = 'submit', called }: AskedWith): Prepared {
  const { network, channel, contract, contractPolicy, envelopeKeys, profile, now } = consortium;
  const { suite } = contractPolicy;
  const nonce = randomBytes(24);
  const txId = computeTxId(nonce, signer.serialized);
  const body = encodeMessage(RequestBodySchema, {
    network, channel, contract, kind: kind === 'submit' ? RequestKind.SUBMIT : RequestKind.EVALUATE, args: [...args], creator: signer.serialized, nonce,
    transient: [...transient].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    timestampSeconds: BigInt(Math.floor(now.getTime() / 1000)), timestampNanos: 123_000_000, keyEpoch: 1n, profileDigest: profile.digest,
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
      return parseMessage(ResponseSchema, openResponse({ suite, transactionKey, headerBytes, nodeId, requestDigest: requestDigest(suite, transactionKey, signedRequest), coreDigest, salt, ciphertext }), 1 << 26);
    },
  };
}

async function execute(consortium: TestConsortium, compute: ComputeNode, asked: AskedWith): Promise<Executed> {
  const { txId, sealed, open } = prepare(consortium, asked);
  const answer = await compute.execute(sealed, new AbortController().signal);
  const response = open(answer, answer.targetData?.cores[0]);
  const { refusal } = response;
  if (refusal !== undefined) throw new SelvedgeError(refusal.code as 'INTERNAL', refusal.message);
  return { txId, response, targetData: answer.targetData ?? create(TargetDataSchema) };
}

async function executeBatch(consortium: TestConsortium, compute: ComputeNode, asked: readonly AskedWith[]): Promise<ExecutedBatch> {
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
