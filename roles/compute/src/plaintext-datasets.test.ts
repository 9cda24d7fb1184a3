import { createDevelopmentPlatform, createSimulatedAttester } from '@selvedge/attestation';
import { suiteByName, toHex, type KemKeyPair } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { createOwnerKeys, facts } from '@selvedge/policy';
import { PacketSchema, parseMessage, StorageMode } from '@selvedge/protocol';
import { openOwnerCopy } from '@selvedge/sealed-objects';
import { createReaderChannels } from '@selvedge/tee-node';
import { createFakeBusinessNode, createFakeKeeper, sealTestPacket, viewOf, type CertifiedNode, type FakeBusinessNode, type FakeKeeper } from '@selvedge/tee-node/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRequest } from './client.test.support.js';
import { createTestNode, type TestChaincode, type TestNode } from './node.test.support.js';
import { bytes, calls, clientOf, text } from './submit.test.support.js';

const SUITE = 'P256-AES256GCM-SHA256';
let net: TestConsortium;
let certified: CertifiedNode;
let pairs: Record<string, KemKeyPair>;
let node: FakeBusinessNode;
let keeper: FakeKeeper;
let test: TestNode;
beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.restore();
  net.setContractPolicy({
    ownerSets: [{ name: 'houses', owners: ['AuroraMSP', 'BorealisMSP'], endorsementPolicy: net.contractPolicy.endorsementPolicy }],
    datasets: [{ name: '', ownerSet: 'houses', mode: StorageMode.PLAINTEXT }, { name: 'packed', ownerSet: 'houses' }],
  });
  pairs = Object.fromEntries(['AuroraMSP', 'BorealisMSP'].map((mspId) => [mspId, record(mspId)]));
  node = createFakeBusinessNode('AuroraMSP');
  keeper = createFakeKeeper(net, node, net.organisation('AuroraMSP').peer.signer);
  test = nodeOf();
});

function record(mspId: string): KemKeyPair {
  const { network, channel } = net;
  const pair = suiteByName(SUITE).generateKemKeyPair();
  net.state.setFact(facts.ownerKeys(mspId), createOwnerKeys(net.organisation(mspId).peer.signer, { network, channel, keys: [{ suite: SUITE, publicKey: pair.publicKey }] }));
  return pair;
}
function nodeOf(by = certified): TestNode {
  const { network, channel } = net;
  const attester = createSimulatedAttester({ ...createDevelopmentPlatform({ root: net.developmentRoot, name: 'platform', now: net.now }), measurement: new Uint8Array(48) });
  const made = createTestNode({ net, certified: by, business: [node], fetcher: { nodes: [keeper], reader: createReaderChannels({ attester, network, channel }) } });
  made.view = viewOf(net);
  return made;
}
const submit = async (chaincode: TestChaincode, on: readonly TestNode[] = [test]) => {
  const request = buildRequest(clientOf(net, net.organisation('AuroraMSP').client.signer));
  const sealed = await Promise.all(
    on.map((each) => {
      each.chaincode = chaincode;
      return each.execute(request);
    }),
  );
  return { response: request.open(sealed[0]!), targetData: sealed.map((one) => one.targetData) };
};
const put = (dataset = ''): TestChaincode => calls((state) => state.putState(dataset, 'ruby', bytes('carat 2')));

describe('datasets that their owners keep in plaintext', () => {
  it('are written with a copy for each owner, under the keys on the ledger', async () => {
    const { targetData: [targetData] } = await submit(put());
    const [packet] = targetData!.attachments!.packets;
    for (const [mspId, pair] of Object.entries(pairs)) {
      const opened = openOwnerCopy(packet!, { mspId, keyPairs: () => [pair] });
      expect([opened.key, text(opened.value)]).toEqual(['ruby', 'carat 2']);
    }
    const { targetData: [packed] } = await submit(put('packed'));
    expect(parseMessage(PacketSchema, packed!.attachments!.packets[0]!, 1e6).ownerCopies).toEqual([]);
  });

  it('are written alike by every replica', async () => {
    const replica = nodeOf(await net.issueComputeNode());
    const { targetData: [one, other] } = await submit(put(), [test, replica]);
    expect(toHex(other!.cores[0]!)).toBe(toHex(one!.cores[0]!));
    expect(toHex(other!.attachments!.packets[0]!)).toBe(toHex(one!.attachments!.packets[0]!));
  });

  it('are not written while an owner has recorded no key', async () => {
    net.restore();
    net.setContractPolicy({ ownerSets: [{ name: 'houses', owners: ['AuroraMSP', 'BorealisMSP'], endorsementPolicy: net.contractPolicy.endorsementPolicy }], datasets: [{ name: '', ownerSet: 'houses', mode: StorageMode.PLAINTEXT }] });
    record('AuroraMSP');
    test.view = viewOf(net);
    const { response } = await submit(put());
    expect(response.refusal).toMatchObject({ code: 'OWNER_KEY_UNKNOWN', message: expect.stringContaining('BorealisMSP') as string });
  });

  it('are read, as points and ranges, under the version that the packet has', async () => {
    const packet = sealTestPacket(net, { key: 'ruby', value: 'carat 2', recipients: [{ mspId: 'AuroraMSP', publicKey: pairs.AuroraMSP!.publicKey }] });
    node.put('houses', packet.bytes);
    const found: (string | undefined)[] = [];
    const { targetData: [targetData] } = await submit(
      calls(async (state) => {
        found.push(text(await state.getState('', 'ruby')));
        for await (const { key, value } of await state.getRange('', 'a', 'z')) found.push(`${key} ${String(text(value))}`);
        await state.putState('packed', 'seen', bytes('1'));
      }),
    );
    expect(found).toEqual(['carat 2', 'ruby carat 2']);
    expect(targetData).toBeDefined();
    expect(keeper.evidence).toHaveLength(1);
    keeper.tamper = (served) => ({ ...served, value: Buffer.from('carat 9') });
    const { response } = await submit(calls((state) => state.getState('', 'ruby')));
    expect(response.refusal).toMatchObject({ code: 'STATE_FORGED', message: expect.stringContaining('AuroraMSP at AuroraMSP:7001') as string });
  });
});
