import { createTargetData, createTestConsortium, refusalCode, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS, ValidationCode } from '@selvedge/protocol';
import { verifyTargetData } from './verify-target-data.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const refusal = (input: Partial<TargetDataInput> = {}, profile = consortium.profile): string | undefined => {
  const targetData = createTargetData({ consortium, nodes: [node], ...input });
  return refusalCode(() => verifyTargetData(targetData, { state: consortium.state, profile, at: consortium.now }));
};

describe('shape of target data', () => {
  it('genuine target data passes', () => {
    expect(refusal()).toBeUndefined();
  });

  it.each<[string, TargetDataInput['changeSigned']]>([
    ['no core', (data) => { data.cores = []; }],
    ['no attachments', (data) => { delete (data as { attachments?: unknown }).attachments; }],
    ['a core that does not parse', (data) => { data.cores = [Buffer.from('no core')]; }],
  ])('%s is malformed', (_name, changeSigned) => {
    expect(refusal({ ...(changeSigned && { changeSigned }) })).toBe('MALFORMED_MESSAGE');
  });

  it('an item twice and a mask of another batch are malformed', () => {
    expect(refusal({ changeSigned: (data) => { data.cores.push(data.cores[0]!); } })).toBe('MALFORMED_MESSAGE');
    expect(refusal({ changeSigned: (data) => { data.itemMask = Buffer.of(0); } })).toBe('MALFORMED_MESSAGE');
  });

  it('another version is refused', () => {
    expect(refusal({ changeCore: (core) => { core.version = 2; } })).toBe('UNSUPPORTED_VERSION');
  });

  it('another network is refused', () => {
    expect(refusal({ changeCore: (core) => { core.network = 'elsewhere'; } })).toBe('WRONG_NETWORK');
  });

  it('another channel is refused', () => {
    expect(refusal({ changeCore: (core) => { core.channel = 'elsewhere'; } })).toBe('WRONG_CHANNEL');
  });

  it('a suite that the profile does not allow is refused', () => {
    const narrow = { ...consortium.profile, message: { ...consortium.profile.message, allowedSuites: [] } };
    expect(refusal({}, narrow)).toBe('UNKNOWN_SUITE');
  });

  it('a transaction id that was ordered, with whatever result, is refused', () => {
    const txId = new Uint8Array(32).fill(7);
    consortium.state.setResult(txId, ValidationCode.MVCC_READ_CONFLICT);
    expect(refusal({ txId })).toBe('DUPLICATE_TXID');
  });
});

describe('limits of attachments', () => {
  const many = <T>(item: T, count: number): T[] => Array.from({ length: count }, () => item);

  it.each<[string, NonNullable<TargetDataInput['changeSigned']>]>([
    ['TEE signatures', (data) => { data.attachments!.teeSignatures = many(data.attachments!.teeSignatures[0]!, LIMITS.maxIdentities + 1); }],
    ['packets', (data) => { data.attachments!.packets = many(new Uint8Array(1), LIMITS.maxSectionEntries + 1); }],
    ['sealed events', (data) => { data.attachments!.sealedEvents = many(new Uint8Array(1), LIMITS.maxBatchItems + 1); }],
    ['a packet’s bytes', (data) => { data.attachments!.packets = [new Uint8Array(LIMITS.maxPacketBytes + 1)]; }],
    ['a sealed event’s bytes', (data) => { data.attachments!.sealedEvents = [new Uint8Array(LIMITS.maxPacketBytes + 1)]; }],
    ['a certificate’s bytes', (data) => { data.attachments!.teeSignatures[0]!.certificate = new Uint8Array(LIMITS.maxCertificateBytes + 1); }],
    ['a signature’s bytes', (data) => { data.attachments!.teeSignatures[0]!.signature = new Uint8Array(LIMITS.maxSignatureBytes + 1); }],
    ['statements', (data) => { data.attachments!.statements = many({ statement: new Uint8Array(0) } as never, LIMITS.maxSectionEntries + 1); }],
  ])('%s', (_name, changeSigned) => {
    expect(refusal({ changeSigned })).toBe('LIMIT_EXCEEDED');
  });
});
