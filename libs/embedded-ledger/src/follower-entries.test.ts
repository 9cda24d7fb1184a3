import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, toHex } from '@selvedge/crypto';
import { createTargetData, createTestBootstrap, randomTxId, refusalCode } from '@selvedge/fixtures';
import { coreDigest, historyHead, parseCore, targetDigest, ValidationCode } from '@selvedge/protocol';
import { datasetRoot, tagRoot, type TaggedEntry } from '@selvedge/set-digest';
import { blockHash } from './domain/block.js';
import { useFollower, WAIT_MS } from './testdata/follower-setting.js';
import type { AppliedBlock } from './ports.js';

/** Bytes as hex, whatever kind of array they are in. */
const plainBytes = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each instanceof Uint8Array ? toHex(each) : each)).replaceAll(/\{"type":"Buffer","data":(\[[^\]]*\])\}/g, (_, data: string) => JSON.stringify(Buffer.from(JSON.parse(data) as number[]).toString('hex'))));

describe('the entries that a follower keeps', () => {
  const test = useFollower();

  it('name the core of a valid gated transaction and its block, of no other, and after a restart too', async () => {
    const change = (gated: boolean) => ({ changeCore: (core: { gated: boolean }) => { core.gated = gated; } });
    const target = (gated: boolean, key: string, txId = randomTxId()) => createTargetData({ consortium: test.consortium, nodes: [test.node], txId, writes: [{ key, value: '1' }], ...change(gated) });
    const [gated, plain] = [target(true, 'g'), target(false, 'p')];
    const again = target(true, 'other', parseCore(gated.cores[0]!).txId);
    test.add(test.endorse(gated), test.endorse(plain));
    test.add(test.endorse(again));
    await test.reach(4n);
    const commitOf = (of: typeof gated) => test.follower.commitOf(parseCore(of.cores[0]!).txId);
    const expected = { code: ValidationCode.VALID, blockNumber: 2n, coreDigest: coreDigest(gated.cores[0]!), gated: { coreDigest: targetDigest(gated.cores, new Uint8Array(0)), blockHash: new Uint8Array(blockHash(test.chain[2]!)) } };
    expect(plainBytes(commitOf(gated))).toEqual(plainBytes(expected));
    expect(commitOf(plain)).toMatchObject({ code: ValidationCode.VALID, blockNumber: 2n, gated: undefined });
    expect(test.follower.commitOf(randomTxId())).toBeUndefined();
    await test.reopen();
    expect(plainBytes(commitOf(gated))).toEqual(plainBytes(expected));
  });

  it('name no core of a gated transaction that was found invalid', async () => {
    const read = (packetHash: Uint8Array) => createTargetData({ consortium: test.consortium, nodes: [test.node], reads: [{ key: 'x', packetHash }], writes: [{ key: 'y', value: '1' }], changeCore: (core) => { core.gated = true; } });
    const stale = read(new Uint8Array(32).fill(4));
    test.add(test.endorse(stale));
    await test.reach(3n);
    expect(test.follower.commitOf(parseCore(stale.cores[0]!).txId)).toEqual({ code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 2n, gated: undefined });
  });

  describe('entries with blockToLive', () => {
    const dataset = 'auroraStones';
    const versionOf = (key: string): Uint8Array | undefined => test.follower.state.version(test.consortium.contract, 'aurora', dataset, test.consortium.contractKeys.names.ledgerKey(dataset, key));
    let applied: AppliedBlock[];
    beforeEach(async () => {
      applied = [];
      const { datasets } = test.consortium.contractPolicy;
      test.consortium.setContractPolicy({ datasets: datasets.map((each) => (each.name === dataset ? { ...each, blockToLive: 1n } : each)) });
      test.chain.splice(1);
      test.add(createTestBootstrap(test.consortium));
      await test.follower.close();
      rmSync(test.directory, { recursive: true });
      test.follower = test.open({ onApply: (block) => applied.push(block) });
      test.follower.start();
      await test.reach(2n);
    });
    afterEach(() => {
      test.consortium.restore();
    });

    it('are gone once that many blocks have passed, and stay where they were written anew', async () => {
      test.add(test.write(randomTxId(), [{ dataset, key: 'a', value: '1' }, { dataset, key: 'b', value: '1' }]));
      test.add(test.write(randomTxId(), [{ dataset, key: 'b', value: '2' }]));
      await test.reach(4n);
      expect([versionOf('a'), versionOf('b')].map((version) => version !== undefined)).toEqual([true, true]);
      test.add();
      await test.reach(5n);
      expect([versionOf('a'), versionOf('b')].map((version) => version !== undefined)).toEqual([false, true]);
      test.add();
      await test.reach(6n);
      expect(versionOf('b')).toBeUndefined();
      const names = test.consortium.contractKeys.names;
      expect(applied.flatMap(({ number, ended }) => ended.map(({ ledgerKey }) => [number, toHex(ledgerKey)]))).toEqual([[4n, toHex(names.ledgerKey(dataset, 'a'))], [5n, toHex(names.ledgerKey(dataset, 'b'))]]);
    });

    it('conflict with those who read them as present, not in the block with whose end they go but in the next', async () => {
      const value = { dataset, key: 'a', value: '1' };
      const first = createTargetData({ consortium: test.consortium, nodes: [test.node], writes: [value] });
      const packetHash = sha256(first.attachments!.packets[0]!);
      const reading = (txId: Uint8Array): Uint8Array => test.write(txId, [{ dataset, key: randomTxId().toString(), value: '2' }], [{ dataset, key: 'a', packetHash }]);
      test.add(test.endorse(first));
      test.add();
      const [inTime, late] = [randomTxId(), randomTxId()];
      test.add(reading(inTime));
      test.add(reading(late));
      expect(await test.follower.waitForResult(inTime, WAIT_MS)).toMatchObject({ code: ValidationCode.VALID, blockNumber: 4n });
      expect(await test.follower.waitForResult(late, WAIT_MS)).toEqual({ code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 5n });
      expect(await test.followsAlike()).toBe(true);
    });
  });

  it('knows what each set was at the last heights, across a restart, and no others', async () => {
    const { names } = test.consortium.contractKeys;
    const world = { contract: test.consortium.contract, ownerSet: 'houses', dataset: '', datasetTag: names.datasetTag('', '') };
    const txIds = ['a', 'b'].map(() => randomTxId());
    test.add(test.write(txIds[0]!, [{ key: 'a', value: '1' }]));
    test.add(test.write(txIds[1]!, [{ key: 'b', value: '1' }]));
    await test.reach(4n);
    const version = (key: string): Uint8Array => test.follower.state.version(test.consortium.contract, 'houses', '', names.ledgerKey('', key))!;
    const entry = (key: string): TaggedEntry => ({ datasetTag: world.datasetTag, ledgerKey: names.ledgerKey('', key), packetHash: version(key) });
    const check = (): void => {
      expect(test.follower.setDigest(world, 2n)).toMatchObject({ count: 0n, guardTxId: new Uint8Array(0) });
      expect(toHex(test.follower.setDigest(world, 3n).root)).toBe(toHex(tagRoot([entry('a')]).root));
      expect(toHex(test.follower.setDigest({ ...world, datasetTag: new Uint8Array(0) }, 4n).root)).toBe(toHex(datasetRoot([entry('a'), entry('b')]).root));
      expect([3n, 4n].map((height) => toHex(test.follower.setDigest(world, height).guardTxId))).toEqual(txIds.map(toHex));
      expect(refusalCode(() => test.follower.setDigest(world, 5n))).toBe('SET_DIGEST_HEIGHT_UNKNOWN');
    };
    check();
    await test.reopen();
    check();
    test.follower.start();
    for (let i = 0; i < 63; i += 1) test.add();
    await test.reach(67n);
    expect(refusalCode(() => test.follower.setDigest(world, 3n))).toBe('SET_DIGEST_HEIGHT_UNKNOWN');
    expect(test.follower.setDigest(world, 4n).count).toBe(2n);
  });

  it('chains the versions of world state’s keys, those of one block too, and of nothing else', async () => {
    const applied: AppliedBlock[] = [];
    await test.reopen({ onApply: (block) => applied.push(block) });
    test.follower.start();
    const targets = [{ key: 'h', value: '1' }, { key: 'h', value: '2' }, { key: 'h' }].map((change) => createTargetData({ consortium: test.consortium, nodes: [test.node], writes: [change, { dataset: 'auroraStones', key: 'h', value: 'private' }] }));
    test.add(test.endorse(targets[0]!), test.endorse(targets[1]!));
    test.add(test.endorse(targets[2]!));
    await test.reach(4n);
    const head = targets.reduce<Uint8Array>((previous, target) => {
      const { txId, timestampSeconds, timestampNanos, sections } = parseCore(target.cores[0]!);
      const { effect } = sections[0]!.writes.find(({ dataset }) => dataset === '')!;
      return historyHead(previous, { txId, timestampSeconds, timestampNanos, packetHash: effect.case === 'packetHash' ? effect.value : new Uint8Array(0) });
    }, new Uint8Array(0));
    const historyOf = (ownerSet: string, dataset: string): [string, bigint] => {
      const { head: found, count } = test.follower.state.history(test.consortium.contract, ownerSet, dataset, test.consortium.contractKeys.names.ledgerKey(dataset, 'h'));
      return [toHex(found), count];
    };
    expect(historyOf('houses', '')).toEqual([toHex(head), 3n]);
    expect(historyOf('aurora', 'auroraStones')).toEqual(['', 0n]);
    expect(applied.flatMap(({ number, versions }) => versions.map(({ count, previousHead }) => [number, count, previousHead.length]))).toEqual([[2n, 1n, 0], [2n, 2n, 32], [3n, 3n, 32]]);
    await test.reopen();
    expect(historyOf('houses', '')).toEqual([toHex(head), 3n]);
  });
});
