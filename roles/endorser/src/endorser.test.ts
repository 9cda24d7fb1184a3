import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { BUSINESS_MSP_IDS, createEndorsementPayload, createTargetData, createTestConsortium, ENDORSER_MSP_IDS, joinTargetData, refusalCodeOf, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { CoreSchema, createItemMask, encodeMessage, EndorsementPayloadSchema, GuardKind, LIMITS, parseCore, signing, StaleItemsRequestSchema, type StaleItemsRequest } from '@selvedge/protocol';
import fc from 'fast-check';
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

describe('a question which items are stale', () => {
  const OLD = new Uint8Array(32).fill(1);
  const question = (change: Omit<Exclude<MessageInitShape<typeof StaleItemsRequestSchema>, StaleItemsRequest>, '$typeName'> = {}): StaleItemsRequest => {
    const items = [{ reads: [{ key: 'gone', packetHash: OLD }] }, { writes: [{ key: 'a', value: '1' }] }].map((input) => createTargetData({ consortium, nodes: [], ...input }));
    const { cores, attachments } = joinTargetData([node], items);
    return create(StaleItemsRequestSchema, { cores, teeSignatures: attachments!.teeSignatures, ...change });
  };
  const signed = (cores: Uint8Array[]): StaleItemsRequest => question({ cores, teeSignatures: [node.signCores(cores)] });
  const ask = (request: StaleItemsRequest): Promise<string | undefined> => refusalCodeOf(endorserOf('NorthMSP').findStaleItems(request));
  /** A genuine core, changed and encoded again. */
  const coreWith = (change: (core: ReturnType<typeof parseCore>) => void): Uint8Array => {
    const core = parseCore(question().cores[1]!);
    change(core);
    return encodeMessage(CoreSchema, core);
  };

  it('is answered to whom compute nodes have signed the batch', async () => {
    const { itemMask } = await endorserOf('NorthMSP').findStaleItems(question());
    expect(Buffer.from(itemMask)).toEqual(Buffer.from(createItemMask([0])));
  });

  it('is refused to everybody else, as an endorsement is', async () => {
    const genuine = question();
    expect(await ask(question({ teeSignatures: [] }))).toBe('TEE_SIGNATURE_INVALID');
    expect(await ask(question({ teeSignatures: [{ ...genuine.teeSignatures[0]!, signature: new Uint8Array(70) }] }))).toBe('TEE_SIGNATURE_INVALID');
    expect(await ask(question({ cores: genuine.cores.slice(1) }))).toBe('TEE_SIGNATURE_INVALID');
    expect(await ask(question({ cores: [] }))).toBe('MALFORMED_MESSAGE');
    expect(await ask(question({ teeSignatures: [{ ...genuine.teeSignatures[0]!, certificate: new Uint8Array(10) }] }))).toBe('TEE_CERTIFICATE_INVALID');
    expect(await ask(signed([coreWith((core) => { core.network = 'another'; })]))).toBe('WRONG_NETWORK');
    expect(await ask(signed([coreWith((core) => { core.channel = 'another'; })]))).toBe('WRONG_CHANNEL');
    consortium.state.height = 0n;
    expect(await ask(question())).toBe('NOT_READY');
  });

  it.each<[string, Omit<Exclude<MessageInitShape<typeof StaleItemsRequestSchema>, StaleItemsRequest>, '$typeName'>]>([
    ['more items than a batch has', { cores: Array.from({ length: LIMITS.maxBatchItems + 1 }, () => new Uint8Array(1)) }],
    ['a mask of more items', { itemMask: new Uint8Array(LIMITS.maxBatchItems / 8 + 1).fill(1) }],
    ['cores that are too large together', { cores: Array.from({ length: 5 }, () => new Uint8Array(LIMITS.maxStaleItemsBytes / 4)) }],
    ['more signatures than a network has nodes', { teeSignatures: Array.from({ length: LIMITS.maxIdentities + 1 }, () => ({})) }],
    ['a certificate that is too large', { teeSignatures: [{ certificate: new Uint8Array(LIMITS.maxCertificateBytes + 1) }] }],
  ])('is refused with %s before anything of it is parsed, or a turn is taken', async (_, change) => {
    const endorser = endorserOf('NorthMSP', { maxInFlight: 0 });
    expect(await refusalCodeOf(endorser.findStaleItems(question(change)))).toBe('LIMIT_EXCEEDED');
    expect(await refusalCodeOf(endorser.findStaleItems(question()))).toBe('OVERLOADED');
  });

  it('is refused with more reads than one go has time for, whichever they are', async () => {
    const many = LIMITS.maxStaleItemsReads / 4 + 1;
    const cores = ['reads', 'reads', 'guardsRead', 'keyPolicyReads'].map((kind, i) => {
      const { reads } = parseCore(question().cores[0]!).sections[0]!;
      return coreWith((core) => {
        core.txId = new Uint8Array(32).fill(i + 1);
        const section = core.sections[0]!;
        section.reads = [];
        section.guardsRead = [];
        section.keyPolicyReads = [];
        const places = Array.from({ length: many }, (_, n) => ({ ownerSet: 'houses', dataset: '', key: new Uint8Array(32).fill(n & 255, 0, 8).fill(n >> 8, 8) })).sort((a, b) => Buffer.compare(a.key, b.key));
        if (kind === 'reads') section.reads = places.map(({ key }) => ({ ...reads[0]!, ledgerKey: key }));
        else if (kind === 'guardsRead') section.guardsRead = places.map(({ key, ...place }) => ({ $typeName: 'selvedge.v1.GuardRead', ...place, kind: GuardKind.MEMBERSHIP, guardKey: key, txId: new Uint8Array(0) }));
        else section.keyPolicyReads = places.map(({ key, ...place }) => ({ $typeName: 'selvedge.v1.KeyPolicyRead', ...place, ledgerKey: key, policy: new Uint8Array(0) }));
      });
    });
    expect(await ask(signed(cores))).toBe('LIMIT_EXCEEDED');
    expect(await ask(signed(cores.slice(1)))).toBeUndefined();
  });

  it('waits with few others, and goes on afterwards', async () => {
    const endorser = endorserOf('NorthMSP');
    const answers = await Promise.all(Array.from({ length: 10 }, () => refusalCodeOf(endorser.findStaleItems(question()))));
    expect(answers.filter((code) => code === 'OVERLOADED')).toHaveLength(2);
    expect(await refusalCodeOf(endorser.endorse(createTargetData({ consortium, nodes: [node] })))).toBeUndefined();
    expect(await refusalCodeOf(endorser.findStaleItems(question()))).toBeUndefined();
  });

  it('of hostile bytes is refused with a code of ours, or answered', async () => {
    const genuine = toBinary(StaleItemsRequestSchema, question());
    const endorser = endorserOf('NorthMSP');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }), async (edits) => {
        const bytes = Uint8Array.from(genuine);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        let request: StaleItemsRequest;
        try {
          request = fromBinary(StaleItemsRequestSchema, bytes);
        } catch {
          return; // the transport's parser refuses it
        }
        await expect(refusalCodeOf(endorser.findStaleItems(request))).resolves.not.toBe('INTERNAL');
      }),
      { numRuns: 200 },
    );
  });
});
