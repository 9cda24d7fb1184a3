import { readFileSync } from 'node:fs';
import { createFabricBlock, createFabricChain, fabricHeaderHash } from '@selvedge/fixtures/fabric';
import { toHex } from '@selvedge/crypto';
import { peer } from '@hyperledger/fabric-protos';
import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { parseDelivered, verifyFabricBlock, type FabricBlock } from './block.js';
import { parsePrivateData } from './private-data.js';
import { parseFabricTransaction } from './transaction.js';
import { parseWriteSet } from './write-set.js';

const blockOf = (bytes: Uint8Array): FabricBlock => {
  const delivered = parseDelivered(bytes);
  if (delivered.kind !== 'block') throw new Error('a block was expected');
  return delivered.block;
};

describe('blocks that a Fabric peer delivered', () => {
  const { blocks } = JSON.parse(readFileSync(new URL('../testdata/recorded-blocks.json', import.meta.url), 'utf8')) as { readonly blocks: readonly string[] };
  const recorded = blocks.map((text) => parseDelivered(Buffer.from(text, 'base64')));
  const chain = blocks.map((text) => blockOf(Buffer.from(text, 'base64')));

  it('join: each names the header hash of the one before', () => {
    expect(chain.map(({ number }) => number)).toEqual([10n, 11n, 12n]);
    verifyFabricBlock(chain[1]!, { number: 11n, previousHash: chain[0]!.hash });
    verifyFabricBlock(chain[2]!, { number: 12n, previousHash: chain[1]!.hash });
    expect(chain.map(({ flags }) => [...flags])).toEqual([[0], [0], [10]]);
  });

  it('show what was written, public values and private hashes', () => {
    const [priv, pub] = chain.map(({ envelopes }) => parseFabricTransaction(envelopes[0]!)!);
    expect([priv!.channel, priv!.chaincode, pub!.chaincode]).toEqual(['ch1', 'eo', 'bench']);
    const [set] = parseWriteSet(priv!.results, (namespace) => namespace === 'eo');
    expect(set!.collections.map(({ collection, writes }) => [collection, writes.length])).toEqual([['collEB', 1]]);
    const [first] = recorded;
    const [value] = parsePrivateData(first?.kind === 'block' ? first.privateData.get(0)! : new Uint8Array(0), () => true);
    expect(Buffer.from(value!.value).toString()).toBe('zzz');
    expect(value!.keyHash).toEqual(Buffer.from(set!.collections[0]!.writes[0]!.keyHash));
    expect(value!.valueHash).toEqual(Buffer.from(set!.collections[0]!.writes[0]!.valueHash!));
    expect(parseWriteSet(pub!.results, (namespace) => namespace === 'bench')[0]!.publicWrites.map(({ key }) => key)).toEqual(['kk']);
  });
});

describe('verifyFabricBlock', () => {
  const chain = createFabricChain('trade');
  for (let i = 0; i < 3; i += 1) chain.add({ transaction: chain.transaction({ chaincode: 'other' }) });
  const blocks = chain.blocks.map(blockOf);
  const end = { number: 2n, previousHash: blocks[1]!.hash };
  const good = blocks[2]!;

  it('accepts a chain, at high numbers too', () => {
    blocks.forEach((block, i) => {
      verifyFabricBlock(block, { number: BigInt(i), previousHash: i === 0 ? new Uint8Array(0) : blocks[i - 1]!.hash });
    });
    for (const number of [0, 1, 127, 128, 255, 256, 32_768, 2_147_483_647]) {
      const block = createFabricBlock({ number, previousHash: new Uint8Array(32), envelopes: [], flags: [] });
      const response = new peer.DeliverResponse();
      response.setBlock(block);
      expect(toHex(blockOf(response.serializeBinary()).hash)).toBe(toHex(fabricHeaderHash(block.getHeader()!)));
    }
  });

  it.each<[string, FabricBlock]>([
    ['has another number', { ...good, number: 7n }],
    ['does not follow', { ...good, previousHash: new Uint8Array(32) }],
    ['holds other transactions', { ...good, envelopes: blocks[1]!.envelopes }],
    ['lacks a code', { ...good, flags: new Uint8Array(0) }],
    ['has a code too many', { ...good, flags: new Uint8Array(2) }],
  ])('refuses a block that %s', (_what, block) => {
    expect(refusalCode(() => { verifyFabricBlock(block, end); })).toBe('LEDGER_CORRUPT');
  });
});

describe('parseDelivered', () => {
  it('gives a status', () => {
    const response = new peer.DeliverResponse();
    response.setStatus(403);
    expect(parseDelivered(response.serializeBinary())).toEqual({ kind: 'status', status: 403 });
  });

  it('refuses bytes that do not parse', () => {
    for (const bytes of [[0x22, 0x05, 1], [0x0a], [0xff], [0x22, 0x02, 0x0a, 0x7f], [0x00], [0x0f]]) {
      expect(refusalCode(() => parseDelivered(Uint8Array.from(bytes)))).toBe('LEDGER_CORRUPT');
    }
  });
});
