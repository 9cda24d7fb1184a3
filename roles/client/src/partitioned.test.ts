import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import type { TestComputeNode } from '@selvedge/fixtures';
import { DistinctBy, LIMITS, MapAnswerSchema, parseMessage, RequestKind, ResponseSchema, SignedPartSchema, signing, type RequestBody, type Response } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import type { OutvotedNode } from './domain/replicas.js';
import type { Gateway } from './gateway.js';
import type { ProposalOptions } from './proposal-options.js';
import { executeRequest, openRequest } from './testdata/fake-compute.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { refusal } from './testdata/fake-ports.js';

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;
/** What nodes were sent, in order of arrival. */
let seen: { readonly node: string; readonly body: RequestBody }[];
/** What a map answers; undefined: as an honest node does. */
let mapAs: (node: string, body: RequestBody) => Partial<Omit<Response, '$typeName' | '$unknown'>> | undefined;
let fails: (node: string, body: RequestBody) => boolean;

beforeEach(async () => {
  network = await createFakeNetwork({ computeNodes: 3 });
  gateway = network.connect();
  contract = gateway.getNetwork('trade').getContract('diamonds');
  [seen, mapAs, fails] = [[], () => undefined, () => false];
  network.hooks.execute = (peer, genuine, request) => {
    const { body } = openRequest(network.consortium, request);
    seen.push({ node: peer, body });
    if (fails(peer, body)) return Promise.reject(refusal('UNAVAILABLE'));
    if (body.kind !== RequestKind.MAP) return genuine();
    const node = network.nodes.find(({ nodeId }) => nodeId === peer)!;
    return executeRequest(network.consortium, node, request, { response: create(ResponseSchema, mapAs(peer, body) ?? partOf(node, body)) });
  };
});
afterEach(() => {
  gateway.close();
});

/** A box that the test can read. */
function partOf(node: TestComputeNode, { args, partition }: RequestBody, box = `${String(partition?.index)}:${textOf(args)}`, readDigest: Uint8Array = new Uint8Array(32)): Partial<Omit<Response, '$typeName' | '$unknown'>> {
  const sealedPart = Buffer.from(box);
  const part = create(SignedPartSchema, { sealedPart, signatures: [{ certificate: node.certificate, signature: node.suite.sign(node.privateKey, signing.part(sealedPart)) }] });
  return { status: 200, map: create(MapAnswerSchema, { part, contracts: ['diamonds'], readDigest }) };
}

const three: ProposalOptions = { arguments: ['own'], partitions: [{ arguments: ['a'] }, { arguments: ['b'] }, { arguments: ['c'], transientData: { t: '1' } }] };
const maps = (): typeof seen => seen.filter(({ body }) => body.kind === RequestKind.MAP);
const boxes = (body: RequestBody): string[] => body.parts.map((part) => Buffer.from(parseMessage(SignedPartSchema, part, LIMITS.maxRequestBytes).sealedPart).toString());
const textOf = (args: readonly Uint8Array[]): string => args.map((arg) => Buffer.from(arg).toString()).join();
const nodeOf = (name: string): TestComputeNode => network.nodes.find(({ nodeId }) => nodeId === name)!;
const last = (): RequestBody => seen.at(-1)!.body;

describe('a request in parts', () => {
  it('has each part mapped once, on all nodes, under the transaction id and time of the whole', async () => {
    expect(Buffer.from(await contract.evaluate('f', three)).toString()).toBe('f(own)');
    expect(maps().map(({ body }) => [body.partition?.index, body.partition?.count, textOf(body.args)]).sort()).toEqual([[0, 3, 'f,a'], [1, 3, 'f,b'], [2, 3, 'f,c']]);
    expect(new Set(maps().map(({ node }) => node)).size).toBe(3);
    const { nonce, timestampSeconds, timestampNanos, kind } = last();
    expect(kind).toBe(RequestKind.EVALUATE);
    for (const { body } of maps()) expect(body).toMatchObject({ nonce, timestampSeconds, timestampNanos, creator: last().creator });
    expect(boxes(last()).map((box) => box[0])).toEqual(['0', '1', '2']);
    expect(maps().find(({ body }) => body.partition?.index === 2)?.body.transient.map(({ name }) => name)).toEqual(['t']);
    expect(last().transient).toEqual([]);
  });

  it('is committed as any other', async () => {
    expect(Buffer.from(await contract.submit('f', three)).toString()).toBe('f(own)');
    expect(last()).toMatchObject({ kind: RequestKind.SUBMIT });
    expect(boxes(last())).toHaveLength(3);
  });

  it('has a part mapped elsewhere when its node fails, and the others not again', async () => {
    fails = (node, { kind }) => node === 'compute-2' && kind === RequestKind.MAP;
    await contract.evaluate('f', three);
    expect(boxes(last())).toHaveLength(3);
    const byIndex = [0, 1, 2].map((index) => maps().filter(({ body }) => body.partition?.index === index).map(({ node }) => node));
    expect(byIndex.flat().filter((node) => node === 'compute-2')).toHaveLength(1);
    expect(byIndex.map((tried) => tried.filter((node) => node !== 'compute-2').length)).toEqual([1, 1, 1]);
  });

  it('takes no other answer for a part', async () => {
    for (const answer of [{ status: 200, payload: Buffer.from('a result') }, { status: 200 }]) {
      mapAs = () => answer;
      await expect(contract.evaluate('f', three)).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
    }
    mapAs = (node, body) => ({ ...partOf(nodeOf(node), body), payload: Buffer.from('x') });
    await expect(contract.evaluate('f', three)).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
    // Nor one that touches a contract which the request does not name, or none of the request's own.
    for (const contracts of [['diamonds', 'opals'], ['opals'], []]) {
      mapAs = (node, body) => {
        const { map } = partOf(nodeOf(node), body);
        return { status: 200, map: { ...map!, contracts } };
      };
      await expect(contract.evaluate('f', three)).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
    }
    expect(seen.every(({ body }) => body.kind === RequestKind.MAP)).toBe(true);
  });

  it('ends with the refusal of a map', async () => {
    mapAs = (_, { partition }) => (partition?.index === 1 ? { status: 500, message: 'no such warehouse' } : undefined);
    await expect(contract.evaluate('f', three)).rejects.toMatchObject({ code: 'CHAINCODE_ERROR', message: expect.stringContaining('no such warehouse') as string });
  });

  it('collects as many signatures of each part as the contract asks for, over one box', async () => {
    network.consortium.setContractPolicy({ computeQuorum: 2, distinctBy: DistinctBy.PLATFORM });
    await contract.evaluate('f', three);
    expect(maps()).toHaveLength(6);
    for (const part of last().parts) {
      const { signatures } = parseMessage(SignedPartSchema, part, LIMITS.maxRequestBytes);
      expect(new Set(signatures.map(({ certificate }) => toHex(certificate))).size).toBe(2);
    }
    // One that makes something else is outvoted and named.
    const outvoted: OutvotedNode[] = [];
    mapAs = (node, body) => (node === 'compute-2' ? partOf(nodeOf(node), body, node) : undefined);
    seen = [];
    await contract.evaluate('f', { ...three, replicas: 3, onOutvoted: (nodes) => outvoted.push(...nodes) });
    expect(boxes(last())).toEqual(['0:f,a', '1:f,b', '2:f,c']);
    expect(outvoted.every(({ nodeId, differs }) => nodeId === 'compute-2' && differs === 'a part')).toBe(true);
    // Nodes of which no two agree, on one state and on different ones.
    mapAs = (node, body) => partOf(nodeOf(node), body, node);
    await expect(contract.evaluate('f', three)).rejects.toMatchObject({ code: 'CHAINCODE_NONDETERMINISTIC' });
    mapAs = (node, body) => partOf(nodeOf(node), body, node, Buffer.from(node));
    await expect(contract.evaluate('f', { ...three, retry: { attempts: 1 } })).rejects.toMatchObject({ code: 'STALE_READ' });
  });

  it('is made anew, parts and all, when a part is outdated; an update only where its caller says so', async () => {
    let refusals = 1;
    const { execute } = network.hooks;
    network.hooks.execute = (peer, genuine, request) => {
      const { body } = openRequest(network.consortium, request);
      if (body.kind === RequestKind.MAP || refusals <= 0) return execute!(peer, genuine, request);
      refusals -= 1;
      return executeRequest(network.consortium, network.nodes.find(({ nodeId }) => nodeId === peer)!, request, { response: { status: 500, refusal: { code: 'PART_OUTDATED', role: 'compute', message: '', action: '' } } });
    };
    await contract.evaluate('f', three);
    expect(maps()).toHaveLength(6);
    expect(new Set(maps().map(({ body }) => toHex(body.nonce))).size).toBe(2);
    refusals = 1;
    await expect(contract.submit('f', three)).rejects.toMatchObject({ code: 'PART_OUTDATED' });
    refusals = 1;
    await contract.submit('f', { ...three, retry: { attempts: 2 } });
  });

  it('travels alone, where others go in batches', async () => {
    gateway.close();
    gateway = network.connect({ batching: { diamonds: { maxBatch: 8, maxBatchDelayMs: 1 } } });
    contract = gateway.getNetwork('trade').getContract('diamonds');
    await Promise.all([contract.submit('f', three), contract.submit('f', three), contract.submit('f')]);
    expect(seen.filter(({ body }) => body.kind === RequestKind.SUBMIT && body.parts.length === 3)).toHaveLength(2);
  });

  it('has 1 to 64 parts', async () => {
    for (const count of [0, LIMITS.maxParts + 1]) await expect(contract.evaluate('f', { partitions: Array.from({ length: count }, () => ({})) })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    expect(seen).toEqual([]);
  });
});
