import { randomBytes } from 'node:crypto';
import { verifyViewerEvidence, type AttestedViewer } from '@selvedge/attestation';
import { suiteByName, toHex } from '@selvedge/crypto';
import { refusalFromWire, SelvedgeError } from '@selvedge/errors';
import {
  encodeMessage, LIMITS, parseMessage, SignedViewSchema, signing, ViewAnswerSchema, ViewBodySchema, viewDigest,
  type SealedViewAnswer, type ViewAnswer, type ViewBody, type ViewedEvent, type ViewedVersion, type ViewedWrite, type WriteEntry,
} from '@selvedge/protocol';
import { openViewAnswer, sealView } from '@selvedge/sealed-objects';
import { eventsOfContract } from './domain/block-events.js';
import type { CommitStatus } from './domain/commit-status.js';
import type { ViewerPort } from './ports.js';
import type { TransactionSession } from './session.js';

/** Where a view stands in the viewer's audit log, for whoever wants to check later that the log was not cut or changed. */
export interface ViewRecord {
  readonly viewer: string;
  /** Entries up to this view's. */
  readonly count: number;
  /** Of this view's entry, lower-case hex. */
  readonly hash: string;
}

/** A key, and of which contract. */
export interface KeyAddress {
  readonly contract: string;
  /** Default: world state. */
  readonly collection?: string | undefined;
  readonly key: string;
}

export interface ViewedVersions {
  /** Of a key: the present one, none when it is absent. Of a history: newest first. */
  readonly versions: readonly ViewedVersion[];
  /** Of the viewer's ledger view. */
  readonly height: bigint;
  readonly record: ViewRecord;
}

/** What a transaction did to one contract, as far as the reader's organisation may see it. */
export interface ViewedSection {
  readonly contract: string;
  /** undefined: the viewer refused all of the contract, with this. */
  readonly refusal: SelvedgeError | undefined;
  readonly writes: readonly ViewedWrite[];
  /** undefined: the contract set none. */
  readonly event: ViewedEvent | undefined;
  readonly record: ViewRecord | undefined;
}

export interface ViewedTransaction {
  readonly status: CommitStatus;
  readonly sections: readonly ViewedSection[];
}

/** What an organisation's people may see of the ledger through the viewer beside their organisation's business node. */
export interface Views {
  /** Throws what the viewer refuses with: READER_*, DATASET_*, STATE_*, SET_DIGEST_UNCONFIRMED, HISTORY_UNCONFIRMED; and as verifyViewerEvidence. */
  key(address: KeyAddress): Promise<ViewedVersions>;
  /** As key, and HISTORY_NOT_KEPT. */
  history(address: KeyAddress): Promise<ViewedVersions>;
  /** @param txId 32 bytes. Throws COMMIT_UNKNOWN for a transaction in no block. */
  transaction(txId: Uint8Array): Promise<ViewedTransaction>;
}

const EVIDENCE_NONCE_BYTES = 32;
const NONCE_BYTES = 24;
const TIMEOUT_MS = 60_000;

type Question = ViewBody['question'];
type Wire<T> = Omit<T, '$typeName' | '$unknown'>;

/** @param viewerId node id; default: the first viewer of the reader's organisation */
export function createViews(session: TransactionSession, viewerId?: string): Views {
  const { network, channel, signer, ports, trust, clock } = session;

  const viewerPort = (): ViewerPort => {
    const port = ports.viewers().find(({ mspId, nodeId }) => (viewerId === undefined ? mspId === signer.mspId : nodeId === viewerId));
    if (port === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `the connection profile names no viewer ${viewerId ?? `of ${signer.mspId}`}`, { role: 'client' });
    return port;
  };

  /** Everything that is checked before the name of a key leaves. */
  const attest = async (port: ViewerPort): Promise<AttestedViewer & { readonly suite: string; readonly profileDigest: Uint8Array }> => {
    const view = await trust.view();
    const nonce = new Uint8Array(randomBytes(EVIDENCE_NONCE_BYTES));
    const answer = await port.getEvidence(nonce, { timeoutMs: TIMEOUT_MS, signal: session.closing });
    const attested = verifyViewerEvidence({ answer, nonce, profile: view.profile, ledger: view, mspId: signer.mspId, at: clock() });
    return { ...attested, suite: view.profile.message.allowedSuites[0] ?? '', profileDigest: view.profile.digest };
  };

  const ask = async (contract: string, question: Question): Promise<ViewAnswer & { readonly record: ViewRecord | undefined }> => {
    const port = viewerPort();
    const { suite: suiteName, profileDigest, ephemeralKey, certificate } = await attest(port);
    const scope = { suite: suiteName, network, channel };
    const reader = suiteByName(suiteName).generateKemKeyPair();
    const body = encodeMessage(ViewBodySchema, {
      network, channel, profileDigest, contract, question,
      viewerKey: ephemeralKey,
      readerKey: reader.publicKey,
      reader: signer.serialized,
      nonce: new Uint8Array(randomBytes(NONCE_BYTES)),
      timestampSeconds: BigInt(Math.floor(clock().getTime() / 1000)),
    });
    const signedView = encodeMessage(SignedViewSchema, { body, signature: signer.sign(signing.view(body)) });
    const sealed = await port.view(sealView(scope, ephemeralKey, signedView), { timeoutMs: TIMEOUT_MS, signal: session.closing });
    verifyAnswerSignature(certificate, signedView, sealed);
    const answer = parseMessage(ViewAnswerSchema, openViewAnswer(scope, reader, signedView, sealed), LIMITS.maxMessageBytes);
    return { ...answer, record: answer.audit && { viewer: certificate.binding.nodeId, count: Number(answer.audit.count), hash: toHex(answer.audit.hash) } };
  };

  const askVersions = async (contract: string, question: Question): Promise<ViewedVersions> => {
    const { refusal, versions, height, record } = await ask(contract, question);
    if (refusal !== undefined) throw refusalFromWire(refusal);
    if (record === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'the viewer does not say where the view stands in its audit log', { role: 'client' });
    return { versions, height, record };
  };

  const viewSection = async (contract: string, txId: Uint8Array, writes: readonly WriteEntry[], sealedEvent: Uint8Array): Promise<ViewedSection> => {
    const asked = writes.filter(({ effect }) => effect.case !== 'keep').map(ledgerWrite);
    const { refusal, writes: viewed, event, record } = await ask(contract, question('transaction', { txId, writes: asked, sealedEvent }));
    if (refusal !== undefined) return { contract, refusal: refusalFromWire(refusal), writes: [], event: undefined, record };
    return { contract, refusal: undefined, writes: viewed, event, record };
  };

  return {
    key: ({ contract, collection = '', key }) => askVersions(contract, question('key', { dataset: collection, key })),
    history: ({ contract, collection = '', key }) => askVersions(contract, question('history', { dataset: collection, key })),
    async transaction(txId) {
      const found = await session.lane.transaction(txId, session.closing);
      const sections: ViewedSection[] = [];
      for (const { contract, writes } of found.core.sections) {
        const [sealedEvent = new Uint8Array(0)] = eventsOfContract({ blockNumber: found.status.blockNumber, txId, sealedEvents: found.sealedEvents }, contract);
        sections.push(await viewSection(contract, txId, writes, sealedEvent));
      }
      return { status: found.status, sections };
    },
  };
}

/** A question in the shape that the encoder takes. */
function question<Case extends 'key' | 'history' | 'transaction'>(name: Case, value: object): Question {
  return { case: name, value } as unknown as Question;
}

function ledgerWrite({ ownerSet, dataset, datasetTag, ledgerKey, effect }: WriteEntry): Wire<{ ownerSet: string; dataset: string; datasetTag: Uint8Array; ledgerKey: Uint8Array; packetHash: Uint8Array }> {
  return { ownerSet, dataset, datasetTag, ledgerKey, packetHash: effect.case === 'packetHash' ? effect.value : new Uint8Array(0) };
}

/** The answer is the attested viewer's. Throws SIGNATURE_INVALID. */
function verifyAnswerSignature({ suite, publicKey }: AttestedViewer['certificate'], signedView: Uint8Array, { enc, ciphertext, signature }: SealedViewAnswer): void {
  if (!suite.isSignatureValid(publicKey, signing.viewAnswer(viewDigest(signedView), enc, ciphertext), signature)) {
    throw new SelvedgeError('SIGNATURE_INVALID', 'the answer is not signed by the attested viewer', { role: 'client' });
  }
}
