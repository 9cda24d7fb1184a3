import { setImmediate as nextTurn } from 'node:timers/promises';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createRememberingAppraise, type Appraise } from '@selvedge/attestation';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import type { KeyHolder } from '@selvedge/policy';
import { ConfirmationSchema, RequestKind, type KeptStateSchema } from '@selvedge/protocol';
import { createPacketOpener, plaintextDatasets, type CommitConfirmer, type HeldKeys, type ReadsConfirmer, type ReadScope, type ServingNode, type StateSource } from '@selvedge/tee-node';
import { runConfirmed } from './confirmed-query.js';
import { authoriseRequest, type AuthorisedRequest } from './domain/authorise.js';
import type { UnsealedRequest } from './domain/open-request.js';
import { answerGated } from './domain/gated-answer.js';
import { readAskedResult } from './domain/release-result.js';
import { openEvents } from './domain/open-events.js';
import { answerMap } from './domain/map-answer.js';
import { chaincodeArguments } from './domain/partition.js';
import { createKeptPoints, type KeptPoints } from './domain/kept-points.js';
import { createKeptSets } from './domain/kept-sets.js';
import { listKeyEpochs } from './domain/list-key-epochs.js';
import { listNames } from './domain/list-names.js';
import { migrateKeys } from './domain/name-migration.js';
import { reEncryptKeys } from './domain/re-encryption.js';
import { createReplayWindow } from './domain/replay-window.js';
import { createTargetItem, isChaincodeError, responseOf, type TargetItem } from './domain/seal-answer.js';
import { createQueryWork } from './domain/rich-query.js';
import { idleSeed, transactionSeed } from './domain/seeds.js';
import { createTransactionContracts, type TransactionContracts } from './domain/transaction-contracts.js';
import type { ChaincodeHost, ChaincodeResult, Invocation, StateCalls } from './ports.js';

export interface ExecutionOptions {
  /** This node, as key access rules name it. */
  readonly self: KeyHolder;
  readonly channel: string;
  readonly source: StateSource;
  /** Confirms what queries read that ask for it. */
  readonly readsConfirmer: ReadsConfirmer;
  /** Called for a business node that serves what a quorum said is replaced. */
  readonly onRolledBack?: (node: ServingNode) => void;
  readonly host: ChaincodeHost;
  /** Says whether a gated result's core is committed. */
  readonly commits: CommitConfirmer;
  readonly now: () => Date;
  /** Of the evidence of nodes that have signed parts; default: what remembers for a minute whom it admitted. */
  readonly appraise?: Appraise;
  /** How far a request's timestamp may be off, either way. Default 300,000 (five minutes). */
  readonly freshnessMs?: number;
  /** Time of one chaincode run. Default 20,000. */
  readonly chaincodeMs?: number;
  /** How many blocks a business node may be behind the ledger view. Default 16. */
  readonly maxLagBlocks?: bigint;
  /** Values written in one transaction. Default 4 MiB. */
  readonly maxWriteBytes?: number;
  /** Comparisons that all rich queries of one transaction may make. Default 20,000,000, some seconds. */
  readonly maxQueryWork?: number;
  /** Opened packets that are kept. Default 16 MiB. */
  readonly cacheBytes?: number;
  /** Sets of entries that are kept with their indexes until they change, by estimate; 0 keeps none. Default 256 MiB. */
  readonly keptSetBytes?: number;
  /** Keys that queries read; whoever gives them lets them follow the ledger view. Default: none are kept. */
  readonly keptPoints?: KeptPoints;
  /** A ledger view older than this answers nothing from memory. Default 2,500. */
  readonly maxMemoryAgeMs?: number;
  /** Called when a request needs keys that this node should hold and does not. */
  readonly onMissingKeys: () => void;
}

/** A response and, after a submit that the chaincode accepted, what it adds to target data. */
export interface Outcome {
  readonly response: ReturnType<typeof responseOf>;
  readonly item?: TargetItem;
}

/** What requests of one call run under. */
export interface RunContext {
  readonly view: LedgerView;
  readonly keys: HeldKeys;
  readonly signal: AbortSignal;
}

/** One run of an authorised request. */
export interface Attempt {
  /** As it was when the run ended. */
  readonly contracts: TransactionContracts;
  /** Throws what the run was refused with. */
  result(): ChaincodeResult;
}

export interface Execution {
  /** What is kept in memory now. */
  kept(): MessageInitShape<typeof KeptStateSchema>;
  /** Decides whether an unsealed request may run, and remembers it. Everything that is thrown here and below is answered under the response key. */
  authorise(unsealed: UnsealedRequest, context: RunContext): Promise<AuthorisedRequest>;
  /** Runs a request that is no question for events. What it reads is kept in memory only if the source is the ledger. Does not reject. @param avoid of a run whose reads are to be confirmed: addresses of business nodes to ask last */
  attempt(unsealed: UnsealedRequest, request: AuthorisedRequest, source: StateSource, context: RunContext, avoid?: ReadonlySet<string>): Promise<Attempt>;
  /** What came of a run. */
  conclude(unsealed: UnsealedRequest, request: AuthorisedRequest, attempt: Attempt, context: RunContext): Promise<Outcome>;
  /** Answers a question for events. */
  openEvents(request: AuthorisedRequest, context: RunContext): Outcome;
  /** All of it for one request. */
  run(unsealed: UnsealedRequest, context: RunContext): Promise<Outcome>;
}

const LISTS: ReadonlySet<RequestKind> = new Set([RequestKind.LIST_KEY_EPOCHS, RequestKind.LIST_NAMES]);

/** Runs requests of one node; packets and the replay window are shared among them. */
export function createExecution(options: ExecutionOptions): Execution {
  const { self, channel, source: ledger, host, now, freshnessMs = 300_000, chaincodeMs = 20_000, maxLagBlocks = 16n } = options;
  const { maxWriteBytes = 4 * 1024 * 1024, maxQueryWork = 20_000_000, cacheBytes = 16 * 1024 * 1024, keptSetBytes = 256 * 1024 * 1024 } = options;
  const { appraise = createRememberingAppraise() } = options;
  const keptNowhere = createKeptPoints({ maxBytes: 0, clock: () => 0 });
  const { keptPoints = keptNowhere, maxMemoryAgeMs = 2_500 } = options;
  const opener = createPacketOpener(channel, cacheBytes);
  const keptSets = createKeptSets(keptSetBytes);
  const replays = createReplayWindow(2 * freshnessMs);

  /** A contract's keys may be what is missing, the invoked one's or a called one's. */
  const askingForKeys = async <T>(step: () => Promise<T> | T): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      if (isSelvedgeError(error, 'NOT_READY')) options.onMissingKeys();
      throw error;
    }
  };

  const scopeOf = ({ body, policy }: AuthorisedRequest, { view, keys }: RunContext): ReadScope => {
    const minHeight = view.height > maxLagBlocks ? view.height - maxLagBlocks : 0n;
    return { contract: body.contract, plaintext: plaintextDatasets(policy), signer: keys.signer(policy.suite), minHeight, profile: view.profile };
  };

  const answerListed = async (request: AuthorisedRequest, context: RunContext): Promise<Outcome> => {
    const scope = scopeOf(request, context);
    const payload = request.body.kind === RequestKind.LIST_NAMES ? await listNames(request, ledger, scope, opener) : await listKeyEpochs(request, ledger, scope);
    return { response: responseOf({ status: 200, message: '', payload }, context.view.height) };
  };

  const releaseResult = async (request: AuthorisedRequest, { view }: RunContext): Promise<Outcome> => {
    const asked = await askingForKeys(() => readAskedResult(request, view));
    await options.commits.confirm(asked, asked.gate, view.profile);
    return { response: responseOf({ status: 200, message: '', payload: asked.release() }, view.height) };
  };

  const answerConfirmed = async (unsealed: UnsealedRequest, request: AuthorisedRequest, context: RunContext): Promise<Outcome> => {
    const { profile } = context.view;
    const { run, confirmation } = await runConfirmed({
      run: (avoid) => execution.attempt(unsealed, request, ledger, context, avoid),
      confirmer: options.readsConfirmer,
      quorum: request.body.confirmQuorum,
      profile,
      minHeight: request.body.leastHeight > context.view.height ? request.body.leastHeight : context.view.height,
      onRolledBack: options.onRolledBack,
    });
    const outcome = await execution.conclude(unsealed, request, run, context);
    if (request.body.confirmQuorum === 0) return outcome;
    const { response } = outcome;
    return { response: { ...response, confirmation: create(ConfirmationSchema, { height: confirmation.height, mspIds: [...confirmation.mspIds] }) } };
  };

  const execution: Execution = {
    kept: () => ({
      points: BigInt(keptPoints.count),
      pointBytes: BigInt(keptPoints.bytes),
      pointHits: BigInt(keptPoints.hits),
      sets: BigInt(keptSets.count),
      setBytes: BigInt(keptSets.bytes),
      setHits: BigInt(keptSets.hits),
    }),
    async authorise(unsealed, { view, keys }) {
      const request = await askingForKeys(() => authoriseRequest(unsealed, { view, keys, self, now: now(), freshnessMs, appraise }));
      replays.admit(request, now());
      return request;
    },
    async attempt({ requestDigest }, request, source, context, avoid) {
      const { view, keys, signal } = context;
      const scope = { ...scopeOf(request, context), ...(avoid === undefined ? {} : { avoid }) };
      const mayAnswerFromMemory = (): boolean => request.body.leastHeight <= view.height && view.ageMs() <= maxMemoryAgeMs;
      const openContracts = (): TransactionContracts =>
        createTransactionContracts({
          request, isConfirmed: avoid !== undefined, source, scope, opener, keptSets, keptPoints: source === ledger ? keptPoints : keptNowhere, mayAnswerFromMemory, maxWriteBytes, requestDigest, readsConfirmer: options.readsConfirmer,
          declaredIndexes: (codeHash) => host.declaredIndexes(codeHash),
          queryWork: createQueryWork(maxQueryWork, () => giveWay(signal)),
          context: { view, keys, self },
        });
      let contracts = openContracts();
      let hasBegun = false;
      // A run that is repeated starts from nothing: what the first try read and wrote is void.
      const begin = (): StateCalls => {
        if (hasBegun) contracts = openContracts();
        hasBegun = true;
        return contracts.calls;
      };
      const invocation = invocationOf(request, requestDigest, chaincodeMs);
      // No chaincode takes part in an operator’s work.
      const run = (): Promise<ChaincodeResult> => {
        if (request.body.kind === RequestKind.RE_ENCRYPT) return reEncryptKeys(request.body, contracts);
        if (request.body.kind === RequestKind.MIGRATE_NAMES) return migrateKeys(request.body, contracts);
        return host.invoke(invocation, begin, signal);
      };
      const [settled] = await Promise.allSettled([askingForKeys(run)]);
      return {
        contracts,
        result: () => {
          if (settled.status === 'rejected') throw settled.reason;
          return settled.value;
        },
      };
    },
    async conclude(unsealed, request, attempt, { view, keys }) {
      const { contracts } = attempt;
      if (request.isGated) {
        return answerGated(request, view.height, async () => ({ result: attempt.result(), unsealed, parts: contracts.parts(), keyPolicies: await contracts.keyPolicies() }));
      }
      const result = attempt.result();
      const response = responseOf(result, view.height);
      if (isChaincodeError(result)) return { response };
      const parts = contracts.parts();
      if (request.partition?.kind === 'map') {
        const { rule, place } = request.partition;
        return { response: answerMap({ unsealed, request, rule, place, parts, result, signer: keys.signer(request.policy.suite), profile: view.profile, viewHeight: view.height }) };
      }
      if (!request.isSubmit) return { response };
      return { response, item: createTargetItem({ unsealed, request, parts, keyPolicies: await contracts.keyPolicies(), result }) };
    },
    openEvents: (request, { view }) => ({ response: responseOf({ status: 200, message: '', payload: openEvents(request) }, view.height) }),
    async run(unsealed, context) {
      const request = await execution.authorise(unsealed, context);
      if (request.body.kind === RequestKind.OPEN_EVENTS) return execution.openEvents(request, context);
      if (LISTS.has(request.body.kind)) return answerListed(request, context);
      if (request.body.kind === RequestKind.RELEASE_RESULT) return releaseResult(request, context);
      const isOfGate = !request.isGated && request.policy.gatedFunctions.length > 0;
      if (request.body.confirmQuorum > 0 || isOfGate) return answerConfirmed(unsealed, request, context);
      const attempt = await execution.attempt(unsealed, request, ledger, context);
      // What a gated function of a contract that was called wrote is read when it is committed, too, and not when a business node serves it before.
      if (!request.isGated && attempt.contracts.hasGate()) return answerConfirmed(unsealed, request, context);
      return execution.conclude(unsealed, request, attempt, context);
    },
  };
  return execution;
}

function invocationOf({ body, policy, creator, txIdHex, epochKeys, partition, mapped }: AuthorisedRequest, requestDigest: Uint8Array, deadlineMs: number): Invocation {
  return {
    channel: body.channel,
    contract: body.contract,
    codeHash: policy.codeHash,
    txId: txIdHex,
    creator: body.creator,
    creatorMspId: creator.mspId,
    nonce: body.nonce,
    args: chaincodeArguments(body.args, partition, mapped.parts),
    transient: new Map(body.transient.map(({ name, value }) => [name, value])),
    timestamp: { seconds: body.timestampSeconds, nanos: body.timestampNanos },
    seed: transactionSeed(epochKeys.randomKey, body.contract, requestDigest),
    idleSeed: idleSeed(epochKeys.randomKey, body.contract, policy.codeHash, creator.mspId),
    deadlineMs,
  };
}

/** A long query lets the node's other requests run, and ends with its own. */
async function giveWay(signal: AbortSignal): Promise<void> {
  await nextTurn();
  if (signal.aborted) throw new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'compute' });
}
