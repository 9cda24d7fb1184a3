import { createPublicKey } from 'node:crypto';
import { chainEntry, createViewerEvidence, EMPTY_CHAIN, openViewLog, verifyViewerEvidence, verifyViewLog, type AuditHead, type ViewerEvidenceInput } from '@selvedge/attestation';
import { createTestConsortium, refusalCode } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { heldKeysOf } from '@selvedge/tee-node/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { certified, createTestViewer, net, SUITE, tee } from './testdata/setting.js';

const EVENT = { event: 'viewed', at: '2026-11-20T12:00:00.000Z', mspId: 'AuroraMSP', reader: '00', question: 'key', contract: 'c', ledgerHeight: '5' } as const;
const authority = { rootCertificate: net.broker.certificate, network: net.network, channel: net.channel, nodeId: 'viewer-aurora' };
const own = heldKeysOf(net, certified).signer(SUITE);
afterEach(() => {
  net.restore();
});

const nonce = new Uint8Array(32).fill(9);
const answer = await createTestViewer().viewer.evidence({ $typeName: 'selvedge.v1.ViewerEvidenceRequest', nonce });

describe('evidence of a viewer', () => {
  const refusal = (over: Partial<ViewerEvidenceInput> = {}) => refusalCode(() => verifyViewerEvidence({ answer, nonce, profile: net.profile, ledger: net.state, mspId: 'AuroraMSP', at: net.now, ...over }));

  it('is accepted for the reader’s own nonce and organisation', () => {
    expect(refusal()).toBeUndefined();
    expect(refusal({ nonce: new Uint8Array(32) })).toBe('EVIDENCE_UNBOUND');
    expect(refusal({ mspId: 'BorealisMSP' })).toBe('READER_FOREIGN');
  });

  it('binds the key that questions are sealed to, the certificate and the profile', async () => {
    expect(refusal({ answer: { ...answer, ephemeralKey: answer.ephemeralKey.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) } })).toBe('EVIDENCE_UNBOUND');
    const other = await net.issueComputeNode({ binding: { role: 'viewer', nodeId: 'viewer-2', operatorMspId: 'AuroraMSP' } });
    expect(refusal({ answer: { ...answer, certificate: other.certificate } })).toBe('EVIDENCE_UNBOUND');
    expect(refusal({ answer: { ...answer, profileDigest: new Uint8Array(32) } })).toBe('PROFILE_MISMATCH');
    expect(refusal({ answer: { ...answer, evidence: undefined } })).toBe('EVIDENCE_MALFORMED');
  });

  it('is of the TEE that the certificate names', async () => {
    // As a key broker could certify it that lies.
    const elsewhere = await net.issueComputeNode({ binding: { ...tee.binding, platformId: new Uint8Array(32), role: 'viewer', nodeId: 'viewer-aurora', operatorMspId: 'AuroraMSP' } });
    const signingKey = createPublicKey(elsewhere.privateKey).export({ format: 'der', type: 'spki' });
    const lied = await createViewerEvidence(tee.attester, { nonce, ephemeralKey: answer.ephemeralKey, signingKey, certificate: elsewhere.certificate, profileDigest: net.profile.digest });
    expect(refusal({ answer: lied })).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('is refused of code that the profile does not name for viewers, and of what is revoked', async () => {
    const strict = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [new Uint8Array(48)] }] } });
    expect(refusal({ profile: { message: strict.profile.message, digest: net.profile.digest } })).toBeDefined();
    net.state.setFact(facts.revokedNode('viewer-aurora'), Buffer.from('lost'));
    expect(refusal()).toBe('TEE_REVOKED');
  });
});

/** A log of two starts of the same viewer. */
function createLog(signers = [own, own]): { readonly lines: string[]; readonly head: AuditHead } {
  const lines: string[] = [];
  let head = EMPTY_CHAIN;
  for (const signer of signers) head = openViewLog(head, signer, (line) => void lines.push(line.trimEnd()), net.now).record(EVENT);
  return { lines, head };
}

describe('the log of views', () => {
  const { lines, head } = createLog();
  const verify = (log: readonly string[], anchor = EMPTY_CHAIN, over = {}) => refusalCode(() => verifyViewLog(log, { ...authority, ...over }, anchor));

  it('verifies by the key broker’s root alone, over restarts, and against a view that somebody knows of', () => {
    expect(verify(lines)).toBeUndefined();
    expect(verify(lines, head)).toBeUndefined();
    expect(verify(lines.slice(0, -1), head)).toBe('AUDIT_LOG_TRUNCATED');
    expect(verify([])).toBeUndefined();
  });

  it('is refused when an entry was changed, moved, taken out, or is no entry', () => {
    expect(verify([...lines.slice(0, 1), ...lines.slice(2)])).toBe('AUDIT_LOG_REORDERED');
    expect(verify([lines[0]!, lines[1]!.replace('viewed', 'denied'), ...lines.slice(2)])).toBe('AUDIT_LOG_EDITED');
    expect(verify(['{}'])).toBe('AUDIT_LOG_BROKEN');
    expect(verify(['[', 'null'])).toBe('AUDIT_LOG_BROKEN');
  });

  it('is refused of another broker, network, channel or viewer', async () => {
    const stranger = await createTestConsortium();
    expect(verify(lines, EMPTY_CHAIN, { rootCertificate: stranger.broker.certificate })).toBe('TEE_CERTIFICATE_INVALID');
    for (const over of [{ network: 'elsewhere' }, { channel: 'elsewhere' }, { nodeId: 'viewer-2' }]) expect(verify(lines, EMPTY_CHAIN, over)).toBe('AUDIT_LOG_EDITED');
  });

  it('is refused with entries of anybody else: another viewer, a compute node, or whoever has no certificate', async () => {
    const issue = async (binding: Record<string, string>) => heldKeysOf(net, await net.issueComputeNode({ binding })).signer(SUITE);
    const neighbour = await issue({ role: 'viewer', nodeId: 'viewer-2', operatorMspId: 'AuroraMSP' });
    const compute = await issue({ role: 'compute', nodeId: 'viewer-aurora', operatorMspId: 'AuroraMSP' });
    for (const second of [neighbour, compute]) {
      expect(verify(createLog([own, second]).lines, EMPTY_CHAIN)).toBe('AUDIT_LOG_EDITED');
      expect(verify(createLog([own, second]).lines, EMPTY_CHAIN, { nodeId: undefined })).toBe('AUDIT_LOG_EDITED');
    }
    const forged = chainEntry(head, EVENT, (message) => neighbour.sign(message)).line.trimEnd();
    expect(verify([...lines, forged])).toBe('AUDIT_LOG_EDITED');
    const unstarted = chainEntry(EMPTY_CHAIN, EVENT, (message) => own.sign(message)).line.trimEnd();
    expect(verify([unstarted])).toBe('AUDIT_LOG_EDITED');
    const hollow = chainEntry(EMPTY_CHAIN, { event: 'started', certificate: 'zz' }, (message) => own.sign(message)).line.trimEnd();
    expect(verify([hollow])).toBe('AUDIT_LOG_BROKEN');
  });
});
