import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { createBrokerRoot, evidenceDigest, type Appraise } from '@selvedge/attestation';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import type { TestComputeNode } from '@selvedge/fixtures';
import { encodeContractNames, facts } from '@selvedge/policy';
import { BatchRequestSchema, contentGuardKey, CoreSchema, DistinctBy, encodeMessage, EvidenceSchema, GuardWriteSchema, LIMITS, NamesInUseSchema, NodeEvidenceSchema, PartSchema, RequestKind, SetDigestSchema, SetDigestStatementSchema, SignedPartSchema, UnguardedSetSchema } from '@selvedge/protocol';
import { heldKeysOf, viewOf } from '@selvedge/tee-node/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestNode } from './node.test.support.js';
import { forge, parseSigned, partitionedCall, RULES, signPart, type Forgery, type PartitionedCall } from './partition.test.support.js';
import { bytes, text } from './submit.test.support.js';
import { counting, partitionSetting } from './testdata/partition-setting.js';

const t = partitionSetting();

describe('parts', () => {
  it('are there each once, in order, and of this division', async () => {
    const [a, b] = await t.both() as [Uint8Array, Uint8Array];
    expect(await t.refusal([a, b])).toBeUndefined();
    for (const parts of [[a], [b], [b, a], [a, a], [a, b, b], [a, await t.call.part(t.on.test, 1, 3, ['b'])]]) expect(await t.refusal(parts)).toBe('PARTS_INCOMPLETE');
  });

  it('are of this request, and of no other of its creator’s', async () => {
    const [a] = await t.both() as [Uint8Array];
    const elsewhere = partitionedCall(t.on.client);
    expect(await t.refusal([a, await elsewhere.part(t.other, 1, 2, ['b'])])).toBe('PART_FOREIGN');
    const other2 = partitionedCall({ ...t.on.client, signer: t.net.organisation('BorealisMSP').client.signer });
    expect(await t.refusal([a, await other2.part(t.other, 1, 2, ['b'])])).toBe('PART_FOREIGN');
    expect(await t.refusal([a, await t.call.part(t.other, 1, 2, ['b'], { timestampNanos: 5 })])).toBe('PART_FOREIGN');
  });

  it('lose what was added to them of sets that their maps did not read', async () => {
    const [a, b] = await t.both() as [Uint8Array, Uint8Array];
    const foreign = create(SetDigestStatementSchema, { statement: encodeMessage(SetDigestSchema, { contract: t.net.contract, ownerSet: 'houses', root: new Uint8Array(32) }) });
    const added = encodeMessage(SignedPartSchema, { ...parseSigned(a), statements: [foreign, create(SetDigestStatementSchema, { statement: new Uint8Array(9) })] });
    const { targetData } = await t.on.test.execute(t.call.reduce(RequestKind.SUBMIT, [added, b]));
    expect(targetData?.attachments?.statements).toEqual([]);
  });

  it('come one by one, not in a batch', async () => {
    const request = t.call.reduce(RequestKind.SUBMIT, await t.both());
    const { items } = await t.on.test.node.executeBatch(create(BatchRequestSchema, { items: [request.sealed] }), new AbortController().signal);
    expect(request.open(items[0]!.response!).refusal?.code).toBe('BATCH_ITEM_DEFERRED');
  });
});

describe('a forged part', () => {
  let a: Uint8Array;
  beforeEach(async () => {
    a = await t.call.part(t.on.test, 0, 1, ['a']);
  });
  const forged = (forgery: Forgery): Uint8Array => forge(t.net, a, t.call.txId, { signers: [t.nodes[1]], ...forgery });

  it('would be taken if a compute node had made it so', async () => {
    expect(text((await t.answerTo(RequestKind.EVALUATE, [forged({ part: { result: '9' } })])).response.payload)).toContain('"9"');
  });

  it('is refused without a compute node’s signature', async () => {
    expect(await t.refusal([forged({ part: { result: '9' }, signers: [] })])).toBe('COMPUTE_QUORUM_NOT_MET');
    const { sealedPart } = parseSigned(forged({ part: { result: '9' } }));
    expect(await t.refusal([encodeMessage(SignedPartSchema, { sealedPart, signatures: parseSigned(a).signatures })])).toBe('TEE_SIGNATURE_INVALID');
  });

  it('is refused with a signature under another label', async () => {
    const { sealedPart } = parseSigned(a);
    const { suite, privateKey, certificate } = t.nodes[1];
    expect(await t.refusal([encodeMessage(SignedPartSchema, { sealedPart, signatures: [{ certificate, signature: suite.sign(privateKey, sealedPart) }] })])).toBe('TEE_SIGNATURE_INVALID');
  });

  it.each<[string, string, () => Promise<TestComputeNode>, number?]>([
    ['another broker’s certificate', 'TEE_CERTIFICATE_INVALID', () => t.net.issueComputeNode({ broker: createBrokerRoot({ network: t.net.network, channel: t.net.channel, now: t.net.now }) })],
    ['a viewer’s certificate', 'TEE_WRONG_ROLE', () => t.net.issueComputeNode({ binding: { role: 'viewer' } })],
    ['a certificate of another channel', 'TEE_CERTIFICATE_INVALID', () => t.net.issueComputeNode({ binding: { channel: 'elsewhere' } })],
    ['a certificate of a lost epoch', 'PART_OUTDATED', () => t.net.issueComputeNode({ binding: { epoch: 9n } })],
    ['a key of another suite', 'TEE_CERTIFICATE_INVALID', () => t.net.issueComputeNode({ suite: SUITE_NAMES[1] })],
  ])('is refused with %s', async (_, code, issue) => {
    expect(await t.refusal([forged({ signers: [await issue()] })])).toBe(code);
  });

  it('is refused with a certificate that has ended by the clock', async () => {
    t.on.test.now = new Date(t.net.now.getTime() + 2 * 3_600_000);
    const timestampSeconds = BigInt(Math.floor(t.on.test.now.getTime() / 1000));
    expect(await t.refusal([forged({ core: (core) => ({ ...core, timestampSeconds }) })], { timestampSeconds })).toBe('PART_OUTDATED');
  });

  it('is refused when its node is revoked, though it was not when it ran', async () => {
    const part = forged({});
    t.net.state.setFact(facts.revokedNode('compute-2'), bytes('lost'));
    t.on.test.view = viewOf(t.net);
    expect((await t.answerTo(RequestKind.SUBMIT, [part])).response.refusal).toMatchObject({ code: 'PART_OUTDATED', message: expect.stringContaining('compute-2') as string });
  });

  it('is refused where key access rules leave its node out', async () => {
    t.start({ partitionedFunctions: RULES, keyAccess: [{ role: 'compute', operatorMspId: t.nodes[0].self.operatorMspId, nodeIds: ['compute-1'] }] });
    a = await t.call.part(t.on.test, 0, 1, ['a']);
    expect(await t.refusal([a])).toBeUndefined();
    expect(await t.refusal([forged({})])).toBe('KEY_ACCESS_DENIED');
  });

  it('needs as many distinct nodes as the contract does', async () => {
    t.start({ partitionedFunctions: RULES, computeQuorum: 2, distinctBy: DistinctBy.PLATFORM });
    a = await t.call.part(t.on.test, 0, 1, ['a']);
    const { sealedPart, signatures: [own] } = parseSigned(a);
    expect(parseSigned(await t.call.part(t.other, 0, 1, ['a'])).sealedPart).not.toEqual(sealedPart);
    const signed = (...signatures: { certificate: Uint8Array; signature: Uint8Array }[]): Uint8Array => encodeMessage(SignedPartSchema, { sealedPart, signatures });
    expect(await t.refusal([a])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await t.refusal([signed(own!, own!)])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await t.refusal([signed(own!, signPart(t.nodes[1], sealedPart))])).toBeUndefined();
  });

  it('needs nodes of distinct types by their own evidence, where types of TEE are counted', async () => {
    const nodeOf = async (teeType: string, certified = teeType) => {
      const evidence = create(EvidenceSchema, { teeType, quote: randomBytes(64) });
      const result = { role: 'compute' as const, teeType, measurement: randomBytes(48), platformId: randomBytes(32) };
      const { measurement, platformId } = result;
      const node = await t.net.issueComputeNode({ binding: { teeType: certified, measurement, platformId, evidenceDigest: evidenceDigest(evidence) } });
      return { node, result, shown: create(NodeEvidenceSchema, { evidence, nonce: randomBytes(32), ephemeralKey: randomBytes(65) }) };
    };
    const [tdx, sgx, liar] = [await nodeOf('tdx'), await nodeOf('sgx'), await nodeOf('tdx', 'sgx')];
    const appraise: Appraise = ({ evidence }) => [tdx, sgx, liar].find(({ shown }) => toHex(shown.evidence!.quote) === toHex(evidence.quote))!.result;
    t.start({ partitionedFunctions: RULES, computeQuorum: 2, distinctBy: DistinctBy.TEE_TYPE });
    t.on = { ...t.on, test: createTestNode({ net: t.net, certified: t.nodes[0], business: [t.on.business], chaincode: counting, options: { appraise } }) };
    a = await t.call.part(t.on.test, 0, 1, ['a']);
    // Its own is shown where it is asked for, and there alone.
    expect(parseSigned(a).nodeEvidence).toHaveLength(1);
    const { sealedPart } = parseSigned(a);
    const by = (...signers: (typeof tdx)[]): Uint8Array => encodeMessage(SignedPartSchema, { sealedPart, signatures: signers.map(({ node }) => signPart(node, sealedPart)), nodeEvidence: signers.map(({ shown }) => shown) });
    expect(await t.refusal([by(tdx, sgx)])).toBeUndefined();
    expect(await t.refusal([by(tdx, tdx)])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(await t.refusal([by(tdx, liar)])).toBe('TEE_CERTIFICATE_INVALID');
    expect(await t.refusal([encodeMessage(SignedPartSchema, { ...parseSigned(by(tdx, sgx)), nodeEvidence: [] })])).toBe('EVIDENCE_MALFORMED');
    t.start({ distinctBy: DistinctBy.PLATFORM, computeQuorum: 1 });
    expect(parseSigned(await t.call.part(t.on.test, 0, 1, ['a'])).nodeEvidence).toEqual([]);
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
    expect(await t.refusal([forged(forgery)])).toBe(code);
  });

  it('is refused under names that a migration has changed since', async () => {
    t.net.state.setFact(facts.nameKeys(t.net.contract), encodeContractNames({ phase: 'clearing', current: 1n, other: 2n, newest: 2n, former: [], commitments: [new Uint8Array(8)] }));
    t.on.test.view = viewOf(t.net);
    t.on.test.keys = heldKeysOf(t.net, t.nodes[0]);
    expect(await t.refusal([a], {}, RequestKind.EVALUATE)).toBe('PART_OUTDATED');
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
    expect(await t.refusal([make()])).toBe(code);
  });

  it('are refused in what is no call, or names no place among them', async () => {
    const part = await t.call.part(t.on.test, 0, 1, ['a']);
    const asked = async (body: Parameters<PartitionedCall['reduce']>[2]): Promise<string | undefined> => (await t.answerTo(RequestKind.SUBMIT, [], body)).response.refusal?.code;
    for (const kind of [RequestKind.OPEN_EVENTS, RequestKind.LIST_NAMES, RequestKind.RELEASE_RESULT]) expect(await asked({ kind, parts: [part] })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ partition: { index: 0, count: 1 } })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP, partition: { index: 0, count: 1 }, parts: [part] })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP, partition: { index: 1, count: 1 } })).toBe('MALFORMED_MESSAGE');
    expect(await asked({ kind: RequestKind.MAP, partition: { index: 0, count: LIMITS.maxParts + 1 } })).toBe('LIMIT_EXCEEDED');
    expect(await asked({ parts: Array.from({ length: LIMITS.maxParts + 1 }, () => part) })).toBe('LIMIT_EXCEEDED');
  });

  it('are refused when any byte of one is changed, or say what they said', async () => {
    const part = await t.call.part(t.on.test, 0, 1, ['a']);
    const genuine = text((await t.answerTo(RequestKind.EVALUATE, [part])).response.payload);
    let count = 0;
    for (let i = 0; i < part.length; i += 7) {
      const changed = Uint8Array.from(part);
      changed[i] = (changed[i] as number) ^ 1;
      const { refusal: refused, payload } = (await t.answerTo(RequestKind.EVALUATE, [changed])).response;
      // Of a field's number and type the parser reads the number alone.
      if (refused === undefined) expect({ i, payload: text(payload) }).toEqual({ i, payload: genuine });
      else count += 1;
    }
    expect(count).toBeGreaterThan(part.length / 7 - 3);
  });
});
