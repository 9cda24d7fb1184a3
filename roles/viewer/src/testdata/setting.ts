import { randomBytes } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { EMPTY_CHAIN, openViewLog, verifyViewerEvidence, type AttestedViewer, type AuditHead } from '@selvedge/attestation';
import { equalBytes, sha256, suiteByName, toHex } from '@selvedge/crypto';
import { createTestConsortium, createTestTee, ENDORSER_MSP_IDS, type TestConsortium, type TestTee } from '@selvedge/fixtures';
import { signAs, type Signer } from '@selvedge/identity';
import {
  encodeMessage, HistoryAnswerSchema, HistoryHeadSchema, HistoryHeadStatementSchema, historyHead, KeyVersionSchema, LIMITS, parseMessage, SealedViewSchema, SignedViewSchema, signing, StateAnswerSchema,
  ViewAnswerSchema, ViewBodySchema, viewDigest, type KeyVersion, type SealedView, type SealedViewAnswer, type ViewAnswer,
} from '@selvedge/protocol';
import { openViewAnswer, sealView } from '@selvedge/sealed-objects';
import { createHistoryConfirmer, createSetConfirmer, createStateFetcher, type HistoryHeadPort } from '@selvedge/tee-node';
import { createFakeBusinessNode, createFakeSetFollower, heldKeysOf, placeOf, sealTestPacket, truthOf, viewOf, type CertifiedNode, type FakeBusinessNode } from '@selvedge/tee-node/testing';
import { createViewer, type Viewer, type ViewerOptions } from '../viewer.js';

/** For this package's tests: the viewer of Aurora, its business node, followers that sign, and readers. */

export const MEASUREMENT = new Uint8Array(48).fill(0xd0);
export const net: TestConsortium = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'viewer', teeType: 'simulated', measurements: [MEASUREMENT] }] } });
export const tee: TestTee = createTestTee({ root: net.developmentRoot, name: 'aurora', now: net.now, measurement: MEASUREMENT });
export const certified: CertifiedNode = await net.issueComputeNode({ binding: { ...tee.binding, role: 'viewer', nodeId: 'viewer-aurora', operatorMspId: 'AuroraMSP' } });
export const SUITE = net.profile.message.allowedSuites[0] ?? '';
export const SCOPE = { suite: SUITE, network: net.network, channel: net.channel };

/** The contract’s second name key; nothing was written under it. */
export const SECOND_NAMES = { epoch: 2n, nameKey: new Uint8Array(32).fill(2) };

export interface TestViewer {
  readonly viewer: Viewer;
  readonly business: FakeBusinessNode;
  /** Lines of the audit log, and where it ends. */
  readonly lines: string[];
  head: AuditHead;
  now: Date;
  /** Makes the audit log fail. */
  isFull: boolean;
  /** What each history holds, newest last. */
  readonly versions: KeyVersion[];
  /** Writes a key of world state once more; undefined deletes it. Returns the transaction's id. */
  write(key: string, value: string | undefined): Uint8Array;
  /** Stores an entry of a collection. */
  store(ownerSet: string, dataset: string, key: string, value: string): ReturnType<typeof sealTestPacket>;
}

export function createTestViewer(options: Partial<ViewerOptions> = {}): TestViewer {
  const business = createFakeBusinessNode('AuroraMSP');
  const versions: KeyVersion[] = [];
  const isLater = (ledgerKey: Uint8Array): boolean => equalBytes(ledgerKey, placeOf(net, '', 'k', SECOND_NAMES).ledgerKey);
  const headOf = (): Uint8Array => versions.reduce<Uint8Array>((head, { txId, timestampSeconds, timestampNanos, packet }) => historyHead(head, { txId, timestampSeconds, timestampNanos, packetHash: packet.length === 0 ? packet : sha256(packet) }), new Uint8Array(0));
  business.tamper = (answer, query) =>
    create(StateAnswerSchema, { ...answer, histories: query.histories.map(({ count }) => create(HistoryAnswerSchema, { versions: versions.slice(Math.max(0, Number(count) - 2), Number(count)).reverse() })) });
  const heads = ENDORSER_MSP_IDS.map((mspId): HistoryHeadPort => ({
    mspId,
    address: mspId,
    getHistoryHead({ contract, ownerSet, dataset, ledgerKey, nonce }) {
      const statement = encodeMessage(HistoryHeadSchema, { network: net.network, channel: net.channel, contract, ownerSet, dataset, ledgerKey, nonce, height: 5n, ...(isLater(ledgerKey) ? {} : { head: headOf(), count: BigInt(versions.length) }) });
      return Promise.resolve(create(HistoryHeadStatementSchema, { statement, signature: signAs(net.organisation(mspId).peer.signer, signing.historyHead(statement)) }));
    },
  }));
  const followers = ENDORSER_MSP_IDS.map((mspId) => createFakeSetFollower(net, { mspId, signer: net.organisation(mspId).peer.signer, truth: truthOf(business) }));
  const held = heldKeysOf(net, certified, [1n], [], [SECOND_NAMES]);
  const lines: string[] = [];
  const log = openViewLog(EMPTY_CHAIN, held.signer(SUITE), (line) => void lines.push(line.trimEnd()), net.now);
  const test: TestViewer = {
    business,
    versions,
    lines,
    head: EMPTY_CHAIN,
    now: net.now,
    isFull: false,
    write(key, value) {
      const packet = value === undefined ? new Uint8Array(0) : sealTestPacket(net, { key, value }).bytes;
      const txId = randomBytes(32);
      versions.push(create(KeyVersionSchema, { txId, timestampSeconds: BigInt(versions.length + 1), previousHead: headOf(), packet }));
      return txId;
    },
    store(ownerSet, dataset, key, value) {
      const packet = sealTestPacket(net, { dataset, key, value });
      business.put(ownerSet, packet.bytes);
      return packet;
    },
    viewer: createViewer({
      self: certified.self,
      network: net.network,
      channel: net.channel,
      views: { start: () => Promise.resolve(), current: () => viewOf(net), refresh: () => Promise.resolve(viewOf(net)), close: () => undefined },
      keys: { current: () => held, renew: () => undefined },
      source: createStateFetcher({ network: net.network, channel: net.channel, nodes: [business], clock: () => 0, historyConfirmer: createHistoryConfirmer({ followers: heads, maxAttempts: 1 }), confirmer: createSetConfirmer({ followers }) }),
      audit: {
        record(event) {
          if (test.isFull) throw new Error('no space left on the device');
          return (test.head = log.record(event));
        },
      },
      attester: tee.attester,
      measurement: MEASUREMENT,
      suite: SUITE,
      now: () => test.now,
      limits: { maxRunning: 2, maxQueued: 2, freshnessMs: 300_000, maxLagBlocks: 16n },
      ...options,
    }),
  };
  return test;
}

type Body = MessageInitShape<typeof ViewBodySchema>;

export async function attest(viewer: Viewer, mspId = 'AuroraMSP'): Promise<AttestedViewer> {
  const nonce = new Uint8Array(randomBytes(32));
  return verifyViewerEvidence({ answer: await viewer.evidence({ $typeName: 'selvedge.v1.ViewerEvidenceRequest', nonce }), nonce, profile: net.profile, ledger: net.state, mspId, at: net.now });
}

/** A question, signed and sealed as a reader does it; what is given replaces its own. */
export interface TestQuestion {
  readonly sealed: SealedView;
  readonly signedView: Uint8Array;
  open(answer: SealedViewAnswer): ViewAnswer;
}

export async function ask(viewer: Viewer, change: { readonly body?: Body; readonly signer?: Signer; readonly signature?: Uint8Array; readonly signedView?: Uint8Array } = {}): Promise<TestQuestion> {
  const { ephemeralKey } = await attest(viewer);
  const signer = change.signer ?? net.organisation('AuroraMSP').admin.signer;
  const reader = suiteByName(SUITE).generateKemKeyPair();
  const body = encodeMessage(ViewBodySchema, {
    network: net.network,
    channel: net.channel,
    profileDigest: net.profile.digest,
    viewerKey: ephemeralKey,
    readerKey: reader.publicKey,
    reader: signer.serialized,
    nonce: new Uint8Array(randomBytes(24)),
    timestampSeconds: BigInt(Math.floor(net.now.getTime() / 1000)),
    contract: net.contract,
    question: { case: 'key', value: { dataset: '', key: 'k' } },
    ...change.body,
  });
  const signedView = change.signedView ?? encodeMessage(SignedViewSchema, { body, signature: change.signature ?? signer.sign(signing.view(body)) });
  return {
    sealed: create(SealedViewSchema, sealView(SCOPE, ephemeralKey, signedView)),
    signedView,
    open: (answer) => parseMessage(ViewAnswerSchema, openViewAnswer(SCOPE, reader, signedView, answer), LIMITS.maxMessageBytes),
  };
}

/** Asks and opens: what the viewer answered, a refusal by its code. */
export async function view(test: TestViewer, change: Parameters<typeof ask>[1] = {}): Promise<{ readonly code: string | undefined; readonly answer: ViewAnswer }> {
  const question = await ask(test.viewer, change);
  const sealed = await test.viewer.view(question.sealed, new AbortController().signal);
  const isSigned = certified.suite.isSignatureValid((await attest(test.viewer)).certificate.publicKey, signing.viewAnswer(viewDigest(question.signedView), sealed.enc, sealed.ciphertext), sealed.signature);
  if (!isSigned) throw new Error('the answer is not signed by the viewer');
  const answer = question.open(sealed);
  return { code: answer.refusal?.code, answer };
}

export const ledgerKeyOf = (dataset: string, key: string): string => toHex(placeOf(net, dataset, key).ledgerKey);
