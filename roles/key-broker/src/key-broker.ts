import { create } from '@bufbuild/protobuf';
import { parseBrokerRoot, signKeyCommitments, signNameKeyCommitment, type Attester } from '@selvedge/attestation';
import { suiteByName } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import type { Profile } from '@selvedge/policy';
import {
  ChallengeAnswerSchema,
  EnvelopeEvidenceSchema,
  EvidenceSchema,
  KeyReleaseSchema,
  LIMITS,
  parseMessage,
  SignedAuditHeadSchema,
  statementDigest,
  type ChallengeAnswer,
  type EnvelopeEvidence,
  type EnvelopeEvidenceRequest,
  type KeyCommitmentsRequest,
  type KeyRelease,
  type KeyRequest,
  type RootRequest,
  type RootShare,
  type SignedAuditHead,
  type SignedKeyCommitments,
  type SignedNameKeyCommitment,
} from '@selvedge/protocol';
import { refusalCodeOf, refusalEvent, releaseEvent, shareEvent } from './domain/audit-events.js';
import { authoriseRequest, type AuthorisedRequest } from './domain/authorise.js';
import { createBrokerStatement, isRecognised } from './domain/broker-statement.js';
import { createChallenges } from './domain/challenges.js';
import { createCommitments, createNameCommitment } from './domain/commitments.js';
import { createKeyRing } from './domain/key-derivation.js';
import { verifyOperatorStands } from './domain/operator-standing.js';
import { createKeyRelease } from './domain/key-release.js';
import { createRateLimit, DEFAULT_RATES, type Rate, type RateLimit } from './domain/rate-limit.js';
import { createRefusalLog } from './domain/refusal-log.js';
import { decideRelease } from './domain/release-decision.js';
import { authoriseReplica, type AuthorisedReplica } from './replication/authorise.js';
import { createRootShare, verifyMayShare } from './replication/share.js';
import { createOwnStanding } from './own-standing.js';
import type { AuditLog, BrokerState, Checkpoint, LedgerPort, StateStore } from './ports.js';

/** Everything that a broker works with; nothing is taken from its surroundings. */
export interface KeyBrokerOptions {
  /** The signed profile of its configuration: the one in its own evidence. */
  readonly profile: Profile;
  readonly state: BrokerState;
  readonly store: StateStore;
  readonly audit: AuditLog;
  readonly ledger: LedgerPort;
  /** Of the broker's own TEE. */
  readonly attester: Attester;
  readonly now: () => Date;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Of requests for keys, and of those for the root. Default DEFAULT_RATES'. */
  readonly releasesPerOrganisation?: Rate;
  readonly checkpoint?: Checkpoint;
}

/** The calls of the key broker (hop 0). */
export interface KeyBroker {
  challenge(): ChallengeAnswer;
  /**
   * Rejects with the codes of authoriseRequest and decideRelease, CHALLENGE_UNKNOWN, RATE_LIMITED, VIEW_*, and of createOwnStanding. Every release is
   * recorded, and of refusals what createRefusalLog keeps.
   */
  releaseKeys(request: KeyRequest): Promise<KeyRelease>;
  /** Rejects with MALFORMED_MESSAGE; with VIEW_* once the ledger has recorded this broker and no view can be had. */
  envelopeEvidence(request: EnvelopeEvidenceRequest): Promise<EnvelopeEvidence>;
  /** Throws MALFORMED_MESSAGE, UNKNOWN_SUITE, KEY_EPOCH_UNKNOWN. */
  keyCommitments(request: KeyCommitmentsRequest): SignedKeyCommitments;
  /** Of a name key; throws likewise. */
  nameKeyCommitment(request: KeyCommitmentsRequest): SignedNameKeyCommitment;
  auditHead(): SignedAuditHead;
  /**
   * Hands the root to another replica. Rejects with the codes of authoriseReplica and verifyMayShare, CHALLENGE_UNKNOWN,
   * RATE_LIMITED, VIEW_*, and of createOwnStanding. Recorded as releases are.
   */
  shareRoot(request: RootRequest): Promise<RootShare>;
  /** Records what it only counted, remembers where the audit log ends, and closes it. */
  close(): void;
}

export function createKeyBroker(options: KeyBrokerOptions): KeyBroker {
  const { profile, store, audit, ledger, attester, now, clock, randomBytes, releasesPerOrganisation = DEFAULT_RATES.releasesPerOrganisation, checkpoint = () => undefined } = options;
  let { state } = options;
  const ring = createKeyRing(state);
  const challenges = createChallenges({ clock, randomBytes });
  const refusals = createRefusalLog({
    append: (event) => {
      audit.append(event);
    },
    now,
    clock,
  });
  const releases = createRateLimit({ rate: releasesPerOrganisation, what: 'requests for keys by one organisation', clock });
  // Apart, so that an organisation's nodes that ask too often do not keep its replicas from starting.
  const shares = createRateLimit({ rate: releasesPerOrganisation, what: 'requests for the root by one organisation', clock });
  const rootPublicKey = parseBrokerRoot(state.rootCertificate).publicKey.export({ format: 'der', type: 'spki' });
  // What administrators look at before they record the root; nobody does afterwards.
  const rootBirth = parseMessage(EvidenceSchema, state.rootBirth, LIMITS.maxEvidenceBytes);
  // Of this process alone; it stands in the evidence, where an exchange over it may be built.
  const ephemeral = suiteByName(profile.message.allowedSuites[0] ?? '').generateKemKeyPair();

  const verifyOwnStanding = createOwnStanding({ attester, profile, rootPublicKey, ephemeralKey: ephemeral.publicKey, now, randomBytes });

  const noteRecognition = (view: LedgerView): void => {
    if (state.recognised || !isRecognised(view, state.rootCertificate)) return;
    const recognised = { ...state, recognised: true };
    store.save(recognised);
    state = recognised;
  };

  /** What every decision rests on: a view that is newer than the request, under which this broker itself still stands. */
  const freshView = async (): Promise<LedgerView> => {
    const view = await ledger.refresh();
    noteRecognition(view);
    await verifyOwnStanding(view);
    return view;
  };

  const release = async (authorised: AuthorisedRequest, { operator }: KeyRequest): Promise<KeyRelease> => {
    const view = await freshView();
    const decision = decideRelease({ request: authorised, ledger: view, ring, rootCertificate: state.rootCertificate, profile });
    verifyOperatorStands(operator, view);
    const answer = await createKeyRelease({ request: authorised, decision, state, ring, now: now() });
    // Recorded before it leaves: no key goes out unrecorded.
    audit.append(releaseEvent(authorised, decision, view.height, now()));
    checkpoint('key-broker.release.before-ack');
    return create(KeyReleaseSchema, answer);
  };

  const share = async (replica: AuthorisedReplica, { operator }: RootRequest): Promise<RootShare> => {
    const view = await freshView();
    verifyMayShare(replica, view, { profile, rootCertificate: state.rootCertificate });
    verifyOperatorStands(operator, view);
    const answer = await createRootShare({ replica, root: state, profile, attester, ephemeralKey: ephemeral.publicKey });
    // Recorded before it leaves, as a release is.
    audit.append(shareEvent(replica, view.height, now()));
    return answer;
  };

  /** Uses up the challenge that a request answers, serves who has proved itself within its organisation's limit, and notes what is refused. */
  const answering = async <Request extends KeyRequest | RootRequest, Sender extends { readonly operatorMspId: string }, Answer>(
    request: Request,
    { authorise, limit, serve }: { readonly authorise: (request: Request, profile: Profile, at: Date) => Sender; readonly limit: RateLimit; readonly serve: (sender: Sender, request: Request) => Promise<Answer> },
  ): Promise<Answer> => {
    let isSenderKnown = false;
    try {
      challenges.consume(request.nonce);
      const sender = authorise(request, profile, now());
      isSenderKnown = true;
      limit.take(sender.operatorMspId);
      refusals.settle();
      return await serve(sender, request);
    } catch (error) {
      refusals.note({ code: refusalCodeOf(error), isSenderKnown, event: () => refusalEvent(request, error, now()) });
      throw error;
    }
  };

  /** Once recognised, the broker proves no envelope keys without a view: an isolated one would prove revoked epochs. */
  const viewForEvidence = (): LedgerView | undefined => {
    try {
      const view = ledger.current();
      noteRecognition(view);
      return view;
    } catch (error) {
      if (!isSelvedgeError(error, 'VIEW_QUORUM_UNREACHABLE')) throw error;
      if (state.recognised) throw error;
      return undefined;
    }
  };

  return {
    challenge: () => create(ChallengeAnswerSchema, { nonce: challenges.issue(), profileDigest: profile.digest }),
    releaseKeys: (request) => answering(request, { authorise: authoriseRequest, limit: releases, serve: release }),
    shareRoot: (request) => answering(request, { authorise: authoriseReplica, limit: shares, serve: share }),
    async envelopeEvidence({ nonce }) {
      const statement = createBrokerStatement({ state, ring, suites: profile.message.allowedSuites, ledger: viewForEvidence(), audit: audit.head() });
      const evidence = await attester.createEvidence({
        role: 'key-broker',
        nonce,
        ephemeralKey: ephemeral.publicKey,
        signingKey: rootPublicKey,
        profileDigest: profile.digest,
        statementDigest: statementDigest(statement),
      });
      return create(EnvelopeEvidenceSchema, { evidence, statement, profileDigest: profile.digest, ephemeralKey: ephemeral.publicKey, ...(state.recognised ? {} : { rootBirth }) });
    },
    keyCommitments: (request) => signKeyCommitments(createCommitments(request, ring, profile), state.rootKey),
    nameKeyCommitment: (request) => signNameKeyCommitment(createNameCommitment(request, ring, profile), state.rootKey),
    auditHead() {
      const { count, hash, signature } = audit.head();
      return create(SignedAuditHeadSchema, { count: BigInt(count), hash, signature });
    },
    close() {
      try {
        refusals.close();
        const { count, hash } = audit.head();
        store.save({ ...state, auditAnchor: { count, hash } });
      } finally {
        audit.close();
      }
    },
  };
}
