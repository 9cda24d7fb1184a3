import { BUSINESS_MSP_IDS, createEndorsementPayload, createTargetData, createTestConsortium, ENDORSER_MSP_IDS, refusalCodeOf, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { encodeMessage, EndorsementPayloadSchema, signing } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEndorser, type Endorser, type EndorserOptions } from './endorser.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const endorserOf = (mspId: string, options: Partial<EndorserOptions> = {}): Endorser =>
  createEndorser({
    ledger: { state: consortium.state, profile: () => consortium.profile },
    signer: consortium.organisation(mspId).peer.signer,
    now: () => consortium.now,
    ...options,
  });

describe('an endorsement', () => {
  it('has equal payload bytes at every endorser: those that DESIGN describes', async () => {
    const writes = [{ dataset: 'tradeOffers', key: 'o1', value: '1' }, { key: 'stone-1', value: '2' }, { dataset: 'auroraStones', key: 'a1', value: '3' }];
    const targetData = createTargetData({ consortium, nodes: [node], writes });
    const payloads = await Promise.all(ENDORSER_MSP_IDS.map(async (mspId) => (await endorserOf(mspId).endorse(targetData)).payload));
    const expected = encodeMessage(EndorsementPayloadSchema, createEndorsementPayload(consortium, targetData));
    for (const payload of payloads) expect(Buffer.from(payload).equals(expected)).toBe(true);
  });

  it('names the owners of every owner set that is written, and of no other', async () => {
    const owners = async (dataset: string): Promise<unknown> => {
      const targetData = createTargetData({ consortium, nodes: [node], writes: [{ dataset, key: 'k', value: 'v' }], reads: [{ dataset: 'celestaStones', key: 'k' }] });
      return createEndorsementPayload(consortium, targetData).targets.map((target) => [target.ownerSet, target.owners]);
    };
    expect(await owners('auroraStones')).toEqual([['aurora', ['AuroraMSP']]]);
    expect(await owners('')).toEqual([['houses', [...BUSINESS_MSP_IDS]]]);
  });

  it('is signed by the peer over payload and its own identity', async () => {
    const endorsement = await endorserOf('NorthMSP').endorse(createTargetData({ consortium, nodes: [node] }));
    const signed = { identity: endorsement.endorser, signature: endorsement.signature };
    const identity = consortium.profile.msps.verifySignature(signed, signing.endorsement(endorsement.payload, endorsement.endorser), { role: 'peer' });
    expect(identity.mspId).toBe('NorthMSP');
  });

  it('does not depend on the clock or the height', async () => {
    const targetData = createTargetData({ consortium, nodes: [node] });
    const first = await endorserOf('NorthMSP').endorse(targetData);
    consortium.state.height = 7n;
    const second = await endorserOf('NorthMSP', { now: () => new Date(consortium.now.getTime() + 60_000) }).endorse(targetData);
    expect(Buffer.from(second.payload).equals(first.payload)).toBe(true);
  });

  it('passes its checkpoints in order', async () => {
    const passed: string[] = [];
    const txId = new Uint8Array(32).fill(0xab);
    await endorserOf('NorthMSP', { checkpoint: (name, subject) => passed.push(`${name} ${subject}`) }).endorse(createTargetData({ consortium, nodes: [node], txId }));
    expect(passed).toEqual([`endorser.before-sign ${'ab'.repeat(32)}`, `endorser.before-ack ${'ab'.repeat(32)}`]);
  });
});

describe('an endorser', () => {
  it('refuses without target data', async () => {
    expect(await refusalCodeOf(endorserOf('NorthMSP').endorse(undefined))).toBe('MALFORMED_MESSAGE');
  });

  it('refuses what does not verify, and signs nothing', async () => {
    const passed: string[] = [];
    const forged = createTargetData({ consortium, nodes: [node], changeSigned: (data) => { data.attachments!.teeSignatures[0]!.signature = new Uint8Array(70); } });
    expect(await refusalCodeOf(endorserOf('NorthMSP', { checkpoint: (name) => passed.push(name) }).endorse(forged))).toBe('TEE_SIGNATURE_INVALID');
    expect(passed).toEqual([]);
  });

  it('is not ready before the first block', async () => {
    consortium.state.height = 0n;
    expect(await refusalCodeOf(endorserOf('NorthMSP').endorse(createTargetData({ consortium, nodes: [node] })))).toBe('NOT_READY');
  });

  it('refuses above its limit, and goes on afterwards', async () => {
    const endorser = endorserOf('NorthMSP', { maxInFlight: 2 });
    const endorse = (): Promise<string | undefined> => refusalCodeOf(endorser.endorse(createTargetData({ consortium, nodes: [node] })));
    expect(await Promise.all([endorse(), endorse(), endorse()])).toEqual([undefined, undefined, 'OVERLOADED']);
    expect(await endorse()).toBeUndefined();
  });
});
