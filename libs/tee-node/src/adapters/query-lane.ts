import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import {
  encodeMessage,
  SignedStateQuerySchema,
  LIMITS,
  parseMessage,
  signing,
  StateAnswerSchema,
  StateQuerySchema,
  type KeyVersion,
  type PointAnswer,
  type SetAnswer,
  type StateAnswer,
} from '@selvedge/protocol';
import { verifyAnswerFits, verifyHeight } from '../domain/state-answer.js';
import type { BusinessPort, ReadScope } from '../ports.js';
import type { OpenedChannel, ReaderChannels } from './reader-channels.js';

const NONCE_BYTES = 16;
const NO_CHANNEL = new Uint8Array(0);
const NO_HASH = new Uint8Array(0);
/** A read of one request of a batch comes a moment after the next: a query costs far more than a point in it. */
const GATHER_MS = 1;

export interface LaneOptions {
  readonly network: string;
  readonly channel: string;
  readonly timeoutMs: number;
  /** Queries under way at one node; further reads wait and share the next ones. */
  readonly maxInFlight: number;
  readonly maxPointsPerQuery: number;
  /** Reads waiting for one node; above it, OVERLOADED. */
  readonly maxWaiting: number;
  /** Opens channels to nodes that keep plaintext; left out: such datasets are not read. */
  readonly reader?: ReaderChannels | undefined;
}

/** A point, as the wire names it. */
export interface PointAddress {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  readonly withKeyPolicy?: boolean;
  /** The key's entry in a collection that is taken over is wanted too. */
  readonly legacyKeyHash?: Uint8Array;
}

/** An entry, and the height at which it stood. */
export interface PointAtHeight {
  readonly answer: PointAnswer;
  readonly height: bigint;
}

/** Guards of one dataset, as the wire names them. */
export interface GuardsAddress {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly guardKeys: readonly Uint8Array[];
}

/** Values of guards, and the height at which all of them stood. */
export interface GuardsAnswer {
  /** In the order in which they were asked for. */
  readonly guardTxIds: readonly Uint8Array[];
  readonly height: bigint;
}

/** One page of a set with guards of its dataset, as the wire names it. */
export interface PageAddress extends GuardsAddress {
  /** Empty: all tags. */
  readonly datasetTag: Uint8Array;
  /** Ledger key to continue after; empty starts. */
  readonly after: Uint8Array;
  readonly maxBytes: number;
  /** Packets also of a plaintext dataset. Default: false. */
  readonly asPackets?: boolean | undefined;
}

/** Versions of a key, as the wire names them. */
export interface HistoryAddress {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  /** Number of the newest that is wanted. */
  readonly count: bigint;
  readonly maxBytes: number;
}

/** The queries to one business node. Point reads that are issued in one turn of the event loop, or shortly after each other while a query is under way, travel as one. */
export interface QueryLane {
  readonly mspId: string;
  readonly address: string;
  /** Throws STATE_FORGED, STATE_BEHIND, OVERLOADED, or what the node or the way to it refused. */
  readPoint(scope: ReadScope, point: PointAddress): Promise<PointAtHeight>;
  /** Throws as readPoint. */
  readVersions(scope: ReadScope, history: HistoryAddress): Promise<readonly KeyVersion[]>;
  /** Throws as readPoint. */
  readPage(scope: ReadScope, page: PageAddress): Promise<GuardsAnswer & { readonly page: SetAnswer }>;
  /** Throws as readPoint. */
  readGuards(scope: ReadScope, guards: GuardsAddress): Promise<GuardsAnswer>;
}

interface WaitingRead {
  readonly scope: ReadScope;
  readonly point: PointAddress;
  resolve(found: PointAtHeight): void;
  reject(error: unknown): void;
}

/** Creates the lane of one business node. */
export function createQueryLane(node: BusinessPort, options: LaneOptions): QueryLane {
  let waiting: WaitingRead[] = [];
  let inFlight = 0;
  let isFlushPlanned = false;
  let gathering: NodeJS.Timeout | undefined;
  const forSlot: (() => void)[] = [];

  const query = async (scope: ReadScope, asked: AskedOfNode): Promise<StateAnswer> => {
    if (!isOfPlaintext(scope, asked)) return send(scope, asked, undefined);
    const { reader } = options;
    if (reader === undefined) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'reading a dataset in plaintext mode by this kind of node');
    const channel = await reader.channel(node, scope, options.timeoutMs);
    try {
      return await send(scope, asked, channel);
    } catch (error) {
      if (!isSelvedgeError(error, 'READER_UNATTESTED')) throw error;
      // The node has forgotten it, as after a restart.
      reader.forget(node, scope, channel);
      return send(scope, asked, await reader.channel(node, scope, options.timeoutMs));
    }
  };

  const send = async (scope: ReadScope, asked: AskedOfNode, channel: OpenedChannel | undefined): Promise<StateAnswer> => {
    const { points, page, guards = page, history } = asked;
    const nonce = randomBytes(NONCE_BYTES);
    const bytes = encodeMessage(StateQuerySchema, {
      network: options.network,
      channel: options.channel,
      contract: scope.contract,
      points: points.map(({ ownerSet, dataset, ledgerKey, withKeyPolicy = false, legacyKeyHash = NO_HASH }) => ({ ownerSet, dataset, ledgerKey, withKeyPolicy, legacyKeyHash })),
      sets: page === undefined ? [] : [{ ownerSet: page.ownerSet, dataset: page.dataset, datasetTag: page.datasetTag, after: page.after, maxBytes: page.maxBytes, asPackets: page.asPackets ?? false }],
      guards: guards === undefined ? [] : guards.guardKeys.map((guardKey) => ({ ownerSet: guards.ownerSet, dataset: guards.dataset, guardKey })),
      histories: history === undefined ? [] : [history],
      nonce,
      recipient: node.mspId,
      readerChannel: channel?.id ?? NO_CHANNEL,
    });
    const signed = create(SignedStateQuerySchema, { query: bytes, certificate: scope.signer.certificate, signature: scope.signer.sign(signing.stateQuery(bytes)) });
    const received = await node.queryState(signed, options.timeoutMs);
    const answer = channel === undefined ? received : openAnswer(received, channel, bytes);
    verifyAnswerFits(answer, { nonce, points: points.length, sets: page === undefined ? 0 : 1, guards: guards?.guardKeys.length ?? 0, histories: history === undefined ? 0 : 1 });
    return answer;
  };

  const release = (): void => {
    inFlight -= 1;
    forSlot.shift()?.();
    flush();
  };

  /** Runs one query of its own among those that are in flight. */
  const inSlot = async <T>(run: () => Promise<T>): Promise<T> => {
    if (forSlot.length >= options.maxWaiting) throw new SelvedgeError('OVERLOADED', 'too many reads wait for this business node');
    while (inFlight >= options.maxInFlight) await new Promise<void>((resolve) => forSlot.push(resolve));
    inFlight += 1;
    try {
      return await run();
    } finally {
      release();
    }
  };

  const sendPoints = async (reads: readonly WaitingRead[]): Promise<void> => {
    const [first] = reads;
    if (first === undefined) return;
    try {
      const answer = await query(first.scope, { points: reads.map((read) => read.point) });
      reads.forEach((read, index) => {
        settle(read, answer, index);
      });
    } catch (error) {
      if (reads.length > 1 && isFaultOfOneRead(error)) {
        // Reads of other requests shall not fail with it: halve until it stands alone.
        const half = Math.ceil(reads.length / 2);
        await sendPoints(reads.slice(0, half));
        await sendPoints(reads.slice(half));
        return;
      }
      for (const read of reads) read.reject(error);
    }
  };

  const flush = (): void => {
    isFlushPlanned = false;
    clearTimeout(gathering);
    while (waiting.length > 0 && inFlight < options.maxInFlight) {
      const reads = takeBatch(waiting, options.maxPointsPerQuery);
      waiting = waiting.filter((read) => !reads.has(read));
      inFlight += 1;
      void sendPoints([...reads]).finally(release);
    }
  };

  /** Reads of one turn travel together; while a query is under way also those that come within a moment, or before it ends. */
  const planFlush = (): void => {
    if (isFlushPlanned) return;
    isFlushPlanned = true;
    if (inFlight === 0) setImmediate(flush);
    else gathering = setTimeout(flush, GATHER_MS);
  };

  return {
    mspId: node.mspId,
    address: node.address,
    readPoint: (scope, point) =>
      new Promise((resolve, reject) => {
        if (waiting.length >= options.maxWaiting) throw new SelvedgeError('OVERLOADED', 'too many reads wait for this business node');
        waiting.push({ scope, point, resolve, reject });
        planFlush();
      }),
    readVersions: (scope, history) =>
      inSlot(async () => {
        // Of whatever height: the followers' chain says whether these are the versions.
        const answer = await query(scope, { points: [], history });
        return answer.histories[0]?.versions ?? [];
      }),
    readPage: (scope, page) =>
      inSlot(async () => {
        const answer = await query(scope, { points: [], page });
        verifyHeight(answer.height, scope.minHeight);
        const [set] = answer.sets;
        if (set === undefined) throw new SelvedgeError('STATE_FORGED', 'the answer lacks the set');
        return { page: set, ...guardsOf(answer) };
      }),
    readGuards: (scope, guards) =>
      inSlot(async () => {
        const answer = await query(scope, { points: [], guards });
        verifyHeight(answer.height, scope.minHeight);
        return guardsOf(answer);
      }),
  };
}

/** What is asked in one query. */
interface AskedOfNode {
  readonly points: readonly PointAddress[];
  readonly page?: PageAddress;
  readonly guards?: GuardsAddress;
  readonly history?: HistoryAddress;
}

/** Whether a value may come in plaintext: of a dataset in that mode, or of a collection that is taken over. */
function isPlaintextPoint({ plaintext }: ReadScope, { dataset, legacyKeyHash }: PointAddress): boolean {
  return legacyKeyHash !== undefined || plaintext?.has(dataset) === true;
}

/** Guards and histories tell no plaintext: packets of earlier versions are packets. */
function isOfPlaintext(scope: ReadScope, { points, page }: AskedOfNode): boolean {
  const { plaintext } = scope;
  return points.some((point) => isPlaintextPoint(scope, point)) || (page !== undefined && page.asPackets !== true && plaintext?.has(page.dataset) === true);
}

/** Throws STATE_FORGED. */
function openAnswer({ sealed }: StateAnswer, { channel }: OpenedChannel, query: Uint8Array): StateAnswer {
  if (sealed === undefined) throw new SelvedgeError('STATE_FORGED', 'the answer did not come through the attested channel');
  try {
    return parseMessage(StateAnswerSchema, channel.open(query, sealed), LIMITS.maxMessageBytes);
  } catch (cause) {
    throw new SelvedgeError('STATE_FORGED', 'the answer does not open under the attested channel', { cause });
  }
}

function guardsOf({ guards, height }: StateAnswer): GuardsAnswer {
  return { guardTxIds: guards.map(({ txId }) => txId), height };
}

/** Refusals that one read of a query can cause for all of them. */
const FAULTS_OF_ONE_READ: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['LIMIT_EXCEEDED', 'MESSAGE_TOO_LARGE', 'STATE_MISSING_PACKET', 'PLAINTEXT_COPY_INVALID', 'OWNER_SET_MISMATCH', 'DATASET_NOT_HELD']);

function isFaultOfOneRead(error: unknown): boolean {
  return isSelvedgeError(error) && FAULTS_OF_ONE_READ.has(error.code);
}

/** The next reads that may share a query: of one contract, under one certificate, and of plaintext or not, so that a channel that does not open fails no others. */
function takeBatch(waiting: readonly WaitingRead[], maxPoints: number): Set<WaitingRead> {
  const [first] = waiting;
  const isPlaintext = ({ scope, point }: WaitingRead): boolean => isPlaintextPoint(scope, point);
  const isAlike = (read: WaitingRead): boolean =>
    read.scope.contract === first?.scope.contract && read.scope.signer.certificate === first.scope.signer.certificate && isPlaintext(read) === isPlaintext(first);
  return new Set(waiting.filter(isAlike).slice(0, maxPoints));
}

function settle(read: WaitingRead, answer: StateAnswer, index: number): void {
  try {
    verifyHeight(answer.height, read.scope.minHeight);
    const point = answer.points[index];
    if (point === undefined) throw new SelvedgeError('STATE_FORGED', 'the answer lacks an entry');
    read.resolve({ answer: point, height: answer.height });
  } catch (error) {
    read.reject(error);
  }
}
