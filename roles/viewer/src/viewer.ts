import { createHash } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createViewerEvidence, type Attester, type ViewEvent } from '@selvedge/attestation';
import { suiteByName, toHex, type KemKeyPair } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError, type RefusalCode, withRole } from '@selvedge/errors';
import { parsePem, type Identity } from '@selvedge/identity';
import type { LedgerView, LedgerViewTracker } from '@selvedge/ledger-view';
import { readContractNames, verifyTeeStanding, type KeyHolder } from '@selvedge/policy';
import {
  encodeMessage, SealedViewAnswerSchema, signing, ViewAnswerSchema, viewDigest, Viewer as ViewerService, ViewerHealthSchema,
  type SealedView, type SealedViewAnswer, type ViewerEvidence, type ViewerEvidenceRequest, type ViewerHealth,
} from '@selvedge/protocol';
import { implement } from '@selvedge/rpc';
import { openView, sealViewAnswer, type NameKeys, type ViewScope } from '@selvedge/sealed-objects';
import { createAdmission, type HeldKeys, type KeyKeeper, type StateSource } from '@selvedge/tee-node';
import { answerView, type AnsweredView } from './answer-view.js';
import { createSeenQuestions, verifyEntitled, verifyReader } from './domain/authorise-reader.js';
import { parseView, type ParsedView } from './domain/parse-view.js';
import { viewedContract } from './domain/viewed-contract.js';
import type { RecordedView, ViewAudit } from './ports.js';
import { createStoredState } from './stored-state.js';

export interface ViewerOptions {
  /** This viewer, as key access rules name it; it answers readers of its operator's organisation. */
  readonly self: KeyHolder;
  readonly network: string;
  readonly channel: string;
  readonly views: LedgerViewTracker;
  readonly keys: Pick<KeyKeeper, 'current' | 'renew'>;
  readonly source: StateSource;
  readonly audit: ViewAudit;
  readonly attester: Attester;
  readonly measurement: Uint8Array;
  /** First suite of the profile: of the keys that questions and answers are sealed to. */
  readonly suite: string;
  readonly now: () => Date;
  readonly limits: { readonly maxRunning: number; readonly maxQueued: number; readonly freshnessMs: number; readonly maxLagBlocks: bigint };
  /** Called for each refusal: no text that could hold content. A sealed one's code is its reader's alone. */
  readonly onRefusal?: (refusal: { readonly code: RefusalCode; readonly isSealed: boolean; readonly cause: unknown }) => void;
}

export interface Viewer {
  /** Handlers of the Viewer service. */
  readonly service: ReturnType<typeof implement>;
  evidence(request: ViewerEvidenceRequest): Promise<ViewerEvidence>;
  view(sealed: SealedView, signal: AbortSignal): Promise<SealedViewAnswer>;
  health(): ViewerHealth;
  /** Refuses new questions; resolves when the running ones have ended. */
  drain(): Promise<void>;
}

type Answer = MessageInitShape<typeof ViewAnswerSchema>;

/** Opens what its organisation owns for the organisation's authorised readers (DESIGN 7, View). */
export function createViewer(options: ViewerOptions): Viewer {
  const { self, network, channel, views, keys, audit, now, limits } = options;
  const { nodeId, operatorMspId: mspId } = self;
  const scope: ViewScope = { suite: options.suite, network, channel };
  const ephemeral: KemKeyPair = suiteByName(options.suite).generateKemKeyPair();
  const admission = createAdmission(limits);
  const seen = createSeenQuestions(2 * limits.freshnessMs);

  const refusal = (error: unknown, isSealed: boolean): { code: RefusalCode; role: string; message: string; action: string } => {
    const { code, role, message, action } = withRole(error, 'viewer');
    options.onRefusal?.({ code, isSealed, cause: code === 'INTERNAL' ? error : undefined });
    return { code, role: role ?? 'viewer', message, action };
  };

  const currentKeys = (): HeldKeys => {
    const held = keys.current();
    if (held === undefined) throw new SelvedgeError('NOT_READY', 'this viewer has no keys yet');
    return held;
  };

  /** Throws TEE_REVOKED or TEE_CERTIFICATE_EXPIRED when this viewer lost its standing on the ledger: it shall open nothing more. */
  const verifyOwnStanding = (held: HeldKeys, view: LedgerView): void => {
    try {
      for (const binding of held.bindings) verifyTeeStanding(view, binding, { network, channel, role: 'viewer' });
    } catch (error) {
      // Rotations have overtaken it.
      if (isSelvedgeError(error, 'TEE_CERTIFICATE_EXPIRED')) keys.renew();
      throw error;
    }
  };

  const open = async ({ body, question }: ParsedView, held: HeldKeys, view: LedgerView): Promise<AnsweredView> => {
    try {
      const contract = viewedContract(view, held, body.contract, self);
      const minHeight = view.height > limits.maxLagBlocks ? view.height - limits.maxLagBlocks : 0n;
      const reads = { contract: body.contract, signer: held.signer(contract.policy.suite), minHeight, profile: view.profile };
      return await answerView(question, { channel, mspId, contract, state: createStoredState(options.source, reads, channel, contract) });
    } catch (error) {
      if (error instanceof SelvedgeError && (error.code === 'NOT_READY' || error.code === 'KEY_EPOCH_UNKNOWN')) keys.renew();
      throw error;
    }
  };

  /** From here on it is known who asks, so whatever comes of it is on record before it leaves. */
  const answerReader = async (parsed: ParsedView, reader: Identity, held: HeldKeys, view: LedgerView): Promise<Answer> => {
    const record = (outcome: { readonly event: 'viewed' } | { readonly event: 'refused'; readonly code: string }): RecordedView =>
      audit.record({ ...outcome, at: now().toISOString(), ...whoAsked(reader), ...whatWasAsked(parsed, held, view), ledgerHeight: String(view.height) });
    const height = view.height;
    let content: AnsweredView;
    try {
      verifyEntitled(reader, parsed.body, { profile: view.profile, mspId, viewerKey: ephemeral.publicKey, now: now(), freshnessMs: limits.freshnessMs });
      seen.admit(parsed.body.nonce, now());
      content = await open(parsed, held, view);
    } catch (error) {
      const refused = refusal(error, true);
      return { refusal: refused, height, audit: placeOf(record({ event: 'refused', code: refused.code })) };
    }
    return { ...content, height, audit: placeOf(record({ event: 'viewed' })) };
  };

  const answer = async (sealed: SealedView): Promise<SealedViewAnswer> => {
    const view = views.current();
    const held = currentKeys();
    verifyOwnStanding(held, view);
    const signedView = openView(scope, ephemeral, sealed);
    const parsed = parseView(signedView);
    const signer = held.signer(options.suite);
    const seal = (content: Answer): SealedViewAnswer => {
      const { enc, ciphertext } = sealViewAnswer(scope, parsed.body.readerKey, signedView, encodeMessage(ViewAnswerSchema, content));
      return create(SealedViewAnswerSchema, { enc, ciphertext, signature: signer.sign(signing.viewAnswer(viewDigest(signedView), enc, ciphertext)) });
    };
    let reader: Identity;
    try {
      reader = verifyReader(parsed, { profile: view.profile, mspId, viewerKey: ephemeral.publicKey, now: now(), freshnessMs: limits.freshnessMs });
    } catch (error) {
      return seal({ refusal: refusal(error, true) });
    }
    return seal(await answerReader(parsed, reader, held, view));
  };

  const evidence = async ({ nonce }: ViewerEvidenceRequest): Promise<ViewerEvidence> => {
    const { certificate, publicKeyDer } = currentKeys().signer(options.suite);
    return createViewerEvidence(options.attester, { nonce, ephemeralKey: ephemeral.publicKey, signingKey: publicKeyDer, certificate, profileDigest: views.current().profile.digest });
  };

  const view = async (sealed: SealedView, signal: AbortSignal): Promise<SealedViewAnswer> => {
    try {
      return await admission.run(() => answer(sealed), signal);
    } catch (error) {
      refusal(error, false);
      throw withRole(error, 'viewer');
    }
  };

  const health = (): ViewerHealth => {
    const held = keys.current();
    const height = heightOf(views);
    return create(ViewerHealthSchema, {
      nodeId,
      mspId,
      ready: held !== undefined && height !== undefined && !admission.isDraining,
      viewHeight: height ?? 0n,
      contracts: [...(held?.contracts ?? [])],
      teeType: options.attester.teeType,
      measurement: options.measurement,
    });
  };

  return {
    service: implement(ViewerService, { getEvidence: (request) => evidence(request), view: (sealed, { signal }) => view(sealed, signal), health: () => Promise.resolve(health()) }),
    evidence,
    view,
    health,
    drain: () => admission.drain(),
  };
}

function placeOf({ count, hash }: RecordedView): NonNullable<Answer['audit']> {
  return { count: BigInt(count), hash };
}

function whoAsked({ mspId, certificatePem }: Identity): { readonly mspId: string; readonly reader: string } {
  const der = parsePem(Buffer.from(certificatePem, 'latin1'), 'CERTIFICATE', 'IDENTITY_MALFORMED');
  return { mspId, reader: createHash('sha256').update(der).digest('hex') };
}

type Asked = Pick<Extract<ViewEvent, { readonly event: 'viewed' | 'refused' }>, 'question' | 'contract' | 'dataset' | 'ledgerKey' | 'txId'>;

/** The key by what stands for it on the ledger; where this viewer cannot tell, it is left out. */
function whatWasAsked({ body: { contract }, question }: ParsedView, held: HeldKeys, view: LedgerView): Asked {
  if (question.case === 'transaction') return { question: question.case, contract, txId: toHex(question.value.txId) };
  const { dataset, key } = question.value;
  return { question: question.case, contract, dataset, ...ledgerKeyOf(held.contract(contract)?.names(readContractNames(view, contract).current), dataset, key) };
}

function ledgerKeyOf(names: NameKeys | undefined, dataset: string, key: string): { readonly ledgerKey?: string } {
  try {
    const ledgerKey = names?.ledgerKey(dataset, key);
    return ledgerKey === undefined ? {} : { ledgerKey: toHex(ledgerKey) };
  } catch {
    return {};
  }
}

function heightOf(views: LedgerViewTracker): bigint | undefined {
  try {
    return views.current().height;
  } catch {
    return undefined;
  }
}
