import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Compute, ComputeHealthSchema, HeldPackageSchema, KeyAccessRuleSchema, type ComputeHealth } from '@selvedge/protocol';
import { implement, startRpcServer } from '@selvedge/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { admissible, nodesWithout, requireHeld, untilHeld, whatLacks, type ComputeNodes } from './held-packages.js';

const codeHash = new Uint8Array(32).fill(3);
const wanted = { name: 'diamonds', codeHash, keyAccess: [] };
const health = (change: MessageInitShape<typeof ComputeHealthSchema> = {}): ComputeHealth =>
  Object.assign(create(ComputeHealthSchema, { ready: true, viewHeight: 6n, contracts: ['diamonds'], packages: [create(HeldPackageSchema, { codeHash, verified: true })] }), change);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A node that says of its health what the test says. */
async function node(answer: () => ComputeHealth): Promise<string> {
  const service = implement(Compute, { executeBatch: () => Promise.reject(new Error('not called')), execute: () => Promise.reject(new Error('not asked')), health: () => Promise.resolve(answer()) });
  const server = await startRpcServer({ role: 'compute', address: '127.0.0.1:0', tls: 'off', services: [service] });
  closing.push(() => server.close());
  return server.address;
}
const nodes = (...addresses: string[]): ComputeNodes => ({ tls: 'off', computeNodes: addresses.map((address, i) => ({ nodeId: `compute-${String(i + 1)}`, address })) });

describe('whatLacks', () => {
  it.each<[string, MessageInitShape<typeof ComputeHealthSchema>, RegExp | undefined]>([
    ['nothing', {}, undefined],
    ['the contract’s block', { viewHeight: 5n }, /has not seen block 5/],
    ['the package', { packages: [] }, /lacks the package 0303/],
    ['another one than it has', { packages: [create(HeldPackageSchema, { codeHash: new Uint8Array(32), verified: true })] }, /lacks the package/],
    ['its verification', { packages: [create(HeldPackageSchema, { codeHash, verified: false })] }, /has not verified the package/],
    ['the keys', { contracts: ['other'] }, /does not hold the keys of diamonds/],
    ['readiness', { ready: false }, /is not ready/],
  ])('finds %s missing', (_what, change, expected) => {
    const lacks = whatLacks(health(change), wanted, 5n);
    if (expected === undefined) expect(lacks).toBeUndefined();
    else expect(lacks).toMatch(expected);
  });

  it('says so when a node does not answer', () => {
    expect(whatLacks(undefined, wanted, 5n)).toBe('does not answer');
  });
});

describe('untilHeld', () => {
  it('waits for every assigned node, tells which it waits for, and ends when they hold the package', async () => {
    let isInstalled = false;
    const [first, second] = [await node(() => health()), await node(() => health(isInstalled ? {} : { packages: [] }))];
    const notes: string[] = [];
    setTimeout(() => { isInstalled = true; }, 1_200);
    expect(await untilHeld(nodes(first, second), wanted, { afterBlock: 5n, timeoutMs: 20_000, note: (text) => notes.push(text) })).toEqual([]);
    expect(isInstalled).toBe(true);
    expect(notes[0]).toMatch(/^waiting for compute nodes: compute-2 lacks the package 030303030303/);
  });

  it('names those that cannot run it when the time is over', async () => {
    const [first, second] = [await node(() => health({ packages: [] })), await node(() => health())];
    await expect(requireHeld(nodes(first, second), wanted, { afterBlock: 5n, timeoutMs: 150 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^contract diamonds is on the ledger, and not every compute node can run it: compute-1 lacks the package 030303030303: "selvedge contract install"/) as string,
    });
    expect(await nodesWithout(nodes(first, second), wanted)).toEqual([{ nodeId: 'compute-1', lacks: 'lacks the package' }]);
  });

  it('waits for nobody whose keys rules deny, by its own word', async () => {
    const [first, second] = [await node(() => health()), await node(() => health({ packages: [], contracts: [], ready: false, deniedContracts: ['diamonds'] }))];
    await expect(requireHeld(nodes(first, second), wanted, { afterBlock: 5n, timeoutMs: 5_000 })).resolves.toBeUndefined();
    expect(await nodesWithout(nodes(first, second), wanted)).toEqual([]);
    expect(whatLacks(health({ packages: [], viewHeight: 5n, deniedContracts: ['diamonds'] }), wanted, 5n)).toContain('has not seen block 5');
  });

  it('asks nobody whose id the contract’s rules exclude', async () => {
    const keyAccess = [create(KeyAccessRuleSchema, { role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] })];
    expect(admissible({ keyAccess }, nodes('a:1', 'b:2')).computeNodes).toEqual([{ nodeId: 'compute-2', address: 'b:2' }]);
    const notes: string[] = [];
    await expect(untilHeld(nodes('a:1'), { ...wanted, keyAccess }, { afterBlock: 5n, timeoutMs: 150, note: (text) => void notes.push(text) })).resolves.toEqual([]);
    expect(notes).toEqual(['the key access rules of diamonds admit none of compute-1']);
    expect(admissible({ keyAccess: [] }, nodes('a:1')).computeNodes).toHaveLength(1);
  });
});
