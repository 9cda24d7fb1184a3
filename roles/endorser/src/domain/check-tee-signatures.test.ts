import { createPublicKey, randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { createBrokerRoot, evidenceDigest, type Appraise, type AttestationResult } from '@selvedge/attestation';
import { equalBytes, SUITE_NAMES } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createTargetData, createTestConsortium, refusalCode, type ContractPolicyInit, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { DistinctBy, EvidenceSchema, NodeEvidenceSchema, type NodeEvidence, type TeeBinding } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

type Binding = Partial<Omit<TeeBinding, '$typeName' | '$unknown'>>;

const REASON = Buffer.from('revoked for a test');
const PLATFORM = new Uint8Array(32).fill(1);

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1', platformId: PLATFORM } });
});
afterEach(() => {
  consortium.restore();
});

const refusal = (input: Partial<TargetDataInput> = {}, at = consortium.now): string | undefined => {
  const targetData = createTargetData({ consortium, nodes: [node], ...input });
  return refusalCode(() => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at }));
};
const nodeWith = (binding: Binding): Promise<TestComputeNode> => consortium.issueComputeNode({ binding });

describe('TEE certificate', () => {
  it('of another broker’s root is refused', async () => {
    const broker = createBrokerRoot({ network: consortium.network, channel: consortium.channel, now: consortium.now });
    expect(refusal({ nodes: [await consortium.issueComputeNode({ broker })] })).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('is refused while the ledger holds no broker root', () => {
    consortium.state.setFact(facts.brokerRoot, undefined);
    expect(refusal()).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('of another network is refused', async () => {
    expect(refusal({ nodes: [await nodeWith({ network: 'elsewhere' })] })).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('of another channel is refused', async () => {
    expect(refusal({ nodes: [await nodeWith({ channel: 'elsewhere' })] })).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('of another role is refused', async () => {
    expect(refusal({ nodes: [await nodeWith({ role: 'viewer' })] })).toBe('TEE_WRONG_ROLE');
  });

  it('that has ended by the clock is refused', () => {
    expect(refusal({}, new Date(consortium.now.getTime() + 2 * 3_600_000))).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it('that is not valid yet by the clock is refused', () => {
    expect(refusal({}, new Date(consortium.now.getTime() - 3_600_000))).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it('of a key of another suite than the contract’s is refused', async () => {
    expect(refusal({ nodes: [await consortium.issueComputeNode({ suite: SUITE_NAMES[1] })] })).toBe('TEE_CERTIFICATE_INVALID');
  });
});

describe('channel epoch of a certificate', () => {
  it('may be the previous one', () => {
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    expect(refusal()).toBeUndefined();
  });

  it('is refused two epochs later', () => {
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    consortium.setEpoch(CHANNEL_EPOCH, 3n);
    expect(refusal()).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it('is refused when the ledger does not hold it', async () => {
    expect(refusal({ nodes: [await nodeWith({ epoch: 9n })] })).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it('is refused when it is revoked', () => {
    consortium.state.setFact(facts.revokedEpoch(CHANNEL_EPOCH, 1n), REASON);
    expect(refusal()).toBe('TEE_REVOKED');
  });
});

describe('revocation takes effect at once', () => {
  it('of the node', () => {
    consortium.state.setFact(facts.revokedNode('compute-1'), REASON);
    expect(refusal()).toBe('TEE_REVOKED');
  });

  it('of the platform', () => {
    consortium.state.setFact(facts.revokedPlatform(PLATFORM), REASON);
    expect(refusal()).toBe('TEE_REVOKED');
  });

  it('of the measurement', () => {
    consortium.state.setFact(facts.revokedMeasurement(node.binding.measurement!), REASON);
    expect(refusal()).toBe('TEE_REVOKED');
  });
});

describe('TEE signature', () => {
  it('over another core is refused', () => {
    const other = createTargetData({ consortium, nodes: [node] });
    expect(refusal({ changeSigned: (data) => { data.attachments!.teeSignatures = other.attachments!.teeSignatures; } })).toBe('TEE_SIGNATURE_INVALID');
  });

  it('of another node’s key is refused', async () => {
    const other = await consortium.issueComputeNode();
    const forged: TestComputeNode = { ...node, signCores: (cores) => ({ certificate: node.certificate, signature: other.signCores(cores).signature }) };
    expect(refusal({ nodes: [forged] })).toBe('TEE_SIGNATURE_INVALID');
  });

  it('is needed from every node that is listed, not just from enough', async () => {
    const other = await consortium.issueComputeNode();
    const idle: TestComputeNode = { ...other, signCores: () => ({ certificate: other.certificate, signature: new Uint8Array(70) }) };
    expect(refusal({ nodes: [node, idle] })).toBe('TEE_SIGNATURE_INVALID');
  });

  it.each([
    { role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] },
    { role: 'compute', operatorMspId: 'SouthMSP', nodeIds: ['compute-1'] },
    { role: 'compute', operatorMspId: 'NorthMSP', operatorNames: ['peer1'] },
    { role: 'compute', operatorMspId: 'NorthMSP', operatorCertificates: [new Uint8Array(32).fill(0x0b)] },
    { role: 'viewer', operatorMspId: 'NorthMSP' },
  ])('is refused from a node that may not have the contract’s keys: %o', (rule) => {
    consortium.setContractPolicy({ keyAccess: [rule] });
    expect(refusal()).toBe('KEY_ACCESS_DENIED');
  });

  it('is refused although one of the others may have them, and taken from those that may', async () => {
    const other = await consortium.issueComputeNode({ binding: { nodeId: 'compute-9' } });
    consortium.setContractPolicy({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1'] }] });
    expect(refusal({ nodes: [node, other] })).toBe('KEY_ACCESS_DENIED');
    consortium.setContractPolicy({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1', 'compute-2'] }] });
    expect(refusal()).toBeUndefined();
  });
});

describe('key access rules of the profile', () => {
  const verified = async (rule: object): Promise<string[] | string | undefined> => {
    const ruled = await createTestConsortium({ profile: { keyAccess: [{ contract: '*', rules: [rule] }] } });
    const by = await ruled.issueComputeNode({ binding: { nodeId: 'compute-1' } });
    const verify = () => verifyTargetData(createTargetData({ consortium: ruled, nodes: [by] }), { state: ruled.state, profile: ruled.profile, at: ruled.now });
    return refusalCode(verify) ?? verify().factReads.map(({ key }) => key);
  };

  it('count as the contract’s own do, and the endorsement rests on the profile', async () => {
    expect(await verified({ role: 'compute', operatorMspId: 'SouthMSP', nodeIds: ['compute-1'] })).toBe('KEY_ACCESS_DENIED');
    expect(await verified({ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1'] })).toContain(facts.profile);
  });
});

describe('quorum floors of the profile', () => {
  it('are asked for besides the contract’s quorum, and the endorsement rests on the profile', async () => {
    const floored = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [new Uint8Array(48)], quorum: { count: 2, distinctBy: DistinctBy.OPERATOR } }] } });
    const [north, north2, south] = await Promise.all(['NorthMSP', 'NorthMSP', 'SouthMSP'].map((operatorMspId) => floored.issueComputeNode({ binding: { operatorMspId } }))) as [TestComputeNode, TestComputeNode, TestComputeNode];
    const verify = (...nodes: TestComputeNode[]) => () => verifyTargetData(createTargetData({ consortium: floored, nodes }), { state: floored.state, profile: floored.profile, at: floored.now });
    expect(refusalCode(verify(north))).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(verify(north, north2)).toThrow('rule quorum of the network profile’s appraisal policy of compute on simulated: saw 1 that signed, distinct by operator, expected 2');
    expect(verify(north, south)().factReads.map(({ key }) => key)).toContain(facts.profile);
    const other = await floored.issueComputeNode({ binding: { teeType: 'tdx' } });
    expect(refusalCode(verify(other))).toBeUndefined();
  });
});

describe('k-of-n compute nodes', () => {
  const quorum = async (policy: ContractPolicyInit, first: Binding, second: Binding): Promise<string | undefined> => {
    consortium.setContractPolicy({ computeQuorum: 2, ...policy });
    return refusal({ nodes: [await nodeWith(first), await nodeWith(second)] });
  };

  it('no signature at all is too few', () => {
    expect(refusal({ nodes: [] })).toBe('COMPUTE_QUORUM_NOT_MET');
  });

  it('one of two is too few', () => {
    consortium.setContractPolicy({ computeQuorum: 2 });
    expect(refusal()).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(refusal({ nodes: [node, node] })).toBe('COMPUTE_QUORUM_NOT_MET');
  });

  it.each<[string, DistinctBy, Binding, Binding]>([
    ['platforms', DistinctBy.PLATFORM, { platformId: new Uint8Array(32).fill(2) }, { platformId: new Uint8Array(32).fill(3) }],
    ['operators', DistinctBy.OPERATOR, { operatorMspId: 'NorthMSP' }, { operatorMspId: 'SouthMSP' }],
  ])('are counted by distinct %s', async (_name, distinctBy, first, second) => {
    expect(await quorum({ distinctBy }, first, second)).toBeUndefined();
    const same = { platformId: PLATFORM, operatorMspId: 'NorthMSP', teeType: 'simulated' };
    expect(await quorum({ distinctBy }, { ...same, ...first }, { ...same, ...first })).toBe('COMPUTE_QUORUM_NOT_MET');
  });
});

describe('nodes that are counted by their types of TEE', () => {
  /** A node whose evidence was appraised as this; what its certificate says may differ. */
  const nodeOf = async (teeType: string, certified: Binding = {}): Promise<{ node: TestComputeNode; shown: NodeEvidence; result: AttestationResult }> => {
    const evidence = create(EvidenceSchema, { teeType, quote: randomBytes(64) });
    const result = { role: 'compute' as const, teeType, measurement: randomBytes(48), platformId: randomBytes(32) };
    const { measurement, platformId } = result;
    const node = await nodeWith({ teeType, measurement, platformId, evidenceDigest: evidenceDigest(evidence), ...certified });
    return { node, result, shown: create(NodeEvidenceSchema, { evidence, nonce: randomBytes(32), ephemeralKey: randomBytes(65) }) };
  };
  type Node = Awaited<ReturnType<typeof nodeOf>>;
  const judged = (nodes: readonly Node[], shown = nodes.map((one) => one.shown)): string | undefined => {
    consortium.setContractPolicy({ computeQuorum: nodes.length, distinctBy: DistinctBy.TEE_TYPE });
    const targetData = createTargetData({ consortium, nodes: nodes.map((one) => one.node), changeSigned: ({ attachments }) => (attachments!.nodeEvidence = [...shown]) });
    const appraise: Appraise = ({ evidence, binding, role }) => {
      const found = nodes.find((one) => equalBytes(one.shown.evidence!.quote, evidence.quote));
      const isBound = found !== undefined && role === 'compute' && equalBytes(binding.nonce, found.shown.nonce) && equalBytes(binding.signingKey, createPublicKey(found.node.privateKey).export({ format: 'der', type: 'spki' }));
      if (!isBound) throw new SelvedgeError('EVIDENCE_UNBOUND', 'not of this node');
      return found.result;
    };
    return refusalCode(() => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now, appraise }));
  };

  it('are appraised by the endorser itself, by the evidence that is shown', async () => {
    const [tdx, sgx] = [await nodeOf('tdx'), await nodeOf('sgx')];
    expect(judged([tdx, sgx])).toBeUndefined();
    expect(judged([tdx, await nodeOf('tdx')])).toBe('COMPUTE_QUORUM_NOT_MET');
    expect(judged([tdx, sgx], [tdx.shown])).toBe('EVIDENCE_MALFORMED');
    expect(judged([tdx, sgx], [])).toBe('EVIDENCE_MALFORMED');
  });

  it.each<[string, Binding]>([
    ['another type of TEE', { teeType: 'sgx' }],
    ['another platform', { platformId: new Uint8Array(32) }],
    ['another measurement', { measurement: new Uint8Array(48) }],
  ])('are not what a key broker says where it certified %s', async (_, certified) => {
    expect(judged([await nodeOf('tdx'), await nodeOf('tdx', certified)])).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('show the evidence of their own keys', async () => {
    const [tdx, sgx] = [await nodeOf('tdx'), await nodeOf('sgx')];
    const borrowed = await nodeWith({ teeType: 'sgx', evidenceDigest: evidenceDigest(sgx.shown.evidence!) });
    expect(judged([tdx, { ...sgx, node: borrowed }], [tdx.shown, create(NodeEvidenceSchema, { ...sgx.shown, nonce: randomBytes(32) })])).toBe('EVIDENCE_UNBOUND');
  });

  it('show no more evidence than a few, of bounded size', async () => {
    const tdx = await nodeOf('tdx');
    expect(judged([tdx], Array.from({ length: 65 }, () => tdx.shown))).toBe('LIMIT_EXCEEDED');
    expect(judged([tdx], [create(NodeEvidenceSchema, { evidence: { teeType: 'tdx', quote: new Uint8Array(64 * 1024 + 1) } })])).toBe('LIMIT_EXCEEDED');
  });

  it('are asked for it where a floor of the profile counts so', async () => {
    const floored = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [new Uint8Array(48)], quorum: { count: 1, distinctBy: DistinctBy.TEE_TYPE } }] } });
    const targetData = createTargetData({ consortium: floored, nodes: [await floored.issueComputeNode()] });
    expect(refusalCode(() => verifyTargetData(targetData, { state: floored.state, profile: floored.profile, at: floored.now }))).toBe('EVIDENCE_MALFORMED');
  });
});
