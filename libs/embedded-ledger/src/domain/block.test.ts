import { beforeAll, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { createTestConsortium, issueTestIdentity, ORDERER_MSP_ID, type TestConsortium } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { BlockHeaderSchema, BlockSchema, encodeMessage, parseMessage, signing, type Block, type BlockHeader } from '@selvedge/protocol';
import { blockHash, createBlock, verifyBlockJoins, verifyBlockSigner, type ChainEnd } from './block.js';

const CORRUPT = expect.objectContaining({ code: 'LEDGER_CORRUPT' }) as Error;

describe('blocks', () => {
  let consortium: TestConsortium;
  let signer: Signer;
  let first: Block;
  let end: ChainEnd;

  beforeAll(async () => {
    consortium = await createTestConsortium({ now: new Date('2021-01-01T00:00:00Z') });
    ({ signer } = consortium.organisation(ORDERER_MSP_ID).orderer);
    first = build({ number: 0n, previousHash: new Uint8Array(0) });
    end = { number: 1n, previousHash: blockHash(first) };
  });

  const build = (at: ChainEnd, by: Signer = signer): Block =>
    createBlock({ network: consortium.network, channel: consortium.channel, end: at, transactions: [Buffer.from('a'), Buffer.from('b')], signer: by });
  const join = (block: Block, at = end): BlockHeader => verifyBlockJoins(block, { network: consortium.network, channel: consortium.channel, ...at });
  const withHeader = (change: (header: BlockHeader) => void): Block => {
    const block = build(end);
    const header = parseMessage(BlockHeaderSchema, block.header, 1_024);
    change(header);
    return { ...block, header: encodeMessage(BlockHeaderSchema, header) };
  };

  it('join the chain that they were built for', () => {
    expect(join(first, { number: 0n, previousHash: new Uint8Array(0) }).number).toBe(0n);
    expect(join(build(end)).number).toBe(1n);
  });

  it.each<[string, (header: BlockHeader) => void, string]>([
    ['of another network', (header) => (header.network = 'x'), 'network x'],
    ['of another channel', (header) => (header.channel = 'x'), 'channel x'],
    ['of another number', (header) => (header.number = 2n), 'has number 2'],
    ['after another block', (header) => (header.previousHash = new Uint8Array(32)), 'does not follow'],
    ['with other data', (header) => (header.dataHash = new Uint8Array(32)), 'not those of its header'],
  ])('are refused %s', (_, change, why) => {
    expect(() => join(withHeader(change))).toThrow(CORRUPT);
    expect(() => join(withHeader(change))).toThrow(why);
  });

  it('are refused when their transactions were changed, reordered or cut', () => {
    const block = build(end);
    for (const transactions of [[...block.transactions].reverse(), block.transactions.slice(1), [block.transactions[0]!, Buffer.from('c')], []]) {
      expect(() => join({ ...block, transactions })).toThrow(CORRUPT);
    }
  });

  it('are refused with too many transactions or an oversize header', () => {
    expect(() => join({ ...build(end), transactions: Array.from({ length: 2_001 }, () => Uint8Array.of(1)) })).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(() => join({ ...build(end), header: new Uint8Array(1_025) })).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
  });

  it('count when the profile’s sequencer signed them, though its certificate has expired', () => {
    verifyBlockSigner(build(end), consortium.profile);
  });

  it('are refused when another orderer of the same organisation signed them', async () => {
    const other = await issueTestIdentity(consortium.organisation(ORDERER_MSP_ID).ca, { commonName: 'orderer2', role: 'orderer' });
    expect(() => { verifyBlockSigner(build(end, other.signer), consortium.profile); }).toThrow('another identity');
  });

  it('are refused when the signature is of another header', () => {
    const block = { ...build(end), signature: first.signature };
    expect(() => { verifyBlockSigner(block, consortium.profile); }).toThrow('signature does not verify');
    const other = consortium.organisation('NorthMSP').peer.signer;
    const borrowed = create(BlockSchema, { ...build(end), signature: other.sign(signing.block(build(end).header)) });
    expect(() => { verifyBlockSigner(borrowed, consortium.profile); }).toThrow(CORRUPT);
  });
});
