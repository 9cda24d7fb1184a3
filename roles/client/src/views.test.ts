import { createPublicKey } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createViewerEvidence, type Attester } from '@selvedge/attestation';
import { suiteByName, toHex } from '@selvedge/crypto';
import { createEndorsedTransaction, createTargetData, createTestTee, randomTxId, type TestComputeNode } from '@selvedge/fixtures';
import {
  BlockHeaderSchema, BlockSchema, EndorsedTransactionSchema, encodeMessage, LIMITS, parseMessage, SealedViewAnswerSchema, SignedViewSchema, signing, TransactionSchema, ViewAnswerSchema, ViewBodySchema, viewDigest, ViewedWriteState, type SealedViewAnswer, type ViewAnswer, type ViewBody,
} from '@selvedge/protocol';
import { openView, sealViewAnswer } from '@selvedge/sealed-objects';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.js';
import type { ViewerPort } from './ports.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import type { Views } from './views.js';

const MEASUREMENT = new Uint8Array(48).fill(7);
type Answer = Exclude<MessageInitShape<typeof ViewAnswerSchema>, ViewAnswer>;

let network: FakeNetwork;
let gateway: Gateway;
let asked: ViewBody[];
/** What the viewer answers, and what becomes of it on its way. */
let answer: Answer;
let tamper: (sealed: SealedViewAnswer) => SealedViewAnswer;

beforeEach(async () => {
  network = await createFakeNetwork({ profile: { appraisalPolicies: [{ role: 'viewer', teeType: 'simulated', measurements: [MEASUREMENT] }] } });
  asked = [];
  answer = { height: 5n, audit: { count: 2n, hash: new Uint8Array(32).fill(0xab) } };
  tamper = (sealed) => sealed;
  const viewers = await Promise.all(
    ['AuroraMSP', 'BorealisMSP'].map(async (operatorMspId) => {
      const { attester, binding } = createTestTee({ root: network.consortium.developmentRoot, name: operatorMspId, now: network.consortium.now, measurement: MEASUREMENT });
      return viewerPort(await network.consortium.issueComputeNode({ binding: { ...binding, role: 'viewer', nodeId: `viewer of ${operatorMspId}`, operatorMspId } }), attester);
    }),
  );
  gateway = network.connect({ ports: { ...network.ports, viewers: () => viewers } });
});
afterEach(() => {
  gateway.close();
});

/** A viewer in memory that really attests, opens, seals and signs. */
function viewerPort({ nodeId, binding, certificate, privateKey, suite: signatures }: TestComputeNode, attester: Attester): ViewerPort {
  const { consortium } = network;
  const scope = { suite: consortium.profile.message.allowedSuites[0] ?? '', network: consortium.network, channel: consortium.channel };
  const ephemeral = suiteByName(scope.suite).generateKemKeyPair();
  return {
    nodeId,
    mspId: binding.operatorMspId ?? '',
    address: nodeId,
    getEvidence: (nonce) => createViewerEvidence(attester, { nonce, ephemeralKey: ephemeral.publicKey, signingKey: publicKeyOf(privateKey), certificate, profileDigest: consortium.profile.digest }),
    view(sealed) {
      const signedView = openView(scope, ephemeral, sealed);
      const body = parseMessage(ViewBodySchema, parseMessage(SignedViewSchema, signedView, LIMITS.maxRequestBytes).body, LIMITS.maxRequestBytes);
      asked.push(body);
      const { enc, ciphertext } = sealViewAnswer(scope, body.readerKey, signedView, encodeMessage(ViewAnswerSchema, answer));
      const signature = signatures.sign(privateKey, signing.viewAnswer(viewDigest(signedView), enc, ciphertext));
      return Promise.resolve(tamper(create(SealedViewAnswerSchema, { enc, ciphertext, signature })));
    },
  };
}

function publicKeyOf(privateKey: TestComputeNode['privateKey']): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}

const views = (viewerId?: string): Views => gateway.getNetwork(network.consortium.channel).getViews(viewerId);
const look = (viewerId?: string) => views(viewerId).key({ contract: 'diamonds', key: 'a secret name' });

describe('a view', () => {
  it('is asked of the own organisation’s viewer and says where it is recorded', async () => {
    answer = { ...answer, versions: [{ value: Buffer.from('red') }] };
    const { versions, record } = await look();
    expect(versions.map(({ value }) => Buffer.from(value).toString())).toEqual(['red']);
    expect(record).toEqual({ viewer: 'viewer of AuroraMSP', count: 2, hash: 'ab'.repeat(32) });
    expect(asked[0]?.question).toMatchObject({ case: 'key', value: { dataset: '', key: 'a secret name' } });
    await views().history({ contract: 'diamonds', collection: 'stones', key: 'k' });
    expect(asked[1]?.question).toMatchObject({ case: 'history', value: { dataset: 'stones', key: 'k' } });
    expect(toHex(asked[0]?.readerKey ?? new Uint8Array(0))).not.toBe(toHex(asked[1]?.readerKey ?? new Uint8Array(0)));
  });

  it('is asked of no viewer of another organisation, nor of one that is not there', async () => {
    await expect(look('viewer of BorealisMSP')).rejects.toMatchObject({ code: 'READER_FOREIGN' });
    await expect(look('nobody')).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    expect(asked).toEqual([]);
  });

  it('ends with what the viewer refuses with', async () => {
    answer = { ...answer, refusal: { code: 'DATASET_ACCESS_DENIED', role: 'viewer', message: 'not yours', action: '' } };
    await expect(look()).rejects.toMatchObject({ code: 'DATASET_ACCESS_DENIED', role: 'viewer' });
  });

  it('is believed only signed by the attested viewer, for this question, and on record', async () => {
    tamper = (sealed) => ({ ...sealed, signature: new Uint8Array(70) });
    await expect(look()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    let earlier: SealedViewAnswer | undefined;
    tamper = (sealed) => (earlier ??= sealed);
    await look();
    await expect(look()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    tamper = (sealed) => sealed;
    answer = { height: 5n };
    await expect(look()).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });

  it('of a transaction takes its writes and verdict off the ledger', async () => {
    const { consortium, nodes, ledger } = network;
    const txId = randomTxId();
    const targetData = createTargetData({ consortium, nodes: nodes.slice(0, 1), txId, writes: [{ key: 'k', value: 'v' }], event: { name: 'Sold', payload: 'ruby' } });
    const endorsed = encodeMessage(TransactionSchema, { kind: { case: 'endorsed', value: encodeMessage(EndorsedTransactionSchema, createEndorsedTransaction({ consortium, targetData })) } });
    ledger.ordered.push(txId);
    ledger.blocks.push(create(BlockSchema, { header: encodeMessage(BlockHeaderSchema, { number: 5n }), transactions: [endorsed] }));
    answer = { ...answer, writes: [{ state: ViewedWriteState.OPENED, key: 'k', value: Buffer.from('v') }], event: { name: 'Sold' } };
    const { status, sections } = await views().transaction(txId);
    expect(status).toMatchObject({ transactionId: toHex(txId), successful: true });
    expect(sections.map(({ contract, writes, event }) => [contract, writes.length, event?.name])).toEqual([['diamonds', 1, 'Sold']]);
    const [body] = asked;
    expect(body?.question.case === 'transaction' && [toHex(body.question.value.txId), body.question.value.writes.length, body.question.value.sealedEvent.length > 0]).toEqual([toHex(txId), 1, true]);
    await expect(views().transaction(randomTxId())).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });
});
