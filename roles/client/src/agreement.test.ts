import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { NodeEvidenceSchema, ReadEntrySchema, SetDigestStatementSchema, type Attachments, type SealedRequest, type SealedResponse } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import type { OutvotedNode } from './domain/replicas.js';
import type { Gateway } from './gateway.js';
import { executeRequest, openRequest, type FakeAnswer } from './testdata/fake-compute.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { refusal } from './testdata/fake-ports.js';

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;
beforeEach(async () => {
  network = await createFakeNetwork({ computeNodes: 3 });
  gateway = network.connect();
  contract = gateway.getNetwork('trade').getContract('diamonds');
});
afterEach(() => {
  gateway.close();
});

const executed = (): string[] => network.calls.filter((call) => call.startsWith('execute ')).map((call) => call.slice('execute '.length));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const saying = (payload: string): FakeAnswer => ({ response: { status: 200, payload: Buffer.from(payload) } });

/** A node's genuine answer, changed before it signs. */
const answerOf = (peer: string, request: SealedRequest, change: FakeAnswer): Promise<SealedResponse> =>
  executeRequest(network.consortium, network.nodes.find(({ nodeId }) => nodeId === peer)!, request, change);
const lie = (liar: string, change: FakeAnswer = saying('lie')): void => {
  network.hooks.execute = (peer, genuine, request) => (peer === liar ? answerOf(peer, request, change) : genuine());
};
/** Node 1 answers first, so that it is known by then. */
const slow = (others: (peer: string, genuine: () => Promise<SealedResponse>, request: SealedRequest) => Promise<SealedResponse>): void => {
  network.hooks.execute = async (peer, genuine, request) => {
    if (peer !== 'compute-1') await sleep(60);
    return others(peer, genuine, request);
  };
};
const outvotedOf = async (run: (onOutvoted: (nodes: readonly OutvotedNode[]) => void) => Promise<unknown>): Promise<readonly OutvotedNode[]> => {
  let outvoted: readonly OutvotedNode[] = [];
  await run((nodes) => (outvoted = nodes));
  return outvoted;
};

describe('a node that lies', () => {
  it('is outvoted and named when two others agree, of a submit and of a query', async () => {
    slow((peer, genuine, request) => (peer === 'compute-1' ? answerOf(peer, request, saying('lie')) : genuine()));
    let result = '';
    const submitted = await outvotedOf(async (onOutvoted) => (result = text(await contract.submit('f', { arguments: ['a'], replicas: 3, onOutvoted }))));
    expect(result).toBe('f(a)');
    expect(submitted).toEqual([{ nodeId: 'compute-1', differs: 'the result' }]);
    const queried = await outvotedOf((onOutvoted) => contract.evaluate('f', { arguments: ['a'], replicas: 3, onOutvoted }));
    expect(queried).toEqual([{ nodeId: 'compute-1', differs: expect.stringMatching(/^the result, at heights/) as string }]);
    expect(gateway.replicaCounts()).toContainEqual(expect.objectContaining({ contract: 'diamonds', nodeId: 'compute-1', agreed: 0, outvoted: 2 }));
  });

  it('has endorsers shown the cores and signatures of the others alone', async () => {
    slow((peer, genuine, request) => (peer === 'compute-1' ? answerOf(peer, request, saying('lie')) : genuine()));
    const transaction = await contract.newProposal('f', { replicas: 3 }).execute();
    expect([...transaction.executedBy].sort()).toEqual(['compute-2', 'compute-3']);
    expect(transaction.outvoted.map(({ nodeId }) => nodeId)).toEqual(['compute-1']);
    expect(transaction.targetData.attachments?.teeSignatures).toHaveLength(2);
  });

  it('makes a third be asked where two would have done', async () => {
    lie('compute-1');
    for (let i = 0; i < 3; i += 1) expect(text(await contract.submit('f', { computeQuorum: 2 }))).toBe('f()');
    expect(executed().length).toBeGreaterThan(6);
  });

  it('is noted when it answers after the others have agreed', async () => {
    network.hooks.execute = async (peer, genuine, request) => {
      if (peer !== 'compute-2') return genuine();
      await sleep(100);
      return answerOf(peer, request, saying('lie'));
    };
    expect(await outvotedOf((onOutvoted) => contract.submit('f', { replicas: 3, onOutvoted }))).toEqual([]);
    await expect.poll(() => gateway.replicaCounts()).toContainEqual({ contract: 'diamonds', nodeId: 'compute-2', agreed: 0, outvoted: 1, differs: 'the result' });
  });

  it('keeps nobody from a result by refusing, or by answering nonsense', async () => {
    for (const answer of [() => Promise.reject(refusal('DATASET_ACCESS_DENIED')), (request: SealedRequest) => answerOf('compute-1', request, { response: { status: 500, message: 'no' } }), (request: SealedRequest) => answerOf('compute-2', request, {})]) {
      slow((peer, genuine, request) => (peer === 'compute-1' ? answer(request) : genuine()));
      const outvoted = await outvotedOf((onOutvoted) => contract.submit('f', { replicas: 3, onOutvoted }));
      expect(outvoted.map(({ nodeId }) => nodeId)).toEqual(['compute-1']);
    }
  });

  it('gets nothing committed that two have to agree on, however many it is asked for', async () => {
    lie('compute-1');
    network.hooks.execute = (peer, genuine, request) => (peer === 'compute-1' ? answerOf(peer, request, saying('lie')) : peer === 'compute-2' ? genuine() : Promise.reject(refusal('UNAVAILABLE')));
    await expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'REPLICAS_DISAGREE', details: { nodes: expect.stringMatching(/compute-1 \| compute-2|compute-2 \| compute-1/) as string } });
    expect(network.calls.some((call) => call.startsWith('endorse'))).toBe(false);
  });
});

describe('a node that runs the request honestly and sends nonsense beside it', () => {
  const attached = (change: (attachments: Attachments) => void): FakeAnswer => ({ changeSealed: ({ targetData }) => { change(targetData!.attachments!); } });
  it.each<[string, FakeAnswer]>([
    ['a signature that is none', attached(({ teeSignatures }) => { teeSignatures[0]!.signature = new Uint8Array(70); })],
    ['no signature', attached((attachments) => { attachments.teeSignatures = []; })],
    ['a second signature', attached(({ teeSignatures }) => { teeSignatures.push(teeSignatures[0]!); })],
    ['a statement that nobody signed', attached(({ statements }) => { statements.push(create(SetDigestStatementSchema)); })],
    ['an event that its core does not name', attached(({ sealedEvents }) => { sealedEvents.push(new Uint8Array(9)); })],
    ['evidence that is not its own', attached(({ nodeEvidence }) => { nodeEvidence.push(create(NodeEvidenceSchema)); })],
  ])('%s: is outvoted, and a third is asked', async (_, change) => {
    slow((peer, genuine, request) => (peer === 'compute-1' ? answerOf(peer, request, change) : genuine()));
    const transaction = await contract.newProposal('f', { computeQuorum: 2 }).execute();
    expect([...transaction.executedBy].sort()).toEqual(['compute-2', 'compute-3']);
    expect(transaction.outvoted.map(({ nodeId }) => nodeId)).toEqual(['compute-1']);
  });

  it('as another node that is honest: counts for itself alone', async () => {
    network.hooks.execute = (peer, genuine, request) => (peer === 'compute-1' ? executeRequest(network.consortium, network.nodes[1]!, request, { nodeId: 'compute-1' }) : genuine());
    expect((await contract.newProposal('f', { replicas: 3 }).execute()).outvoted.length).toBeLessThanOrEqual(1);
    expect(gateway.replicaCounts().find(({ nodeId }) => nodeId === 'compute-1')?.agreed ?? 0).toBe(0);
  });
});

describe('a request that can be decided no other way', () => {
  const within = async (ms: number, run: Promise<unknown>): Promise<void> => {
    const startedAt = performance.now();
    await run;
    expect(performance.now() - startedAt).toBeLessThan(ms); // an execution may take 60 s
  };
  const dead = (...peers: string[]) => (peer: string): boolean => peers.includes(peer);

  it.each<[string, string]>([
    ['a chaincode’s refusal', 'CHAINCODE_ERROR'],
    ['two that differ', 'REPLICAS_DISAGREE'],
  ])('waits for no node that is down: %s', async (what, code) => {
    const isDead = what === 'two that differ' ? dead('compute-3') : dead('compute-2', 'compute-3');
    network.hooks.execute = (peer, _genuine, request) =>
      isDead(peer) ? Promise.reject(refusal('UNAVAILABLE')) : answerOf(peer, request, what === 'two that differ' ? saying(peer) : { response: { status: 500, message: 'no' } });
    await within(20_000, expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code }));
  });

  it('has others asked where two refuse with different codes: one of them may lie', async () => {
    slow((peer, genuine, request) => (peer === 'compute-1' ? Promise.reject(refusal('DATASET_ACCESS_DENIED')) : answerOf(peer, request, { response: { status: 500, message: 'no such stone' } })));
    await expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'CHAINCODE_ERROR' });
  });

  it('is given up when its caller gives up, and no node is blamed for that', async () => {
    const leaving = new AbortController();
    network.hooks.execute = async (peer, genuine) => {
      if (peer !== 'compute-1') await sleep(300);
      return genuine();
    };
    setTimeout(() => { leaving.abort(); }, 50);
    await contract.submit('f', { replicas: 3, signal: leaving.signal }).catch(() => undefined);
    await sleep(400);
    expect(gateway.replicaCounts().filter(({ outvoted }) => outvoted > 0)).toEqual([]);
  });

  it('counts no call that was cancelled as a vote', async () => {
    network.hooks.execute = async (peer, genuine) => {
      if (peer === 'compute-2') throw refusal('CANCELLED');
      await sleep(60);
      return genuine();
    };
    await expect(contract.submit('f', { replicas: 3 })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(gateway.replicaCounts()).toEqual([]);
  });

  it('is told apart from a query of nodes that were at different heights', async () => {
    network.hooks.execute = (peer, _genuine, request) => answerOf(peer, request, { response: { status: 200, payload: Buffer.from(peer), viewHeight: BigInt(peer.at(-1)!) } });
    await expect(contract.evaluate('f', { replicas: 3 })).rejects.toMatchObject({ code: 'STALE_READ' });
  });
});

describe('two of three', () => {
  it('go on without a third that is dead, and without waiting for it', async () => {
    network.hooks.execute = (peer, genuine) => (peer === 'compute-3' ? Promise.reject(refusal('UNAVAILABLE')) : genuine());
    const startedAt = performance.now();
    for (let i = 0; i < 3; i += 1) expect(text(await contract.submit('f', { replicas: 3 }))).toBe('f()');
    expect(performance.now() - startedAt).toBeLessThan(20_000); // an execution may take 60 s
  });

  it('refuse for all', async () => {
    slow((peer, genuine, request) => (peer === 'compute-1' ? genuine() : answerOf(peer, request, { response: { status: 500, message: 'out of stock' } })));
    await expect(contract.submit('f', { replicas: 3 })).rejects.toMatchObject({ code: 'CHAINCODE_ERROR', message: expect.stringContaining('out of stock') as string });
  });

  it('are too few where the contract asks for three', async () => {
    network.consortium.setContractPolicy({ computeQuorum: 3 });
    network.ledger.height += 1n;
    await gateway.refresh();
    lie('compute-1');
    await expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'REPLICAS_DISAGREE' });
  });
});

describe('a chaincode that gives each node another result', () => {
  it('is named', async () => {
    network.hooks.execute = (peer, _genuine, request) => answerOf(peer, request, saying(peer));
    await expect(contract.submit('f', { replicas: 3 })).rejects.toMatchObject({ code: 'CHAINCODE_NONDETERMINISTIC', message: expect.stringContaining('contract diamonds') as string, details: { differs: 'the result' } });
  });

  it('is not blamed for state that changed between the nodes', async () => {
    const reading = (version: number): FakeAnswer => ({
      targetData: { changeReads: (section) => (section.reads = [create(ReadEntrySchema, { ownerSet: 'world', ledgerKey: new Uint8Array(32), packetHash: new Uint8Array(32).fill(version) })]) },
    });
    network.hooks.execute = (peer, _genuine, request) => answerOf(peer, request, reading(Number(peer.at(-1))));
    await expect(contract.submit('f', { replicas: 3 })).rejects.toMatchObject({ code: 'STALE_READ' });
  });
});

it('a request that is to be built anew is so when all that were asked have answered, under the same id: no node runs both at a time', async () => {
  let isRunning = false;
  let isRunningBoth = false;
  const sent = new Set<string>();
  const ids = new Set<string>();
  network.hooks.execute = async (peer, genuine, request) => {
    sent.add(Buffer.from(request.ciphertext).toString('hex'));
    ids.add(Buffer.from(openRequest(network.consortium, request).opened.header.txId).toString('hex'));
    isRunningBoth ||= sent.size > 1 && isRunning;
    if (sent.size > 1) return genuine();
    if (peer !== 'compute-1') {
      await sleep(20); // all have been asked
      throw refusal('KEY_EPOCH_UNKNOWN');
    }
    isRunning = true;
    await sleep(120);
    isRunning = false;
    return genuine();
  };
  expect(text(await contract.submit('f', { replicas: 3 }))).toBe('f()');
  expect([sent.size, ids.size, isRunningBoth]).toEqual([2, 1, false]);
});

it.each([{ replicas: 0 }, { computeQuorum: 1.5 }])('%o is refused', async (options) => {
  await expect(contract.submit('f', options)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
});
