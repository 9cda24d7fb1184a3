import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { createBrokerRoot, evidenceDigest, type Appraise } from '@selvedge/attestation';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { encodeContractNames, facts } from '@selvedge/policy';
import { BatchRequestSchema, contentGuardKey, ContractPolicySchema, CoreSchema, DistinctBy, encodeMessage, EvidenceSchema, GuardWriteSchema, LIMITS, NamesInUseSchema, NodeEvidenceSchema, parseCores, PartSchema, RequestKind, ResponseSchema, SignedPartSchema, UnguardedSetSchema, type ContractSection, type Core, type Response } from '@selvedge/protocol';
import { heldKeysOf, sealTestPacket, viewOf } from '@selvedge/tee-node/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestNode, type TestChaincode, type TestNode } from './node.test.support.js';
import type { StateCalls } from './ports.js';
import { forge, parseSigned, partitionedCall, RULES, signPart, type Forgery, type PartitionedCall } from './partition.test.support.js';
import { bytes, calls, createSubmitter, text, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let nodes: TestComputeNode[];
let on: Submitter;
let other: TestNode;
let call: PartitionedCall;
/** Versions of what is stored. */
let stored: string[];

beforeAll(async () => {
  net = await createTestConsortium();
  nodes = await Promise.all([1, 2, 3].map((i) => net.issueComputeNode({ binding: { nodeId: `compute-${String(i)}`, platformId: new Uint8Array(32).fill(i) } })));
});
beforeEach(() => {
  net.restore();
  start({ partitionedFunctions: RULES });
});

function start(policy: Parameters<TestConsortium['setContractPolicy']>[0]): void {
  net.setContractPolicy(policy);
  on = createSubmitter(net, nodes[0]!, net.organisation('AuroraMSP').client.signer);
  other = createTestNode({ net, certified: nodes[1]!, business: [on.business] });
  call = partitionedCall(on.client);
  stored = [on.store('a', '3'), on.store('b', '4')].sort();
  use(counting);
}

function use(chaincode: TestChaincode): void {
  on.test.chaincode = chaincode;
  other.chaincode = chaincode;
}

/** Counts what lies under its arguments; sums what it counted. */
const counting: TestChaincode = async (state, { args }) => {
  const [name, ...rest] = args.map((arg) => text(arg) ?? '');
  if (name === 'Count') return { payload: (await Promise.all(rest.map((key) => state.getState('', key)))).map((value) => text(value) ?? '-').map(bytes)[0] ?? bytes('0') };
  if (name !== 'Sum') throw new Error(`no function ${String(name)}`);
  const parts = JSON.parse(rest.pop() ?? '') as { arguments: string[]; result: string }[];
  await state.putState('', 'total', bytes(String(parts.reduce((sum, { result }) => sum + Number(result), 0))));
  return { payload: bytes(JSON.stringify({ own: rest, parts })) };
};

const both = async (): Promise<Uint8Array[]> => [await call.part(on.test, 0, 2, ['a']), await call.part(other, 1, 2, ['b'])];
const answerTo = async (kind: RequestKind, parts: readonly Uint8Array[], body: Parameters<PartitionedCall['reduce']>[2] = {}, test = on.test): Promise<{ response: Response; core: Core | undefined; section: ContractSection | undefined }> => {
  const request = call.reduce(kind, parts, body);
  const sealed = await test.execute(request);
  const [core] = sealed.targetData === undefined ? [] : parseCores(sealed.targetData.cores, new Uint8Array(0));
  return { response: request.open(sealed), core, section: core?.sections[0] };
};
const refusal = async (parts: readonly Uint8Array[], body: Parameters<PartitionedCall['reduce']>[2] = {}, kind = RequestKind.SUBMIT): Promise<string | undefined> => (await answerTo(kind, parts, body)).response.refusal?.code;
const versionsOf = (section: ContractSection | undefined): string[] => (section?.reads ?? []).map(({ packetHash }) => toHex(packetHash)).sort();

describe('a partitioned query', () => {
  it('runs the map on each part and the reduce over what they gave, in order, with their arguments', async () => {
    const { response, core } = await answerTo(RequestKind.EVALUATE, await both());
    expect(JSON.parse(text(response.payload)!)).toEqual({ own: ['own'], parts: [{ arguments: ['a'], result: '3' }, { arguments: ['b'], result: '4' }] });
    expect(core).toBeUndefined();
  });

  it('shows its client nothing of a part, and no length below the padding', async () => {
    const response = await call.map(on.test, 0, 2, ['a']);
    expect(response).toMatchObject({ status: 200, message: '', payload: new Uint8Array(0) });
    expect(response.map?.contracts).toEqual([net.contract]);
    use(() => Promise.resolve({ payload: bytes('canary-4711') }));
    expect(Buffer.from(encodeMessage(ResponseSchema, await call.map(on.test, 0, 2))).toString('latin1')).not.toContain('4711');
  });

  it('tells its client whether replicas saw one state', async () => {
    const digest = async (result: string): Promise<string> => {
      use(async (state) => { await state.getState('', 'a'); return { payload: bytes(result) }; });
      return toHex((await call.map(on.test, 0, 1)).map!.readDigest);
    };
    const first = await digest('1');
    expect(await digest('2')).toBe(first);
    on.store('a', '5');
    expect(await digest('1')).not.toBe(first);
  });

  it('says why a map failed', async () => {
    use(() => Promise.resolve({ status: 500, message: 'no such warehouse' }));
    expect(await call.map(on.test, 0, 2)).toMatchObject({ status: 500, message: 'no such warehouse' });
  });

  it('is confirmed as a whole, with what its maps read', async () => {
    net.state.height = 5n;
    start({ partitionedFunctions: RULES });
    const parts = await both();
    const { response } = await answerTo(RequestKind.EVALUATE, parts, { confirmQuorum: 2 });
    expect(response.confirmation?.mspIds.length).toBeGreaterThanOrEqual(2);
    on.store('a', '5');
    expect(await refusal(parts, { confirmQuorum: 2 }, RequestKind.EVALUATE)).toBe('STALE_READ');
  });
});

describe('a partitioned update', () => {
  it('has what its maps read in its own read set', async () => {
    const { response, section } = await answerTo(RequestKind.SUBMIT, await both());
    expect(JSON.parse(text(response.payload)!)).toMatchObject({ parts: [{ result: '3' }, { result: '4' }] });
    expect(versionsOf(section)).toEqual(stored);
    expect(section?.writes).toHaveLength(1);
  });

  it('is the same at every node that reduces', async () => {
    const request = call.reduce(RequestKind.SUBMIT, await both());
    const [one, two] = [await on.test.execute(request), await other.execute(request)];
    expect(one.targetData?.cores.map(toHex)).toEqual(two.targetData?.cores.map(toHex));
  });

  it('rests on the sets that its maps queried, with their statements', async () => {
    use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) === 'Count') {
        let count = 0;
        for await (const { value } of await state.getRange('', 'a', 'c')) count += value.length;
        return { payload: bytes(String(count)) };
      }
      return counting(state, invocation, signal);
    });
    const part = await call.part(on.test, 0, 1);
    expect(parseSigned(part).statements.length).toBeGreaterThan(1);
    const request = call.reduce(RequestKind.SUBMIT, [part]);
    const { targetData } = await on.test.execute(request);
    const [core] = parseCores(targetData!.cores, new Uint8Array(0));
    expect(core?.sections[0]?.guardsRead).toHaveLength(1);
    expect(versionsOf(core?.sections[0])).toEqual(stored);
    expect(targetData?.attachments?.statements.length).toBe(parseSigned(part).statements.length);
  });

  it('has a section of each contract that a map called, and writes nowhere else', async () => {
    const bank = net.addContract('bank');
    const packet = sealTestPacket({ ...net, contract: 'bank', contractPolicy: bank.policy, contractKeys: bank.keys }, { key: 'k', value: '8' });
    on.business.put('houses', packet.bytes);
    on.test.view = viewOf(net);
    on.test.keys = heldKeysOf(net, nodes[0]!, [1n], [bank]);
    const body = { calledEpochs: [{ contract: 'bank', epoch: 1n }] };
    const reading: TestChaincode = async (state, invocation, signal) => {
      if (text(invocation.args[0]) !== 'Count') return counting(state, invocation, signal);
      const { state: called } = await state.openContract({ channel: net.channel, contract: 'bank', args: [bytes('f')] });
      return { payload: await called.getState('', 'k') ?? bytes('0') };
    };
    use(reading);
    const response = await call.map(on.test, 0, 1, [], body);
    expect(response.map?.contracts).toEqual([net.contract, 'bank']);
    const part = encodeMessage(SignedPartSchema, response.map!.part!);
    const { core } = await answerTo(RequestKind.SUBMIT, [part], body);
    expect(core?.sections.map(({ contract }) => contract)).toEqual([net.contract, 'bank']);
    expect(versionsOf(core?.sections[1])).toEqual([toHex(packet.hash)]);
    expect(core?.sections[1]?.writes).toEqual([]);
    // Of whichever contract, enough nodes must have signed.
    net.state.setFact(facts.contract('bank'), encodeMessage(ContractPolicySchema, { ...bank.policy, computeQuorum: 2 }));
    on.test.view = viewOf(net);
    expect(await refusal([part], body)).toBe('COMPUTE_QUORUM_NOT_MET');
    use(async (state) => {
      const { state: called } = await state.openContract({ channel: net.channel, contract: 'bank', args: [bytes('f')] });
      await called.putState('', 'k', bytes('9'));
      return {};
    });
    expect((await call.map(on.test, 0, 1, [], body)).refusal?.code).toBe('PART_WRITES');
  });

  it('does not write after a map has queried what nothing guards', async () => {
    start({ partitionedFunctions: RULES, datasets: [{ name: '', ownerSet: 'houses', contentGuard: false }] });
    use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) !== 'Count') return counting(state, invocation, signal);
      await state.query('', { text: '{"selector":{}}', pageSize: undefined, bookmark: '' });
      return { payload: bytes('1') };
    });
    const part = await call.part(on.test, 0, 1);
    expect(await refusal([part])).toBe('CHAINCODE_UNSUPPORTED');
    expect(await refusal([part], { confirmQuorum: 2 }, RequestKind.EVALUATE)).toBe('FEATURE_UNSUPPORTED');
    expect(await refusal([part], {}, RequestKind.EVALUATE)).toBeUndefined();
  });

  it('rests on the key policies that its maps read, and on one of each', async () => {
    start({ partitionedFunctions: RULES, organisationMap: [{ chaincodeMspId: 'AuroraMSP', endorserMspId: 'NorthMSP' }] });
    use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) !== 'Count') return counting(state, invocation, signal);
      await state.getKeyPolicy('', 'a');
      return { payload: bytes('1') };
    });
    const [part, ...others] = [await call.part(on.test, 0, 2), await call.part(on.test, 1, 2)];
    expect((await answerTo(RequestKind.SUBMIT, [part, ...others])).section?.keyPolicyReads).toHaveLength(1);
    expect(await refusal([part, ...others], { confirmQuorum: 2 }, RequestKind.EVALUATE)).toBe('FEATURE_UNSUPPORTED');
    const core = (same: Core): Core => ({ ...same, sections: same.sections.map((section) => ({ ...section, keyPolicyReads: section.keyPolicyReads.map((read) => ({ ...read, policy: bytes('other') })) })) });
    const changed = others.map((each) => forge(net, each, call.txId, { core, signers: [nodes[1]!] }));
    expect(await refusal([part, ...changed])).toBe('STALE_READ');
  });

  it('is refused where its parts, or a part and the reduce, saw two versions of one key', async () => {
    const first = await call.part(on.test, 0, 2, ['a']);
    on.store('a', '5');
    expect(await refusal([first, await call.part(other, 1, 2, ['a'])])).toBe('STALE_READ');
    use(async (state, invocation, signal) => {
      if (text(invocation.args[0]) === 'Sum') await state.getState('', 'a').catch(() => undefined);
      return counting(state, invocation, signal);
    });
    expect(await refusal([first, await call.part(other, 1, 2, ['b'])])).toBe('STALE_READ');
  });
});

describe('a map', () => {
  it.each<[string, (state: StateCalls) => Promise<unknown>]>([
    ['a put', (state) => state.putState('', 'k', bytes('v'))],
    ['a delete', (state) => state.deleteState('', 'k')],
    ['a purge', (state) => state.purge('', 'k')],
    ['a put of which it makes nothing', (state) => state.putState('', 'k', bytes('v')).catch(() => undefined)],
  ])('is refused for %s', async (_, write) => {
    use(calls(write));
    expect((await call.map(on.test, 0, 1)).refusal?.code).toBe('PART_WRITES');
  });

  it('is refused for a key’s own policy', async () => {
    start({ partitionedFunctions: RULES, organisationMap: [{ chaincodeMspId: 'AuroraMSP', endorserMspId: 'NorthMSP' }] });
    use(calls((state) => state.setKeyPolicy('', 'absent', new Uint8Array(0)).catch(() => undefined)));
    expect((await call.map(on.test, 0, 1)).refusal?.code).toBe('PART_WRITES');
  });

  it('is refused for an event', async () => {
    use(() => Promise.resolve({ event: { name: 'E', payload: bytes('p') } }));
    expect((await call.map(on.test, 0, 1)).refusal?.code).toBe('PART_WRITES');
  });

  it('takes and gives text', async () => {
    use(() => Promise.resolve({ payload: Uint8Array.of(0xff) }));
    expect((await call.map(on.test, 0, 1)).refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
    use(() => Promise.resolve({}));
    expect((await call.map(on.test, 0, 1, [], { args: [bytes('Total'), Uint8Array.of(0xff)] })).refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
  });

  it('is of a function that the policy names', async () => {
    expect((await call.map(on.test, 0, 1, [], { args: [bytes('Count')] })).refusal?.code).toBe('PARTITION_UNKNOWN');
    expect(await refusal([await call.part(on.test, 0, 1, ['a'])], { args: [bytes('Other')] })).toBe('PARTITION_UNKNOWN');
  });

  it('fits into a part', async () => {
    use(() => Promise.resolve({ payload: new Uint8Array(LIMITS.maxPartBytes).fill(0x20) }));
    expect((await call.map(on.test, 0, 1)).refusal?.code).toBe('LIMIT_EXCEEDED');
  });
});

describe('a reduce', () => {
  it.each(['Sum', 'Stock:Sum', 'sum'])('is not to be called as %s by its client', async (name) => {
    for (const kind of [RequestKind.SUBMIT, RequestKind.EVALUATE]) {
      expect((await answerTo(kind, [], { args: [bytes(name), bytes('[{"arguments":["a"],"result":"1000"}]')] })).response.refusal?.code).toBe('PARTS_REQUIRED');
    }
  });

  it('is not to be called by another function', async () => {
    use(calls((state) => state.openContract({ channel: net.channel, contract: net.contract, args: [bytes('Sum')] })));
    expect((await answerTo(RequestKind.SUBMIT, [])).response.refusal?.code).toBe('PARTS_REQUIRED');
  });
});

describe('parts', () => {
  it('are there each once, in order, and of this division', async () => {
    const [a, b] = await both() as [Uint8Array, Uint8Array];
    expect(await refusal([a, b])).toBeUndefined();
    for (const parts of [[a], [b], [b, a], [a, a], [a, b, b], [a, await call.part(on.test, 1, 3, ['b'])]]) expect(await refusal(parts)).toBe('PARTS_INCOMPLETE');
  });

  it('are of this request, and of no other of its creator’s', async () => {
    const [a] = await both() as [Uint8Array];
    const elsewhere = partitionedCall(on.client);
    expect(await refusal([a, await elsewhere.part(other, 1, 2, ['b'])])).toBe('PART_FOREIGN');
    const other2 = partitionedCall({ ...on.client, signer: net.organisation('BorealisMSP').client.signer });
    expect(await refusal([a, await other2.part(other, 1, 2, ['b'])])).toBe('PART_FOREIGN');
    expect(await refusal([a, await call.part(other, 1, 2, ['b'], { timestampNanos: 5 })])).toBe('PART_FOREIGN');
  });

  it('come one by one, not in a batch', async () => {
    const request = call.reduce(RequestKind.SUBMIT, await both());
    const { items } = await on.test.node.executeBatch(create(BatchRequestSchema, { items: [request.sealed] }), new AbortController().signal);
    expect(request.open(items[0]!.response!).refusal?.code).toBe('BATCH_ITEM_DEFERRED');
  });
});

describe('a forged part', () => {
  let a: Uint8Array;
  beforeEach(async () => {
    a = await call.part(on.test, 0, 1, ['a']);
  });
  const forged = (forgery: Forgery): Uint8Array => forge(net, a, call.txId, { signers: [nodes[1]!], ...forgery });

  it('would be taken if a compute node had made it so', async () => {
    expect(text((await answerTo(RequestKind.EVALUATE, [forged({ part: { result: '9' } })])).response.payload)).toContain('"9"');
  });

  it('is refused without a compute node’s signature', async () => {
    expect(await refusal([forged({ part: { result: '9' }, signers: [] })])).toBe('COMPUTE_QUORUM_NOT_MET');
    const { sealedPart } = parseSigned(forged({ part: { result: '9' } }));
    expect(await refusal([encodeMessage(SignedPartSchema, { sealedPart, signatures: parseSigned(a).signatures })])).toBe('TEE_SIGNATURE_INVALID');
  });

  it('is refused with a signature under another label', async () => {
    const { sealedPart } = parseSigned(a);
    const { suite, privateKey, certificate } = nodes[1]!;
    expect(await refusal([encodeMessage(SignedPartSchema, { sealedPart, signatures: [{ certificate, signature: suite.sign(privateKey, sealedPart) }] })])).toBe('TEE_SIGNATURE_INVALID');
  });

  it.each<[string, string, () => Promise<TestComputeNode>, number?]>([
    ['another broker’s certificate', 'TEE_CERTIFICATE_INVALID', () => net.issueComputeNode({ broker: createBrokerRoot({ network: net.network, channel: net.channel, now: net.now }) })],
    ['a viewer’s certificate', 'TEE_WRONG_ROLE', () => net.issueComputeNode({ binding: { role: 'viewer' } })],
    ['a certificate of another channel', 'TEE_CERTIFICATE_INVALID', () => net.issueComputeNode({ binding: { channel: 'elsewhere' } })],
    ['a certificate of a lost epoch', 'PART_OUTDATED', () => net.issueComputeNode({ binding: { epoch: 9n } })],
    ['a key of another suite', 'TEE_CERTIFICATE_INVALID', () => net.issueComputeNode({ suite: SUITE_NAMES[1] })],
  ])('is refused with %s', async (_, code, issue) => {
    expect(await refusal([forged({ signers: [await issue()] })])).toBe(code);
  });

  it('is refused with a certificate that has ended by the clock', async () => {
    on.test.now = new Date(net.now.getTime() + 2 * 3_600_000);
    const timestampSeconds = BigInt(Math.floor(on.test.now.getTime() / 1000));
    expect(await refusal([forged({ core: (core) => ({ ...core, timestampSeconds }) })], { timestampSeconds })).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('is refused when its node is revoked, though it was not when it ran', async () => {
    const part = forged({});
    net.state.setFact(facts.revokedNode('compute-2'), bytes('lost'));
    on.test.view = viewOf(net);
    expect((await answerTo(RequestKind.SUBMIT, [part])).response.refusal).toMatchObject({ code: 'PART_OUTDATED', message: expect.stringContaining('compute-2') as string });
  });

  it('is refused where key access rules leave its node out', async () => {
    start({ partitionedFunctions: RULES, keyAccess: [{ role: 'compute', operatorMspId: nodes[0]!.self.operatorMspId, nodeIds: ['compute-1'] }] });
    a = await call.part(on.test, 0, 1, ['a']);
    expect(await refusal([a])).toBeUndefined();
    expect(await refusal([forged({})])).toBe('KEY_ACCESS_DENIED');
  });

  it('needs as many distinct nodes as the contract does', async () => {
    start({ partitionedFunctions: RULES, computeQuorum: 2, distinctBy: DistinctBy.PLATFORM });
    a = await call.part(on.test, 0, 1, ['a']);
    const { sealedPart, signatures: [own] } = parseSigned(a);
    expect(parseSigned(await call.part(other, 0, 1, ['a'])).sealedPart).not.toEqual(sealedPart);
    const signed = (...signatures: { certificate: Uint8Array; signature: Uint8Array }[]): Uint8Array => encodeMessage(SignedPartSchema, { sealedPart, signatures });
    expect(await refusal([a])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await refusal([signed(own!, own!)])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await refusal([signed(own!, signPart(nodes[1]!, sealedPart))])).toBeUndefined();
  });

  it('needs nodes of distinct types by their own evidence, where types of TEE are counted', async () => {
    const nodeOf = async (teeType: string, certified = teeType) => {
      const evidence = create(EvidenceSchema, { teeType, quote: randomBytes(64) });
      const result = { role: 'compute' as const, teeType, measurement: randomBytes(48), platformId: randomBytes(32) };
      const { measurement, platformId } = result;
      const node = await net.issueComputeNode({ binding: { teeType: certified, measurement, platformId, evidenceDigest: evidenceDigest(evidence) } });
      return { node, result, shown: create(NodeEvidenceSchema, { evidence, nonce: randomBytes(32), ephemeralKey: randomBytes(65) }) };
    };
    const [tdx, sgx, liar] = [await nodeOf('tdx'), await nodeOf('sgx'), await nodeOf('tdx', 'sgx')];
    const appraise: Appraise = ({ evidence }) => [tdx, sgx, liar].find(({ shown }) => toHex(shown.evidence!.quote) === toHex(evidence.quote))!.result;
    start({ partitionedFunctions: RULES, computeQuorum: 2, distinctBy: DistinctBy.TEE_TYPE });
    on = { ...on, test: createTestNode({ net, certified: nodes[0]!, business: [on.business], chaincode: counting, options: { appraise } }) };
    a = await call.part(on.test, 0, 1, ['a']);
    // Its own is shown where it is asked for, and there alone.
    expect(parseSigned(a).nodeEvidence).toHaveLength(1);
    const { sealedPart } = parseSigned(a);
    const by = (...signers: (typeof tdx)[]): Uint8Array => encodeMessage(SignedPartSchema, { sealedPart, signatures: signers.map(({ node }) => signPart(node, sealedPart)), nodeEvidence: signers.map(({ shown }) => shown) });
    expect(await refusal([by(tdx, sgx)])).toBeUndefined();
    expect(await refusal([by(tdx, tdx)])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await refusal([by(tdx, liar)])).toBe('TEE_CERTIFICATE_INVALID');
    expect(await refusal([encodeMessage(SignedPartSchema, { ...parseSigned(by(tdx, sgx)), nodeEvidence: [] })])).toBe('EVIDENCE_MALFORMED');
    start({ distinctBy: DistinctBy.PLATFORM, computeQuorum: 1 });
    expect(parseSigned(await call.part(on.test, 0, 1, ['a'])).nodeEvidence).toEqual([]);
  });

  it.each<[string, string, Forgery]>([
    ['another profile', 'PART_OUTDATED', { part: { profileDigest: new Uint8Array(32) } }],
    ['another suite', 'PART_FOREIGN', { suite: SUITE_NAMES[1] }],
    ['another map', 'PART_FOREIGN', { part: { map: 'Sum' } }],
    ['another count', 'PARTS_INCOMPLETE', { header: { count: 2 } }],
    ['another index', 'PARTS_INCOMPLETE', { header: { index: 1 } }],
    ['another contract’s box', 'PART_FOREIGN', { header: { contract: 'bank' } }],
    ['another channel’s box', 'PART_FOREIGN', { header: { channel: 'elsewhere' } }],
    ['another request’s box', 'PART_FOREIGN', { header: { txId: new Uint8Array(32) } }],
    ['a core of another network', 'PART_FOREIGN', { core: (core) => ({ ...core, network: 'elsewhere' }) }],
    ['a core of another channel', 'PART_FOREIGN', { core: (core) => ({ ...core, channel: 'elsewhere' }) }],
    ['a core of another request', 'PART_FOREIGN', { core: (core) => ({ ...core, txId: new Uint8Array(32) }) }],
    ['a core of another time', 'PART_FOREIGN', { core: (core) => ({ ...core, timestampNanos: 7 }) }],
    ['a core of another contract', 'PART_FOREIGN', { core: (core) => ({ ...core, sections: core.sections.map((section) => ({ ...section, contract: 'bank' })) }) }],
    ['other code', 'PART_OUTDATED', { core: (core) => ({ ...core, sections: core.sections.map((section) => ({ ...section, codeHash: new Uint8Array(32) })) }) }],
    ['another policy version', 'PART_OUTDATED', { core: (core) => ({ ...core, sections: core.sections.map((section) => ({ ...section, policyVersion: 9n })) }) }],
    ['another key epoch', 'PART_OUTDATED', { core: (core) => ({ ...core, sections: core.sections.map((section) => ({ ...section, keyEpoch: 2n })) }) }],
    ['other names', 'PART_OUTDATED', { core: (core) => ({ ...core, sections: core.sections.map((section) => ({ ...section, names: create(NamesInUseSchema, { current: 2n }) })) }) }],
    ['a write', 'PART_WRITES', { core: (core) => ({ ...core, sections: core.sections.map((section) => ({ ...section, guardsWritten: [create(GuardWriteSchema, { ownerSet: 'houses', guardKey: contentGuardKey('x', '') })] })) }) }],
    ['an unknown contract', 'CALLED_CONTRACT_UNKNOWN', { core: (core) => ({ ...core, sections: [...core.sections, { ...core.sections[0]!, contract: 'bank' }] }) }],
    ['a short profile digest', 'MALFORMED_MESSAGE', { part: { profileDigest: new Uint8Array(31) } }],
    ['too many arguments', 'LIMIT_EXCEEDED', { part: { arguments: Array.from({ length: LIMITS.maxArgs + 1 }, () => '') } }],
    ['too many unguarded sets', 'LIMIT_EXCEEDED', { part: { unguarded: Array.from({ length: LIMITS.maxSections + 1 }, () => create(UnguardedSetSchema)) } }],
    ['a core that does not parse', 'MALFORMED_MESSAGE', { part: { core: Uint8Array.of(1, 2, 3) } }],
  ])('is refused with %s', async (_, code, forgery) => {
    expect(await refusal([forged(forgery)])).toBe(code);
  });

  it('is refused under names that a migration has changed since', async () => {
    net.state.setFact(facts.nameKeys(net.contract), encodeContractNames({ phase: 'clearing', current: 1n, other: 2n, newest: 2n, former: [], commitments: [new Uint8Array(8)] }));
    on.test.view = viewOf(net);
    on.test.keys = heldKeysOf(net, nodes[0]!);
    expect(await refusal([a], {}, RequestKind.EVALUATE)).toBe('PART_OUTDATED');
  });
});

describe('hostile parts', () => {
  it.each<[string, string, () => Uint8Array]>([
    ['nothing', 'PART_FOREIGN', () => new Uint8Array(0)],
    ['what is no message', 'MALFORMED_MESSAGE', () => Uint8Array.of(0xff, 0xff)],
    ['a box that is too large', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { sealedPart: new Uint8Array(LIMITS.maxPartBytes + 1) })],
    ['too many signatures', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { signatures: Array.from({ length: LIMITS.maxIdentities + 1 }, () => ({})) })],
    ['a certificate that is too large', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { signatures: [{ certificate: new Uint8Array(LIMITS.maxCertificateBytes + 1) }] })],
    ['a signature that is too large', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { signatures: [{ signature: new Uint8Array(LIMITS.maxSignatureBytes + 1) }] })],
    ['evidence of too many nodes', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { nodeEvidence: Array.from({ length: LIMITS.maxIdentities + 1 }, () => ({})) })],
    ['evidence that is too large', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { nodeEvidence: [{ evidence: { quote: new Uint8Array(LIMITS.maxEvidenceBytes + 1) } }] })],
    ['too many statements', 'LIMIT_EXCEEDED', () => encodeMessage(SignedPartSchema, { statements: Array.from({ length: LIMITS.maxSectionEntries + 1 }, () => ({})) })],
    ['a Part instead of its box', 'PART_FOREIGN', () => encodeMessage(SignedPartSchema, { sealedPart: encodeMessage(PartSchema, { map: 'Count' }) })],
    ['a core instead of its box', 'MALFORMED_MESSAGE', () => encodeMessage(SignedPartSchema, { sealedPart: encodeMessage(CoreSchema, { version: 1 }) })],
  ])('are refused: %s', async (_, code, make) => {
    expect(await refusal([make()])).toBe(code);
  });

  it('are refused in what is no call, or names no place among them', async () => {
    const part = await call.part(on.test, 0, 1, ['a']);
    const asked = async (body: Parameters<PartitionedCall['reduce']>[2]): Promise<string | undefined> => (await answerTo(RequestKind.SUBMIT, [], body)).response.refusal?.code;
    for (const kind of [RequestKind.OPEN_EVENTS, RequestKind.LIST_NAMES, RequestKind.RELEASE_RESULT]) expect(await asked({ kind, parts: [part] })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ partition: { index: 0, count: 1 } })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP, partition: { index: 0, count: 1 }, parts: [part] })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP, partition: { index: 1, count: 1 } })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP, partition: { index: 0, count: LIMITS.maxParts + 1 } })).toBe('LIMIT_EXCEEDED');
    expect(await asked({ parts: Array.from({ length: LIMITS.maxParts + 1 }, () => part) })).toBe('LIMIT_EXCEEDED');
  });

  it('are refused when any byte of one is changed, or say what they said', async () => {
    const part = await call.part(on.test, 0, 1, ['a']);
    const genuine = text((await answerTo(RequestKind.EVALUATE, [part])).response.payload);
    let count = 0;
    for (let i = 0; i < part.length; i += 7) {
      const changed = Uint8Array.from(part);
      changed[i] = (changed[i] as number) ^ 1;
      const { refusal: refused, payload } = (await answerTo(RequestKind.EVALUATE, [changed])).response;
      // Of a field's number and type the parser reads the number alone.
      if (refused === undefined) expect({ i, payload: text(payload) }).toEqual({ i, payload: genuine });
      else count += 1;
    }
    expect(count).toBeGreaterThan(part.length / 7 - 3);
  });
});

