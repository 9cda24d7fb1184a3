import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { toHex } from '@selvedge/crypto';
import {
  createEndorsedTransaction, createReceipts, createTargetData, createTestBootstrap, createTestConsortium, createTestGenesis, encodePolicyTransaction, encodeTransaction,
  ORDERER_MSP_ID, type TestComputeNode, type TestConsortium, type TestRead, type TestWrite,
} from '@selvedge/fixtures';
import { ReceiptSchema, type Block, type TargetData } from '@selvedge/protocol';
import { openLedgerStore } from '../adapters/lmdb-store.js';
import { blockHash, createBlock } from '../domain/block.js';
import type { Follower } from '../follow.js';
import { openFollower, type FollowerOptions } from '../follower.js';

export const WAIT_MS = 5_000;

/** A chain in memory and a follower of it in a store of its own, anew for each test; the test may end the follower and open another. */
export interface FollowerTest {
  consortium: TestConsortium;
  node: TestComputeNode;
  chain: Block[];
  listeners: Set<() => void>;
  directory: string;
  follower: Follower;
  /** Checkpoints that were passed, in order. */
  trace: string[];
  next: (transactions: readonly Uint8Array[], change?: { readonly network?: string }) => Block;
  add: (...transactions: readonly Uint8Array[]) => void;
  /** A sequencer's stream over the chain. */
  blocks: (from: bigint, signal: AbortSignal) => AsyncGenerator<Block>;
  open: (options?: Partial<FollowerOptions>) => Follower;
  reach: (height: bigint) => Promise<void>;
  fails: (code: string) => Promise<void>;
  write: (txId: Uint8Array, writes: readonly TestWrite[], reads?: readonly TestRead[]) => Uint8Array;
  endorse: (targetData: TargetData) => Uint8Array;
  /** Another follower of the same chain comes to the same verdicts, entries and heights. */
  followsAlike: () => Promise<boolean>;
  reopen: (options?: Partial<FollowerOptions>) => Promise<void>;
}

/** Registers what makes and ends it around each test. */
export function useFollower(): FollowerTest {
  const test = {} as FollowerTest;
  beforeAll(async () => {
    test.consortium = await createTestConsortium();
    test.node = await test.consortium.issueComputeNode();
  });
  beforeEach(async () => {
    test.chain = [];
    test.listeners = new Set();
    test.trace = [];
    test.directory = mkdtempSync(path.join(tmpdir(), 'selvedge-follower-'));
    test.add(encodePolicyTransaction(createTestGenesis(test.consortium)));
    test.add(createTestBootstrap(test.consortium));
    test.follower = test.open();
    test.follower.start();
    await test.reach(2n);
  });
  afterEach(async () => {
    await test.follower.close();
    rmSync(test.directory, { recursive: true });
  });

  test.next = (transactions: readonly Uint8Array[], change: { readonly network?: string } = {}): Block => {
    const last = test.chain.at(-1);
    const end = { number: BigInt(test.chain.length), previousHash: last === undefined ? new Uint8Array(0) : blockHash(last) };
    return createBlock({ network: test.consortium.network, channel: test.consortium.channel, end, transactions, signer: test.consortium.organisation(ORDERER_MSP_ID).orderer.signer, ...change });
  };
  test.add = (...transactions: readonly Uint8Array[]): void => {
    test.chain.push(test.next(transactions));
    for (const listener of test.listeners) listener();
  };
  test.blocks = async function* (from: bigint, signal: AbortSignal): AsyncGenerator<Block> {
    const isStopped = (): boolean => signal.aborted;
    for (let number = Number(from); !isStopped(); number += 1) {
      while (test.chain[number] === undefined) {
        if (isStopped()) return;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            test.listeners.delete(wake);
            resolve();
          };
          test.listeners.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
      }
      yield test.chain[number] as Block;
    }
  };
  test.open = (options: Partial<FollowerOptions> = {}): Follower =>
    openFollower({
      store: openLedgerStore({ directory: test.directory }),
      profile: test.consortium.profile,
      blocks: test.blocks,
      role: 'endorser',
      checkpoint: (name, subject) => test.trace.push(`${name} ${subject ?? ''}`),
      reconnect: { initialDelayMs: 5, maxDelayMs: 10 },
      ...options,
    });
  test.reach = async (height: bigint): Promise<void> => {
    expect(await test.follower.waitForHeight(height, WAIT_MS)).toBe(true);
  };
  test.fails = async (code: string): Promise<void> => {
    await expect.poll(() => test.follower.failure?.code, { timeout: WAIT_MS, interval: 5 }).toBe(code);
  };
  test.write = (txId: Uint8Array, writes: readonly TestWrite[], reads: readonly TestRead[] = []): Uint8Array => test.endorse(createTargetData({ consortium: test.consortium, nodes: [test.node], txId, writes, reads }));
  test.endorse = (targetData: TargetData): Uint8Array => {
    const transaction = createEndorsedTransaction({ consortium: test.consortium, targetData });
    transaction.receipts = createReceipts(test.consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    return encodeTransaction(transaction);
  };
  test.followsAlike = async (): Promise<boolean> => {
    const other = mkdtempSync(path.join(tmpdir(), 'selvedge-follower-'));
    const second = test.open({ store: openLedgerStore({ directory: other }) });
    second.start();
    await second.waitForHeight(BigInt(test.chain.length), WAIT_MS);
    const isAlike = toHex(second.head.commitHash) === toHex(test.follower.head.commitHash);
    await second.close();
    rmSync(other, { recursive: true });
    return isAlike;
  };
  test.reopen = async (options: Partial<FollowerOptions> = {}): Promise<void> => {
    await test.follower.close();
    test.follower = test.open(options);
  };
  return test;
}
