import { X509Certificate } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { EvidenceSchema, NodeEvidenceSchema, type NodeEvidence, type TeeBindingSchema } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyAndAppraise, type AppraisalInput } from './appraisal/verify-and-appraise.js';
import { verifyTeeCertificate, type TeeCertificate } from './certificate/verify.js';
import type { PendingKeyRequest } from './key-release/request.js';
import { createRememberingAppraise, nodeEvidenceOf, verifyNodeEvidence } from './node-evidence.js';
import { evidenceDigest } from './report-data.js';
import { simulatedPlatformId } from './simulated/verifier.js';
import { broker, createPending, createRelease, profile } from './testdata/release-setting.js';
import { AT, COMPUTE_MEASUREMENT, createTestProfile, platform } from './testdata/setting.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const platformId = simulatedPlatformId(new X509Certificate(platform.platformCertificatePem).publicKey.export({ format: 'der', type: 'spki' }));

let pending: PendingKeyRequest;
let shown: NodeEvidence;
beforeAll(async () => {
  pending = await createPending();
  shown = nodeEvidenceOf(pending.request);
});

/** As the broker certified it, or would if it lied. */
async function certified(binding: MessageInitShape<typeof TeeBindingSchema> = {}, certifiedKey?: Uint8Array): Promise<TeeCertificate> {
  const honest = { measurement: COMPUTE_MEASUREMENT, platformId, evidenceDigest: evidenceDigest(pending.request.evidence!) };
  const { certificate } = await createRelease(pending, { binding: { ...honest, ...binding }, ...(certifiedKey === undefined ? {} : { certifiedKey }) });
  return verifyTeeCertificate(certificate, broker.certificate);
}

describe('a node’s own evidence', () => {
  let certificate: TeeCertificate;
  beforeAll(async () => {
    certificate = await certified();
  });

  it('is what it got its certificate on', () => {
    const { teeType, measurement } = verifyNodeEvidence(certificate, [shown], { profile, at: AT });
    expect([teeType, Buffer.from(measurement)]).toEqual(['simulated', Buffer.from(COMPUTE_MEASUREMENT)]);
  });

  it('is found among others’, and missed where it is not shown', () => {
    const other = create(NodeEvidenceSchema, { evidence: create(EvidenceSchema, { teeType: 'simulated' }) });
    expect(() => verifyNodeEvidence(certificate, [other, create(NodeEvidenceSchema), shown], { profile, at: AT })).not.toThrow();
    expect(() => verifyNodeEvidence(certificate, [other], { profile, at: AT })).toThrow(refusal('EVIDENCE_MALFORMED'));
  });

  it.each<[string, Partial<NodeEvidence>]>([
    ['nonce', { nonce: new Uint8Array(32) }],
    ['ephemeral key', { ephemeralKey: new Uint8Array(65) }],
  ])('binds the %s that is shown with it', (_, change) => {
    expect(() => verifyNodeEvidence(certificate, [create(NodeEvidenceSchema, { ...shown, ...change })], { profile, at: AT })).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it.each<[string, MessageInitShape<typeof TeeBindingSchema>]>([
    ['node', { nodeId: 'node-2' }],
    ['operator', { operatorMspId: 'Org2MSP' }],
  ])('binds the %s that the certificate names', async (_, binding) => {
    const lied = await certified(binding);
    expect(() => verifyNodeEvidence(lied, [shown], { profile, at: AT })).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('binds the key that the certificate is for: a broker cannot certify one of its own under it', async () => {
    const own = await createPending();
    const lied = await certified({}, own.request.signingKey);
    expect(() => verifyNodeEvidence(lied, [shown], { profile, at: AT })).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it.each<[string, MessageInitShape<typeof TeeBindingSchema>]>([
    ['type of TEE', { teeType: 'tdx' }],
    ['platform', { platformId: new Uint8Array(32) }],
    ['measurement', { measurement: new Uint8Array(48) }],
  ])('says another %s than a certificate that lies', async (_, binding) => {
    const lied = await certified(binding);
    expect(() => verifyNodeEvidence(lied, [shown], { profile, at: AT })).toThrow(refusal('TEE_CERTIFICATE_INVALID'));
  });

  it('is appraised by the profile that stands', () => {
    expect(() => verifyNodeEvidence(certificate, [shown], { profile: createTestProfile({ version: 2n }), at: AT })).toThrow(refusal('EVIDENCE_UNBOUND'));
    const none = { ...profile, message: createTestProfile({ appraisalPolicies: [] }).message };
    expect(() => verifyNodeEvidence(certificate, [shown], { profile: none, at: AT })).toThrow(refusal('APPRAISAL_REFUSED'));
  });
});

describe('an appraisal that is remembered', () => {
  const FOR_MS = 60_000;
  let calls = 0;
  const remembering = () => {
    calls = 0;
    return createRememberingAppraise(FOR_MS, (input) => {
      calls += 1;
      return verifyAndAppraise(input);
    });
  };
  const later = (ms: number): Date => new Date(AT.getTime() + ms);

  it('is not made again for a while, and then is', async () => {
    const appraise = remembering();
    const certificate = await certified();
    const verify = (at: Date) => verifyNodeEvidence(certificate, [shown], { profile, at, appraise });
    verify(AT);
    expect(verify(later(FOR_MS - 1)).teeType).toBe('simulated');
    expect(calls).toBe(1);
    verify(later(FOR_MS));
    expect(calls).toBe(2);
    verify(AT); // a clock that was set back
    expect(calls).toBe(3);
  });

  it('is of everything that was appraised', async () => {
    const appraise = remembering();
    const certificate = await certified();
    verifyNodeEvidence(certificate, [shown], { profile, at: AT, appraise });
    for (const change of [{ nonce: new Uint8Array(32) }, { ephemeralKey: new Uint8Array(65) }]) {
      expect(() => verifyNodeEvidence(certificate, [create(NodeEvidenceSchema, { ...shown, ...change })], { profile, at: AT, appraise })).toThrow(refusal('EVIDENCE_UNBOUND'));
    }
    expect(() => verifyNodeEvidence(certificate, [shown], { profile: createTestProfile({ version: 2n }), at: AT, appraise })).toThrow(refusal('EVIDENCE_UNBOUND'));
    const foreign = await certified({}, (await createPending()).request.signingKey);
    expect(() => verifyNodeEvidence(foreign, [shown], { profile, at: AT, appraise })).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('is no refusal, and of a bounded number', () => {
    let refusing = true;
    const asked: number[] = [];
    const appraise = createRememberingAppraise(FOR_MS, ({ binding }) => {
      asked.push(binding.nonce[0] ?? 0);
      if (refusing) throw new Error('no');
      return { role: 'compute', teeType: 'simulated', measurement: COMPUTE_MEASUREMENT, platformId };
    });
    const input = (n: number): AppraisalInput => {
      const nonce = new Uint8Array(32);
      new DataView(nonce.buffer).setUint32(1, n);
      return { evidence: create(EvidenceSchema), binding: { role: 'compute', nonce, ephemeralKey: nonce, signingKey: nonce, profileDigest: nonce, statementDigest: nonce }, profile, role: 'compute', at: AT };
    };
    expect(() => appraise(input(0))).toThrow();
    refusing = false;
    appraise(input(0));
    expect(asked).toHaveLength(2);
    for (let n = 1; n <= 512; n += 1) appraise(input(n));
    appraise(input(512));
    expect(asked).toHaveLength(514);
    appraise(input(0)); // the oldest made room
    expect(asked).toHaveLength(515);
  });
});
