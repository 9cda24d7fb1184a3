import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createTargetData, createTestBootstrap, createTestConsortium, createTestGenesis, createTestPolicyTransaction, encodePolicyTransaction, randomTxId } from '@selvedge/fixtures';
import { createProfile, createSignedProfile, facts, signProfile, verifySignedProfile } from '@selvedge/policy';
import { coreDigest, ValidationCode, type Block } from '@selvedge/protocol';
import { openLedgerStore } from './adapters/lmdb-store.js';
import { blockHash } from './domain/block.js';
import type { Follower } from './follow.js';
import { useFollower, WAIT_MS } from './testdata/follower-setting.js';
import type { AppliedBlock } from './ports.js';

const describeHead = ({ head: { height, blockHash: hash, commitHash, policyRoot, facts: all } }: Pick<Follower, 'head'>): unknown[] => [height, toHex(hash), toHex(commitHash), toHex(policyRoot), all];

describe('openFollower', () => {
  const test = useFollower();

  it('applies blocks and shows their facts, keys, guards and results', async () => {
    const txId = randomTxId();
    const targetData = createTargetData({ consortium: test.consortium, nodes: [test.node], txId, writes: [{ key: 'a', value: '1' }] });
    test.add(test.endorse(targetData));
    expect(await test.follower.waitForResult(txId, WAIT_MS)).toEqual({ code: ValidationCode.VALID, blockNumber: 2n, coreDigest: coreDigest(targetData.cores[0]!) });
    expect(test.follower.head).toMatchObject({ height: 3n });
    expect(Buffer.from(test.follower.head.blockHash)).toEqual(blockHash(test.chain[2]!));
    expect(test.follower.state.height).toBe(3n);
    expect(test.follower.head.facts.map(({ key }) => key)).toEqual(test.consortium.state.factEntries().map(({ key }) => key));
    expect(test.follower.state.version('diamonds', 'houses', '', test.consortium.contractKeys.names.ledgerKey('', 'a'))).toHaveLength(32);
    expect(test.follower.profile().digest).toEqual(test.consortium.profile.digest);
  });

  it('does not open a store of a release that kept no set digests', async () => {
    await test.follower.close();
    const store = openLedgerStore({ directory: test.directory });
    await store.write(() => { store.database('meta').remove(Buffer.from('format')); });
    expect(() => test.open({ store })).toThrow(expect.objectContaining({ code: 'LEDGER_CORRUPT', message: expect.stringContaining('older release') as string }));
    await store.close();
    rmSync(test.directory, { recursive: true });
    test.follower = test.open();
  });

  it('stands where it stood after a restart', async () => {
    const txId = randomTxId();
    test.add(test.write(txId, [{ key: 'a', value: '1' }]));
    await test.reach(3n);
    const before = test.follower.head;
    await test.reopen();
    expect(describeHead(test.follower)).toEqual(describeHead({ head: before }));
    expect(await test.follower.waitForResult(txId, 0)).toMatchObject({ code: ValidationCode.VALID, blockNumber: 2n });
    expect((await test.follower.waitForResult(txId, 0))?.coreDigest).toHaveLength(32);
    test.follower.start();
    test.add(test.write(randomTxId(), [{ key: 'b', value: '1' }]));
    await test.reach(4n);
  });

  it('syncs a block before it shows it', async () => {
    const txId = randomTxId();
    test.trace = [];
    const waiting = test.follower.waitForResult(txId, WAIT_MS).then(() => test.trace.push('answered'));
    test.add(test.write(txId, [{ key: 'a', value: '1' }]));
    await waiting;
    const id = Buffer.from(txId).toString('hex');
    expect(test.trace).toEqual([`endorser.apply.before-sync ${id}`, `endorser.apply.after-sync ${id}`, 'answered']);
  });

  it('answers undefined when the time is over, and at once for 0', async () => {
    expect(await test.follower.waitForResult(randomTxId(), 0)).toBeUndefined();
    expect(await test.follower.waitForResult(randomTxId(), 10)).toBeUndefined();
    expect(await test.follower.waitForHeight(99n, 10)).toBe(false);
  });

  it.each<[string, () => Block, string]>([
    ['of another network', () => test.next([], { network: 'other' }), 'network other'],
    ['that does not follow', () => ({ ...test.next([]), header: test.chain[1]!.header }), 'has number 1'],
    ['with a transaction more', () => ({ ...test.next([Uint8Array.of(1)]), transactions: [Uint8Array.of(1), Uint8Array.of(2)] }), 'not those of its header'],
    ['that is not signed by the sequencer', () => ({ ...test.next([]), signature: test.chain[1]!.signature }), 'does not verify'],
  ])('does not apply a block %s, and goes on with the right one', async (_, forge, why) => {
    const head = test.follower.head;
    test.chain.push(forge());
    for (const listener of test.listeners) listener();
    await test.fails('LEDGER_CORRUPT');
    expect(test.follower.failure?.message).toContain(why);
    expect(test.follower.head).toBe(head);
    test.chain.pop();
    test.add(Uint8Array.of(1));
    await test.reach(3n);
    expect(test.follower.failure).toBeUndefined();
  });

  it('connects again when the stream breaks or ends', async () => {
    let attempts = 0;
    await test.reopen({
      blocks: async function* (from, signal) {
        attempts += 1;
        if (attempts === 1) throw new SelvedgeError('UNAVAILABLE', 'gone');
        if (attempts === 2) return;
        yield* test.blocks(from, signal);
      },
    });
    test.add(Uint8Array.of(1));
    test.follower.start();
    await test.reach(3n);
    expect(attempts).toBe(3);
  });

  it('refuses a block 0 that sets another profile than the trusted one', async () => {
    const other = await createTestConsortium({ network: test.consortium.network, channel: test.consortium.channel });
    await test.follower.close();
    rmSync(test.directory, { recursive: true });
    // The same sequencer may sign, but not for another trust anchor.
    const profile = { ...other.profile, message: { ...other.profile.message, sequencer: test.consortium.profile.message.sequencer }, msps: test.consortium.profile.msps };
    test.follower = test.open({ profile });
    test.follower.start();
    await test.fails('LEDGER_CORRUPT');
    expect(test.follower.head.height).toBe(0n);
  });

  it('refuses a block 0 with more in it', async () => {
    test.chain = [];
    test.add(encodePolicyTransaction(createTestGenesis(test.consortium)), createTestBootstrap(test.consortium));
    await test.follower.close();
    rmSync(test.directory, { recursive: true });
    test.follower = test.open();
    test.follower.start();
    await test.fails('LEDGER_CORRUPT');
  });

  it('does not open a store that was begun under another trust anchor', async () => {
    const other = await createTestConsortium();
    const store = openLedgerStore({ directory: `${test.directory}/` });
    expect(() => test.open({ store, profile: other.profile })).toThrow(expect.objectContaining({ code: 'PROFILE_MISMATCH' }));
    await store.close();
  });

  it('judges by a new profile from the next transaction on', async () => {
    const bytes = createProfile({ ...test.consortium.profile.message, version: 2n, adminQuorum: 5 });
    const admins = [...test.consortium.organisations.values()].map(({ admin }) => admin.signer);
    const signed = createSignedProfile(bytes, admins.map((signer) => signProfile(bytes, signer)));
    const revoke = (name: string): Uint8Array => encodePolicyTransaction(createTestPolicyTransaction(test.consortium, test.consortium.withNextEpochs([{ key: facts.revokedNode(name), value: Buffer.from('x') }]), undefined, 4));
    const replace = encodePolicyTransaction(createTestPolicyTransaction(test.consortium, [{ key: facts.profile, value: signed }], test.consortium.state));
    let codes: ValidationCode[] = [];
    await test.reopen({ onCommitted: ({ transactions }) => (codes = transactions.map(({ code }) => code)) });
    test.follower.start();
    test.add(revoke('a'), replace, revoke('b'));
    await test.reach(3n);
    expect(codes).toEqual([ValidationCode.VALID, ValidationCode.VALID, ValidationCode.ENDORSEMENT_POLICY_FAILURE]);
    expect(test.follower.profile().digest).toEqual(verifySignedProfile(signed).digest);
    await test.reopen();
    expect(test.follower.profile().message.version).toBe(2n);
  });

  describe('the apply hook', () => {
    it('writes in the block’s own transaction, and shows after the sync', async () => {
      await test.follower.close();
      const store = openLedgerStore({ directory: test.directory });
      const packets = store.database('packets');
      const seen: AppliedBlock[] = [];
      test.follower = test.open({
        store,
        onApply: ({ transactions }) => {
          for (const txId of transactions.flatMap(({ txIds }) => txIds)) packets.put(txId, Buffer.from('packet'));
        },
        onCommitted: (block) => seen.push(block),
      });
      test.follower.start();
      const txId = randomTxId();
      test.add(test.write(txId, [{ key: 'a', value: '1' }]), Uint8Array.of(0xff));
      await test.reach(3n);
      expect(packets.get(txId)).toEqual(Buffer.from('packet'));
      expect(seen).toHaveLength(1);
      expect(seen[0]!.transactions.map(({ index, code, endorsed }) => [index, code, endorsed?.cores.length])).toEqual([[0, ValidationCode.VALID, 1], [1, ValidationCode.BAD_PAYLOAD, undefined]]);
      expect(seen[0]!.transactions[0]!.updates.versions).toHaveLength(1);
    });

    it('takes the block with it when it fails', async () => {
      let broken = true;
      await test.follower.close();
      const store = openLedgerStore({ directory: test.directory });
      const packets = store.database('packets');
      test.follower = test.open({
        store,
        onApply: () => {
          packets.put(Uint8Array.of(1), Uint8Array.of(1));
          if (broken) throw new RangeError('disk full');
        },
      });
      test.follower.start();
      const txId = randomTxId();
      test.add(test.write(txId, [{ key: 'a', value: '1' }]));
      await test.fails('INTERNAL');
      expect([test.follower.head.height, test.follower.state.height, packets.has(Uint8Array.of(1))]).toEqual([2n, 2n, false]);
      expect(test.follower.state.result(txId)).toBeUndefined();
      broken = false;
      await test.reach(3n);
      expect(test.follower.state.result(txId)).toMatchObject({ code: ValidationCode.VALID });
    });
  });

  it('ends what waits when it closes', async () => {
    const waiting = test.follower.waitForResult(randomTxId(), WAIT_MS);
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'DRAINING' }), test.follower.close()]);
    test.follower = test.open();
  });
});
