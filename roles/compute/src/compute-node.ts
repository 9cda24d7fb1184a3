import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode, withRole } from '@selvedge/errors';
import type { LedgerView, LedgerViewTracker } from '@selvedge/ledger-view';
import { Compute, ComputeHealthSchema, type BatchRequest, type BatchResponse, type ComputeHealth, type SealedRequest, type SealedResponse } from '@selvedge/protocol';
import { implement } from '@selvedge/rpc';
import { createRecipientContexts } from '@selvedge/sealed-objects';
import { createAdmission, type HeldKeys, type KeyKeeper } from '@selvedge/tee-node';
import { answerBatch } from './batch-answer.js';
import type { HeldPackage } from './adapters/package-keeper.js';
import { contractsFor } from './domain/expected-keys.js';
import { openRequest, verifyOwnStanding } from './domain/open-request.js';
import { createTargetData, refusalResponse, sealAnswer } from './domain/seal-answer.js';
import { createExecution, type ExecutionOptions } from './execution.js';

/** Senders whose context is kept, so that their next request needs no decapsulation: half a KiB each. */
const MAX_SENDERS = 1_024;

/** Bounds of a compute node. */
export interface ComputeLimits {
  readonly maxRunning: number;
  readonly maxQueued: number;
  /** Batches that run at the same time, beside; four times as many wait. Default 4. */
  readonly maxBatches?: number;
}

export interface ComputeNodeOptions extends Omit<ExecutionOptions, 'onMissingKeys'> {
  readonly views: LedgerViewTracker;
  readonly keys: KeyKeeper;
  readonly limits: ComputeLimits;
  readonly teeType: string;
  readonly measurement: Uint8Array;
  /** Packages in the node's store, for its health. Default: none. */
  readonly packages?: () => readonly HeldPackage[];
  /** Messages to business nodes for state so far, for its health. Default: not counted. */
  readonly stateQueries?: () => bigint;
  /** Called at named moments, for crash and trace tests. */
  readonly checkpoint: (name: string, subject?: string) => void;
  /**
   * Called for each refusal: no text that could hold content. A sealed one's code is its requester's alone.
   * txId: hexadecimal, as the clear header has it; undefined where that was not opened.
   */
  readonly onRefusal?: (refusal: { readonly code: RefusalCode; readonly isSealed: boolean; readonly txId: string | undefined; readonly cause: unknown }) => void;
}

export interface ComputeNode {
  /** Handlers of the Compute service. */
  readonly service: ReturnType<typeof implement>;
  execute(sealed: SealedRequest, signal: AbortSignal): Promise<SealedResponse>;
  executeBatch(batch: BatchRequest, signal: AbortSignal): Promise<BatchResponse>;
  health(): ComputeHealth;
  /** Refuses new requests; resolves when the running ones have ended. */
  drain(): Promise<void>;
}

/** The request half of a compute node (DESIGN 2, steps 2 to 4). */
export function createComputeNode(options: ComputeNodeOptions): ComputeNode {
  const { self, views, keys, checkpoint } = options;
  const { nodeId } = self;
  const admission = createAdmission(options.limits);
  const { maxBatches = 4 } = options.limits;
  const batches = createAdmission({ maxRunning: maxBatches, maxQueued: 4 * maxBatches });
  const contexts = createRecipientContexts(MAX_SENDERS);
  const execution = createExecution({
    ...options,
    onMissingKeys: () => {
      keys.renew();
    },
  });

  const refused = (error: unknown, isSealed: boolean, txId?: Uint8Array): void => {
    const { code } = withRole(error, 'compute');
    // Envelope keys may be what is missing; a contract's are asked for where it runs.
    if (code === 'NOT_READY' && !isSealed) keys.renew();
    options.onRefusal?.({ code, isSealed, txId: txId && toHex(txId), cause: code === 'INTERNAL' ? error : undefined });
  };

  const currentKeys = (): HeldKeys => {
    const held = keys.current();
    if (held === undefined) throw new SelvedgeError('NOT_READY', 'this node has no keys yet');
    return held;
  };

  /** What requests run under. Throws where this node may open none. */
  const present = (): { readonly view: LedgerView; readonly held: HeldKeys } => {
    const view = views.current();
    const held = currentKeys();
    verifyOwnStanding(held, view.profile, view);
    return { view, held };
  };

  const answer = async (sealed: SealedRequest, signal: AbortSignal): Promise<SealedResponse> => {
    const { view, held } = present();
    const unsealed = openRequest(sealed, { keys: held, profile: view.profile, ledger: view, contexts });
    checkpoint('compute.after-open');
    try {
      const { response, item } = await execution.run(unsealed, { view, keys: held, signal });
      // Names of keys that have not moved yet are for endorsers: by way of the client, and sealed up to there.
      const sealedResponse = sealAnswer(nodeId, unsealed, { ...response, legacyKeys: [...(item?.legacyKeys ?? [])] }, item?.core);
      if (item !== undefined) sealedResponse.targetData = createTargetData([item], held.signer(unsealed.header.suite), view.profile);
      return sealedResponse;
    } catch (error) {
      // After authentication every refusal travels under the response key (DESIGN 4, invariant 9).
      refused(error, true, unsealed.header.txId);
      return sealAnswer(nodeId, unsealed, refusalResponse(error));
    } finally {
      checkpoint('compute.before-answer');
    }
  };

  const answerAll = async (batch: BatchRequest, signal: AbortSignal): Promise<BatchResponse> => {
    const { view, held } = present();
    return answerBatch(batch, { nodeId, execution, source: options.source, contexts, view, keys: held, signal, checkpoint, refused });
  };

  const executeBatch = async (batch: BatchRequest, signal: AbortSignal): Promise<BatchResponse> => {
    try {
      return await batches.run(() => answerAll(batch, signal), signal);
    } catch (error) {
      refused(error, false);
      throw withRole(error, 'compute');
    }
  };

  const execute = async (sealed: SealedRequest, signal: AbortSignal): Promise<SealedResponse> => {
    try {
      return await admission.run(() => answer(sealed, signal), signal);
    } catch (error) {
      refused(error, false);
      throw withRole(error, 'compute');
    }
  };

  const health = (): ComputeHealth => {
    const held = keys.current();
    const view = currentView(views);
    return create(ComputeHealthSchema, {
      nodeId,
      ready: held !== undefined && view !== undefined && !admission.isDraining,
      draining: admission.isDraining,
      inFlight: admission.inFlight + batches.inFlight,
      capacity: admission.capacity + batches.capacity,
      viewHeight: view?.height ?? 0n,
      contracts: [...(held?.contracts ?? [])],
      teeType: options.teeType,
      measurement: options.measurement,
      packages: [...(options.packages?.() ?? [])],
      kept: execution.kept(),
      stateQueries: options.stateQueries?.() ?? 0n,
      deniedContracts: view === undefined ? [] : [...contractsFor(view, self).denied],
    });
  };

  return {
    service: implement(Compute, { execute: (request, { signal }) => execute(request, signal), executeBatch: (batch, { signal }) => executeBatch(batch, signal), health: () => Promise.resolve(health()) }),
    execute,
    executeBatch,
    health,
    drain: async () => {
      await Promise.all([admission.drain(), batches.drain()]);
    },
  };
}

function currentView(views: LedgerViewTracker): LedgerView | undefined {
  try {
    return views.current();
  } catch {
    return undefined;
  }
}
