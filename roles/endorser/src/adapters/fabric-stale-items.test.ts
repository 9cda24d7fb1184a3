import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { openLedgerStore } from '@selvedge/embedded-ledger';
import { parseDelivered } from '@selvedge/fabric';
import { openFabricFollower, type DeliveredBlock, type FabricFollower } from '@selvedge/fabric-network/follower';
import { createTargetData, createTestConsortium, joinTargetData, refusalCodeOf, type TestConsortium } from '@selvedge/fixtures';
import { createBlockFeed, createFabricChain, createFabricEndorsed, createFabricPolicyChange } from '@selvedge/fixtures/fabric';
import { facts } from '@selvedge/policy';
import { createItemMask, StaleItemsRequestSchema } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndorser } from '../endorser.js';

let consortium: TestConsortium;
let directory: string;
let follower: FabricFollower;
beforeAll(async () => {
  consortium = await createTestConsortium();
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-stale-'));
});
afterAll(async () => {
  await follower.close();
  rmSync(directory, { recursive: true });
});

describe('stale items of a batch on Fabric', () => {
  it('are told by the channel’s state, to whom compute nodes of its policy have signed the batch', async () => {
    const node = await consortium.issueComputeNode();
    const chain = createFabricChain(consortium.channel);
    chain.add({ transaction: chain.transaction(createFabricPolicyChange([{ key: facts.profile, value: consortium.signedProfile }])) });
    chain.add({ transaction: chain.transaction(createFabricPolicyChange(consortium.state.factEntries().filter(({ key }) => key !== facts.profile))) });
    chain.add({ transaction: chain.transaction(createFabricEndorsed(consortium, createTargetData({ consortium, nodes: [], writes: [{ key: 'there', value: '1' }] }))) });
    const feed = createBlockFeed(chain);
    const blocks = {
      async *follow(from: bigint, signal: AbortSignal) {
        for await (const bytes of feed.follow(from, signal)) yield parseDelivered(bytes) as DeliveredBlock;
      },
    };
    follower = openFabricFollower({ store: openLedgerStore({ directory }), profile: consortium.profile, blocks, role: 'endorser' });
    const endorser = createEndorser({ ledger: follower, signer: consortium.organisation('NorthMSP').peer.signer, now: () => consortium.now });
    // Both read that the key is absent; it is not.
    const items = ['there', 'absent'].map((key) => createTargetData({ consortium, nodes: [], reads: [{ key }] }));
    const { cores, attachments } = joinTargetData([node], items);
    const question = create(StaleItemsRequestSchema, { cores, teeSignatures: attachments!.teeSignatures });
    expect(await refusalCodeOf(endorser.findStaleItems(question))).toBe('NOT_READY');
    follower.start();
    expect(await follower.waitForHeight(4n, 60_000)).toBe(true);
    expect(Buffer.from((await endorser.findStaleItems(question)).itemMask)).toEqual(Buffer.from(createItemMask([0])));
    expect(await refusalCodeOf(endorser.findStaleItems(create(StaleItemsRequestSchema, { cores })))).toBe('TEE_SIGNATURE_INVALID');
  });
});
