import { setTimeout as sleep } from 'node:timers/promises';
import { SelvedgeError } from '@selvedge/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { createPackageKeeper, type PackageKeeper } from './package-keeper.js';

const hash = (n: number): Uint8Array => new Uint8Array(32).fill(n);
let keeper: PackageKeeper | undefined;
afterEach(() => {
  keeper?.close();
});

/** A node whose store and ledger the test changes. */
function createNode(pauseLooks?: number) {
  const node = {
    approved: [{ contract: 'a', codeHash: hash(1) }],
    stored: [] as Uint8Array[],
    wrong: new Set<number>(),
    prepared: [] as number[],
    failures: [] as string[],
    held: () => keeper!.held().map(({ codeHash, verified }) => [codeHash[0], verified]),
  };
  keeper = createPackageKeeper({
    approved: () => node.approved,
    stored: () => Promise.resolve(node.stored),
    prepare: (_contract, codeHash) => {
      node.prepared.push(codeHash[0]!);
      if (!node.stored.some((stored) => stored[0] === codeHash[0])) return Promise.reject(new SelvedgeError('CONTRACT_CODE_MISSING', 'not there'));
      return node.wrong.has(codeHash[0]!) ? Promise.reject(new SelvedgeError('CONTRACT_CODE_MISMATCH', 'wrong')) : Promise.resolve();
    },
    onFailure: (_contract, error) => node.failures.push((error as SelvedgeError).code),
    intervalMs: 5,
    ...(pauseLooks === undefined ? {} : { pauseLooks }),
  });
  keeper.check();
  return node;
}

describe('a package keeper', () => {
  it('prepares an approved package when it comes into the store, and says once that it is missing', async () => {
    const node = createNode();
    await sleep(40);
    expect([node.held(), node.failures]).toEqual([[], ['CONTRACT_CODE_MISSING']]);
    node.stored = [hash(1)];
    await expect.poll(node.held).toEqual([[1, true]]);
    await sleep(20);
    expect(node.prepared).toEqual([1, 1]);
  });

  it('knows what lies in the store without loading what no contract on the ledger runs', async () => {
    const node = createNode();
    node.stored = [hash(1), hash(2)];
    await expect.poll(node.held).toEqual([[1, true], [2, false]]);
    expect(node.prepared).not.toContain(2);
  });

  it('follows an upgrade: the new package is verified, the old one is not approved any more', async () => {
    const node = createNode();
    node.stored = [hash(1), hash(2)];
    await expect.poll(node.held).toEqual([[1, true], [2, false]]);
    node.approved = [{ contract: 'a', codeHash: hash(2) }];
    keeper!.check();
    await expect.poll(node.held).toEqual([[1, false], [2, true]]);
  });

  it('does not hash a wrong package at every look, and looks at once when it is told to', async () => {
    const node = createNode(1_000_000);
    await expect.poll(() => node.failures).toEqual(['CONTRACT_CODE_MISSING']);
    node.stored = [hash(1)];
    node.wrong.add(1);
    await expect.poll(() => node.failures).toContain('CONTRACT_CODE_MISMATCH');
    await sleep(40);
    expect(node.failures.filter((code) => code === 'CONTRACT_CODE_MISMATCH')).toHaveLength(1);
    expect(node.held()).toEqual([[1, false]]);
    node.wrong.clear();
    keeper!.check();
    await expect.poll(node.held).toEqual([[1, true]]);
  });
});
