import { create } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { BUSINESS_MSP_IDS, createEndorsementPayload, ENDORSER_MSP_IDS, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import type { FabricEvent } from '@selvedge/fabric-network/gateway';
import type { FollowerPort } from '@selvedge/ledger-view';
import {
  BatchCommitStatusAnswerSchema,
  CommitStatusAnswerSchema,
  coreDigest,
  encodeMessage,
  EndorsementPayloadSchema,
  EndorsedTransactionSchema,
  EndorsementSchema,
  LIMITS,
  parseCores,
  parseMessage,
  ReceiptSchema,
  signing,
  StaleItemsSchema,
  SubmitAnswerSchema,
  targetDigest,
  TransactionSchema,
  type BatchCommitStatusAnswer,
  type BatchResponse,
  type StaleItems,
  ValidationCode,
  type Block,
  type ComputeHealth,
  type CommitStatusAnswer,
  type Endorsement,
  type EndorsedTransaction,
  type Transaction,
  type EnvelopeEvidence,
  type Receipt,
  type SealedRequest,
  type SealedResponse,
  type SubmitAnswer,
  type TargetData,
} from '@selvedge/protocol';
import type { NetworkPorts, SubmitterPort } from '../ports.js';
import { executeRequest, executeRequests } from './fake-compute.js';

/** Runs instead of a peer; `genuine` is what the peer would do. */
type Hook<Args extends unknown[], Answer> = (peer: string, genuine: () => Promise<Answer>, ...args: Args) => Promise<Answer>;

export interface FakeHooks {
  evidence?: Hook<[nonce: Uint8Array], EnvelopeEvidence>;
  execute?: Hook<[request: SealedRequest], SealedResponse>;
  executeBatch?: Hook<[requests: readonly SealedRequest[]], BatchResponse>;
  /** Called when the client ends a call of execute, though an answer may be there. */
  ended?: (nodeId: string) => unknown;
  /** What a node says of itself; by default it says nothing. */
  health?: (nodeId: string) => Promise<ComputeHealth>;
  findStaleItems?: Hook<[targetData: TargetData, itemMask: Uint8Array], StaleItems>;
  endorse?: Hook<[targetData: TargetData], Endorsement>;
  stage?: Hook<[transaction: EndorsedTransaction, packets: readonly Uint8Array[]], Receipt>;
  submit?: Hook<[transaction: Uint8Array], SubmitAnswer>;
  commitStatus?: Hook<[txId: Uint8Array], CommitStatusAnswer>;
  /** In the place of a submitter; by default there is none. */
  submitter?: SubmitterPort;
  /** The genuine answer is made of those to the single questions. */
  batchCommitStatus?: Hook<[txIds: readonly Uint8Array[], carrierTxId: Uint8Array | undefined], BatchCommitStatusAnswer>;
}

/** What the fake sequencer has ordered, and the verdict that the fake business nodes give. */
export interface FakeLedger {
  readonly ordered: Uint8Array[];
  /** How many of these, from the first on, committed nothing, and used up no id of theirs. */
  refused?: number;
  /** Cores of what was ordered; replaced where that is no Transaction of the embedded ledger. */
  coresOf: (ordered: Uint8Array) => readonly Uint8Array[];
  /** What the sequencer delivers, and a Fabric peer. */
  readonly blocks: Block[];
  readonly fabricEvents: FabricEvent[];
  code: ValidationCode;
  height: bigint;
}

export interface FakePeers {
  readonly consortium: TestConsortium;
  readonly nodes: readonly TestComputeNode[];
  readonly hooks: FakeHooks;
  readonly calls: string[];
  readonly ledger: FakeLedger;
  readonly evidence: (nonce: Uint8Array) => Promise<EnvelopeEvidence>;
  readonly followers: () => FollowerPort[];
}

/** Ports to peers in memory. */
export function createFakePorts(peers: FakePeers): NetworkPorts {
  const { consortium, nodes, hooks, calls, ledger } = peers;
  const call = <Args extends unknown[], Answer>(hop: string, peer: string, hook: Hook<Args, Answer> | undefined, genuine: () => Promise<Answer>, ...args: Args): Promise<Answer> => {
    calls.push(`${hop} ${peer}`);
    return hook === undefined ? genuine() : hook(peer, genuine, ...args);
  };
  return {
    keyBrokers: () => [
      {
        address: 'broker',
        getEnvelopeEvidence: (nonce) => call('attest', 'broker', hooks.evidence, () => peers.evidence(nonce), nonce),
      },
    ],
    sequencer: () => ({
      address: 'sequencer',
      submit: (transaction) =>
        call(
          'order',
          'sequencer',
          hooks.submit,
          () => {
            ledger.ordered.push(transaction);
            return Promise.resolve(create(SubmitAnswerSchema, { blockNumber: ledger.height, index: 0 }));
          },
          transaction,
        ),
      async *deliver(fromBlock) {
        calls.push(`deliver ${String(fromBlock)}`);
        yield* await Promise.resolve(ledger.blocks);
      },
    }),
    computeNodes: () =>
      nodes.map((node) => ({
        nodeId: node.nodeId,
        address: node.nodeId,
        executeBatch: (requests) => call('execute', node.nodeId, hooks.executeBatch, () => executeRequests(consortium, node, requests), requests),
        health: () => (hooks.health === undefined ? Promise.reject(refusal('UNAVAILABLE')) : hooks.health(node.nodeId)),
        execute(request, { signal }) {
          signal?.addEventListener('abort', () => hooks.ended?.(node.nodeId), { once: true });
          return call('execute', node.nodeId, hooks.execute, () => executeRequest(consortium, node, request), request);
        },
      })),
    endorsers: () =>
      ENDORSER_MSP_IDS.map((mspId) => ({
        mspId,
        address: `follower of ${mspId}`,
        findStaleItems: (targetData, itemMask) => call('find-stale-items', mspId, hooks.findStaleItems, () => Promise.resolve(create(StaleItemsSchema, { itemMask })), targetData, itemMask),
        endorse: (targetData) => call('endorse', mspId, hooks.endorse, () => Promise.resolve(endorse(consortium, mspId, targetData)), targetData),
      })),
    businessNodes: () =>
      BUSINESS_MSP_IDS.map((mspId) => ({
        mspId,
        address: `follower of ${mspId}`,
        stage: (transaction, packets) => call('stage', mspId, hooks.stage, () => Promise.resolve(receive(consortium, mspId, transaction)), transaction, packets),
        commitStatus: (txId) => call('commit-status', mspId, hooks.commitStatus, () => Promise.resolve(verdict(ledger, txId)), txId),
        batchCommitStatus: ({ txIds, carrierTxId }) =>
          call(
            'commit-status',
            mspId,
            hooks.batchCommitStatus,
            async () => {
              const answers = await Promise.all(txIds.map((txId) => {
                const genuine = (): Promise<CommitStatusAnswer> => Promise.resolve(verdict(ledger, txId));
                return hooks.commitStatus === undefined ? genuine() : hooks.commitStatus(mspId, genuine, txId);
              }));
              return create(BatchCommitStatusAnswerSchema, { items: answers.map(({ known, code, blockNumber, coreDigest: digest }, i) => ({ txId: txIds[i] ?? NO_ID, known, code, blockNumber, coreDigest: digest })), height: ledger.height });
            },
            txIds,
            carrierTxId,
          ),
      })),
    viewers: () => [],
    submitter: () => hooks.submitter,
    followers: peers.followers,
    reload: () => Promise.resolve(),
    close: () => undefined,
  };
}

/** A refusal as it arrives from a peer. */
export function refusal(code: SelvedgeError['code']): SelvedgeError {
  return new SelvedgeError(code, `made to refuse with ${code}`, { role: 'endorser' });
}

/** A genuine endorsement. */
export function endorse(consortium: TestConsortium, mspId: string, targetData: TargetData): Endorsement {
  const { signer } = consortium.organisation(mspId).peer;
  const payload = encodeMessage(EndorsementPayloadSchema, createEndorsementPayload(consortium, targetData));
  return create(EndorsementSchema, { payload, endorser: signer.serialized, signature: signer.sign(signing.endorsement(payload, signer.serialized)) });
}

function receive(consortium: TestConsortium, mspId: string, transaction: EndorsedTransaction): Receipt {
  const { signer } = consortium.organisation(mspId).peer;
  const expiresAtHeight = 1_000n;
  const digest = targetDigest(transaction.cores, transaction.itemMask);
  const signed = signing.receipt(consortium.network, consortium.channel, digest, signer.serialized, expiresAtHeight);
  return create(ReceiptSchema, { node: signer.serialized, signature: signer.sign(signed), expiresAtHeight });
}

function verdict(ledger: FakeLedger, txId: Uint8Array): CommitStatusAnswer {
  const known = ledger.ordered.length > 0;
  const core = ledger.code === ValidationCode.VALID ? orderedCore(ledger, txId) : undefined;
  return create(CommitStatusAnswerSchema, known ? { known, code: ledger.code, blockNumber: 5n, height: ledger.height, ...(core === undefined ? {} : { coreDigest: coreDigest(core) }) } : { known, height: ledger.height });
}

/** Cores of a Transaction of the embedded ledger; of other bytes, which a test puts in its place, none. */
export function embeddedCoresOf(ordered: Uint8Array): readonly Uint8Array[] {
  let kind: Transaction['kind'];
  try {
    ({ kind } = parseMessage(TransactionSchema, ordered, LIMITS.maxMessageBytes));
  } catch {
    return [];
  }
  return kind.case === 'endorsed' ? parseMessage(EndorsedTransactionSchema, kind.value, LIMITS.maxMessageBytes).cores : [];
}

/** Core bytes of the first that was ordered under this id and not refused, if any was. */
function orderedCore({ ordered, refused = 0, coresOf }: FakeLedger, txId: Uint8Array): Uint8Array | undefined {
  return ordered.slice(refused).flatMap(coresOf).find((core) => equalBytes(parseCores([core], NO_ID)[0]?.txId ?? NO_ID, txId));
}

const NO_ID = new Uint8Array(0);
