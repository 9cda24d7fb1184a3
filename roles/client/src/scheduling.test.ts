import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { ComputeHealthSchema, type ComputeHealth, type SealedResponse } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import type { ConnectOptions, Gateway } from './gateway.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { refusal } from './testdata/fake-ports.js';

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;

const connect = (options: Partial<ConnectOptions> = {}): void => {
  gateway = network.connect(options);
  contract = gateway.getNetwork('trade').getContract('diamonds');
};
beforeEach(async () => {
  network = await createFakeNetwork({ computeNodes: 3 });
  connect();
});
afterEach(() => {
  gateway.close();
});

const executed = (): string[] => network.calls.filter((call) => call.startsWith('execute ')).map((call) => call.slice('execute '.length));
const times = (node: string): number => executed().filter((other) => other === node).length;
const evaluate = (count: number): Promise<Uint8Array[]> => Promise.all(Array.from({ length: count }, () => contract.evaluateTransaction('f')));
const health = (change: Partial<ComputeHealth>): ComputeHealth => ({ ...create(ComputeHealthSchema, { ready: true, contracts: ['diamonds'] }), ...change });

describe('calls to several compute nodes', () => {
  it('go to the least busy', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let first = '';
    network.hooks.execute = async (peer, genuine) => {
      if (first === '') first = peer;
      if (peer === first) await released;
      return genuine();
    };
    const stuck = contract.evaluateTransaction('f');
    await expect.poll(() => first).not.toBe('');
    for (let i = 0; i < 6; i += 1) await contract.evaluateTransaction('f');
    expect(times(first)).toBe(1);
    release();
    await stuck;
  });

  it.each<[string, Partial<ComputeHealth>]>([
    ['drains', { draining: true }],
    ['is not ready', { ready: false }],
    ['lacks the contract', { contracts: [] }],
    ['is busy with others', { inFlight: 50 }],
  ])('leave out a node that says that it %s', async (_, said) => {
    network.hooks.health = (nodeId) => Promise.resolve(health(nodeId === 'compute-2' ? said : {}));
    await evaluate(1);
    const before = times('compute-2');
    await evaluate(9);
    expect(times('compute-2') - before).toBe(0);
  });

  it('leave out such a node at the first request too, which starts with any of them', async () => {
    for (const [first, random] of [['compute-1', 0], ['compute-2', 0.000001], ['compute-3', 0.000002]] as const) {
      gateway.close();
      delete network.hooks.health;
      connect({ random: () => random });
      const before = executed().length;
      await evaluate(1);
      expect(executed().slice(before)).toEqual([first]);
      gateway.close();
      network.hooks.health = (nodeId) => Promise.resolve(health({ draining: nodeId === first }));
      connect({ random: () => random });
      await evaluate(1);
      expect(executed().slice(before + 1)).not.toContain(first);
    }
  });

  it('wait where each node has as many as it may have, until one is free or the time is over', async () => {
    gateway.close();
    connect({ limits: { maxInFlightPerNode: 2, executeTimeoutMs: 5_000 } });
    await evaluate(1);
    let running = 0;
    let most = 0;
    network.hooks.execute = async (_peer, genuine) => {
      most = Math.max(most, (running += 1));
      await sleep(5);
      running -= 1;
      return genuine();
    };
    await evaluate(40);
    expect(most).toBe(6);
    gateway.close();
    connect({ limits: { maxInFlightPerNode: 1, executeTimeoutMs: 300 } });
    network.hooks.execute = async (_peer, genuine) => {
      await sleep(1_000);
      return genuine();
    };
    const settled = await Promise.allSettled(Array.from({ length: 4 }, () => contract.evaluateTransaction('f')));
    expect(settled.flatMap((each) => (each.status === 'rejected' ? [(each.reason as { code: string }).code] : []))).toEqual(['OVERLOADED']);
  });
});

describe('nodes that are full for all clients', () => {
  /** Each node runs two at once and refuses more. */
  const crowd = (): { refused: number } => {
    const seen = { refused: 0 };
    const running = new Map<string, number>();
    network.hooks.execute = async (peer, genuine) => {
      const others = running.get(peer) ?? 0;
      if (others >= 2) {
        seen.refused += 1;
        throw refusal('OVERLOADED');
      }
      running.set(peer, others + 1);
      await sleep(20);
      running.set(peer, (running.get(peer) ?? 0) - 1);
      return genuine();
    };
    return seen;
  };

  it('are not asked again and again: a client has fewer calls there, and all get their turn', async () => {
    await evaluate(1);
    const seen = crowd();
    await evaluate(120);
    // At first each request may be refused once by each node; without fewer calls it goes on so, pause by pause.
    expect(seen.refused).toBeLessThan(4 * 120);
  });

  it('get no more than a gateway may have under way; the rest is refused at once', async () => {
    gateway.close();
    connect({ limits: { maxInFlight: 10 } });
    await evaluate(1);
    const settled = await Promise.allSettled([
      ...Array.from({ length: 4 }, () => contract.evaluateTransaction('f')),
      ...Array.from({ length: 4 }, () => contract.submitTransaction('f')),
      contract.submitAsync('f'),
      contract.newProposal('f').execute(),
      contract.newProposal('f').evaluate(),
      contract.newProposal('f').execute(),
      contract.evaluateTransaction('f'),
      contract.submitTransaction('f'),
      contract.submitAsync('f'),
    ]);
    const outcomes = settled.map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : 'done'));
    expect(outcomes).toEqual([...Array.from({ length: 10 }, () => 'done'), ...Array.from({ length: 5 }, () => 'OVERLOADED')]);
    expect(Buffer.from(await contract.submitTransaction('f')).toString()).toBe('f()');
  });

  it('are given up sooner while more comes than a gateway has room for', async () => {
    gateway.close();
    connect({ limits: { maxInFlight: 2, overloadWaitMs: 2_000 } });
    await evaluate(1);
    network.hooks.execute = () => Promise.reject(refusal('OVERLOADED'));
    const startedAt = performance.now();
    const codes = await Promise.all(['a', 'b', 'c'].map((name) => contract.evaluateTransaction(name).then(() => 'done', (error: unknown) => (error as { code: string }).code)));
    expect(codes).toEqual(['OVERLOADED', 'OVERLOADED', 'OVERLOADED']);
    // Not for the minute that an execution may take.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe('a node that takes unusually long', () => {
  const learn = async (): Promise<void> => {
    for (let i = 0; i < 40; i += 1) await contract.evaluateTransaction('f');
  };

  it('gets a second one beside it, whose answer counts; the first call is ended and its node avoided', async () => {
    await learn();
    const ended: string[] = [];
    const slow = executed().at(-1)!;
    const before = times(slow);
    network.hooks.execute = (peer, genuine) => (peer === slow ? new Promise(() => undefined) : genuine());
    network.hooks.ended = (nodeId) => ended.push(nodeId);
    for (let i = 0; i < 9; i += 1) await contract.evaluateTransaction('f');
    expect(times(slow) - before).toBe(1);
    expect(ended).toContain(slow);
  });

  it('gets none while nothing is known of how long it usually takes', async () => {
    network.hooks.execute = async (_peer, genuine) => {
      await sleep(150);
      return genuine();
    };
    await evaluate(3);
    expect(executed()).toHaveLength(3);
  });

  it('refuses for good whichever of the two does', async () => {
    await learn();
    let first = '';
    network.hooks.execute = (peer) => {
      if (first === '') first = peer;
      return peer === first ? new Promise(() => undefined) : Promise.reject(refusal('DATASET_ACCESS_DENIED'));
    };
    await expect(contract.evaluateTransaction('f')).rejects.toMatchObject({ code: 'DATASET_ACCESS_DENIED' });
  });

  /** Whichever node is asked first is slow; ciphertexts that were sent. */
  const slowFirst = (answer: (isFirst: boolean, genuine: () => Promise<SealedResponse>) => Promise<SealedResponse>): string[] => {
    let first = '';
    const sent: string[] = [];
    network.hooks.execute = async (peer, genuine, request) => {
      if (first === '') first = peer;
      sent.push(toHex(request.ciphertext));
      if (peer === first) await sleep(300);
      return answer(peer === first, genuine);
    };
    return sent;
  };

  it('still counts when the second one wants the request anew', async () => {
    await learn();
    const sent = slowFirst((isFirst, genuine) => (isFirst ? genuine() : Promise.reject(refusal('KEY_EPOCH_UNKNOWN'))));
    await expect(contract.evaluateTransaction('f')).resolves.toBeDefined();
    expect([sent.length, new Set(sent).size]).toEqual([2, 1]);
  });

  it('is built anew once both want that', async () => {
    await learn();
    const sent = slowFirst((_isFirst, genuine) => (sent.length > 2 ? genuine() : Promise.reject(refusal('KEY_EPOCH_UNKNOWN'))));
    await expect(contract.evaluateTransaction('f')).resolves.toBeDefined();
    expect([sent.length, new Set(sent).size]).toEqual([3, 2]);
  });

  it('still counts when the second one fails', async () => {
    await learn();
    slowFirst((isFirst, genuine) => (isFirst ? genuine() : Promise.reject(refusal('UNAVAILABLE'))));
    await expect(contract.evaluateTransaction('f')).resolves.toBeDefined();
  });

  it('gives one answer, not two, to a call that asked for one', async () => {
    await learn();
    let first = '';
    network.hooks.execute = async (peer, genuine) => {
      if (first === '') first = peer;
      await sleep(peer === first ? 160 : 60); // both are there at about the same time
      return genuine();
    };
    const executedTransaction = await contract.newProposal('f').execute();
    expect(executedTransaction.executedBy).toHaveLength(1);
  });
});
