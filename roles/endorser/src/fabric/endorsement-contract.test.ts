import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { collectionOf, entryKey, EVENT_NAME, guardEntryKey, MARKER_COLLECTION, markerKey, POLICY_CHAINCODE, parseFabricEndorsement, parseFabricEvents, type ItemEvents } from '@selvedge/fabric';
import { createEndorsementPayload, createTargetData, createTestConsortium, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { encodeMessage, EndorsementPayloadSchema, membershipGuardKey, LIMITS, parseCore, parseMessage, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEndorsingPeer, endorseCall } from './testdata/fabric-setting.js';
import type { FakePeer, FakeWrite } from './testdata/fake-peer.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const targetDataOf = (input: Partial<TargetDataInput> = {}): TargetData => createTargetData({ consortium, nodes: [node], ...input });
const ids = (writes: readonly FakeWrite[]): string[] => writes.map(({ kind, collection, key, value }) => `${kind} ${collection} ${key} ${value === undefined ? '' : toHex(sha256(value))}`).sort();

/** What the core says, worked out here without the write plan. */
function expectedWrites(targetData: TargetData): string[] {
  const core = parseCore(targetData.cores[0]!);
  const [section] = core.sections;
  return [
    ...section!.writes.map(({ ownerSet, ledgerKey, effect }) => (effect.case === 'packetHash' ? `put ${collectionOf(ownerSet)} d${toHex(ledgerKey)} ${toHex(effect.value)}` : `delete ${collectionOf(ownerSet)} d${toHex(ledgerKey)} `)),
    ...section!.guardsWritten.map((guard) => `put ${collectionOf(guard.ownerSet)} g${toHex(guard.guardKey)} ${toHex(sha256(core.txId))}`),
    `put ${MARKER_COLLECTION} ${toHex(core.txId)} ${toHex(sha256(Uint8Array.of(1)))}`,
  ].sort();
}

describe('an endorsement by chaincode', () => {
  const writes = [{ dataset: 'tradeOffers', key: 'o1', value: '1' }, { key: 'stone-1', value: '2' }, { dataset: 'auroraStones', key: 'a1' }];

  it('writes what the core says into the owner sets’ collections, and the marker: nothing else, nothing public', async () => {
    const targetData = targetDataOf({ writes });
    const { response, writes: written, event } = await createEndorsingPeer(consortium).simulate(endorseCall(consortium, targetData));
    expect(response).toMatchObject({ status: 200, message: '' });
    expect(ids(written)).toEqual(expectedWrites(targetData));
    expect(event).toBeUndefined();
  });

  it('answers the cores and the payload that DESIGN describes', async () => {
    const targetData = targetDataOf({ writes });
    const { response } = await createEndorsingPeer(consortium).simulate(endorseCall(consortium, targetData));
    const { cores, itemMask, endorsementPayload } = parseFabricEndorsement(response.payload);
    expect(cores.map(toHex)).toEqual(targetData.cores.map(toHex));
    expect(itemMask).toHaveLength(0);
    expect(toHex(endorsementPayload)).toBe(toHex(encodeMessage(EndorsementPayloadSchema, createEndorsementPayload(consortium, targetData))));
  });

  it('is the same, byte for byte, at every endorser: clock, cache and place of the process do not show', async () => {
    const targetData = targetDataOf({ writes, event: { name: 'traded', payload: 'stone-1' } });
    const warm = createEndorsingPeer(consortium, { now: () => new Date(consortium.now.getTime() + 60_000) });
    await warm.submit(endorseCall(consortium, targetDataOf()));
    const [one, two] = await Promise.all([createEndorsingPeer(consortium).simulate(endorseCall(consortium, targetData)), warm.simulate(endorseCall(consortium, targetData))]);
    expect(one.response.status).toBe(200);
    expect(equalBytes(one.response.payload, two.response.payload)).toBe(true);
    expect(toHex(one.event!.payload)).toBe(toHex(two.event!.payload));
    expect(one.writes).toEqual(two.writes);
    expect(one.reads).toEqual(two.reads);
  });

  it('shows sealed events as one chaincode event', async () => {
    const targetData = targetDataOf({ event: { name: 'traded', payload: 'stone-1' } });
    const { event } = await createEndorsingPeer(consortium).simulate(endorseCall(consortium, targetData));
    expect(event!.name).toBe(EVENT_NAME);
    const [{ txId, sealedEvents }] = parseFabricEvents(event!.payload) as [ItemEvents];
    expect(toHex(txId)).toBe(toHex(parseCore(targetData.cores[0]!).txId));
    expect(sealedEvents.map(toHex)).toEqual(targetData.attachments!.sealedEvents.map(toHex));
  });

  it('reads every fact that it rests on, the marker, every read and every guard', async () => {
    const peer = createEndorsingPeer(consortium);
    const first = targetDataOf();
    await peer.submit(endorseCall(consortium, first));
    const core = parseCore(first.cores[0]!);
    const [{ ledgerKey, effect, datasetTag }] = core.sections[0]!.writes as [ReturnType<typeof parseCore>['sections'][0]['writes'][0]];
    const next = targetDataOf({ reads: [{ key: 'stone-1', packetHash: effect.value as Uint8Array }, { dataset: 'auroraStones', key: 'none' }] });
    const { response, reads } = await peer.simulate(endorseCall(consortium, next));
    expect(response.message).toBe('');
    const payload = parseMessage(EndorsementPayloadSchema, parseFabricEndorsement(response.payload).endorsementPayload, LIMITS.maxMessageBytes);
    for (const { key } of payload.factReads) expect(reads).toContain(`${POLICY_CHAINCODE}//${key}`);
    expect(reads).toContain(`${POLICY_CHAINCODE}//profile`);
    expect(reads).toContain(`${consortium.contract}/${MARKER_COLLECTION}/${markerKey(parseCore(next.cores[0]!).txId)}`);
    expect(reads).toContain(`${consortium.contract}/selvedge_houses/${entryKey(ledgerKey)}`);
    expect(reads.filter((id) => id.startsWith(`${consortium.contract}/selvedge_aurora/d`))).toHaveLength(1);
    expect(peer.read(consortium.contract, 'selvedge_houses', guardEntryKey(membershipGuardKey(datasetTag)))).toEqual(core.txId);
  });
});

describe('facts between endorsements', () => {
  const endorse = (peer: FakePeer) => peer.simulate(endorseCall(consortium, targetDataOf()));

  it('cross once: later answers hold no value that is known', async () => {
    const peer = createEndorsingPeer(consortium);
    const first = await endorse(peer);
    const second = await endorse(peer);
    expect(first.answeredBytes).toBeGreaterThan(consortium.signedProfile.length);
    expect(second.answeredBytes).toBeLessThan(1_000);
    expect(second.reads.filter((id) => id.startsWith(POLICY_CHAINCODE))).toHaveLength(first.reads.filter((id) => id.startsWith(POLICY_CHAINCODE)).length);
  });

  it('are seen at once when they change', async () => {
    const peer = createEndorsingPeer(consortium);
    expect((await endorse(peer)).response.status).toBe(200);
    consortium.setContractPolicy({ codeHash: new Uint8Array(32).fill(7) });
    const stale = createEndorsingPeer(consortium).read(POLICY_CHAINCODE, '', `contract/${consortium.contract}`);
    consortium.restore();
    peer.put(POLICY_CHAINCODE, '', `contract/${consortium.contract}`, stale);
    expect((await endorse(peer)).response.message).toMatch(/^CODE_HASH_MISMATCH: /);
    peer.put(POLICY_CHAINCODE, '', `revoked/node/${node.nodeId}`, Buffer.from('lost'));
    expect((await endorse(peer)).response.message).toMatch(/^TEE_REVOKED: /);
  });
});
