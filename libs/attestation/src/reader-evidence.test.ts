import { X509Certificate } from 'node:crypto';
import { suiteByName, type SigningKeyPair } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { facts } from '@selvedge/policy';
import type { ReaderEvidence } from '@selvedge/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { createBrokerRoot, issueTeeCertificate } from './certificate/issue.js';
import { createReaderEvidence, verifyReaderEvidence, type ReaderEvidenceInput } from './reader-evidence.js';
import { simulatedPlatformId } from './simulated/verifier.js';
import { AT, COMPUTE_MEASUREMENT, createAttester, createTestProfile, platform } from './testdata/setting.js';
import { broker, createLedger, profile, SUITE, type TestLedger } from './testdata/release-setting.js';

const suite = suiteByName(SUITE);
const PLATFORM_ID = simulatedPlatformId(new X509Certificate(platform.platformCertificatePem).publicKey.export({ format: 'der', type: 'spki' }));
const keys: SigningKeyPair = suite.generateSigningKeyPair();
const ephemeral = suite.generateKemKeyPair();
const nonce = new Uint8Array(32).fill(0x5e);
let ledger: TestLedger;
beforeEach(() => {
  ledger = createLedger();
});

const certify = (binding: Record<string, unknown> = {}, issuer = broker): Promise<Uint8Array> =>
  issueTeeCertificate({
    rootKey: issuer.privateKey,
    rootCertificate: issuer.certificate,
    subjectPublicKeyDer: keys.publicKeyDer,
    binding: {
      network: 'net', channel: 'chan', role: 'compute', nodeId: 'node-1', operatorMspId: 'Org1MSP', teeType: 'simulated', suite: SUITE, epoch: 1n,
      platformId: PLATFORM_ID, measurement: COMPUTE_MEASUREMENT, evidenceDigest: new Uint8Array(32), ...binding,
    },
    now: AT,
    validityMs: 3_600_000,
  });

interface Change {
  readonly attester?: ReturnType<typeof createAttester>;
  readonly certificate?: Uint8Array;
  readonly recipient?: string;
  readonly profileDigest?: Uint8Array;
  readonly signingKey?: Uint8Array;
  readonly after?: (evidence: ReaderEvidence) => void;
  readonly verify?: Partial<ReaderEvidenceInput>;
}
const attempt = async (change: Change = {}): Promise<string> => {
  const certificate = change.certificate ?? (await certify());
  const binding = { nonce, ephemeralKey: ephemeral.publicKey, signingKey: change.signingKey ?? keys.publicKeyDer, certificate, profileDigest: change.profileDigest ?? profile.digest, recipient: change.recipient ?? 'AuroraMSP' };
  const answer = await createReaderEvidence(change.attester ?? createAttester(), binding);
  change.after?.(answer);
  try {
    const reader = verifyReaderEvidence({ answer, profile, ledger, mspId: 'AuroraMSP', at: AT, ...change.verify });
    expect(reader.ephemeralKey).toEqual(ephemeral.publicKey);
    return 'admitted';
  } catch (error) {
    return isSelvedgeError(error) ? error.code : String(error);
  }
};

describe('a compute node that proves itself to a business node', () => {
  it('is admitted with evidence of an approved TEE and a certificate of the recorded broker', async () => {
    expect(await attempt()).toBe('admitted');
  });

  it.each<[string, string, () => Change | Promise<Change>]>([
    ['evidence for another business node', 'WRONG_RECIPIENT', () => ({ recipient: 'BorealisMSP' })],
    ['evidence that was made for another business node', 'EVIDENCE_UNBOUND', () => ({ recipient: 'BorealisMSP', after: (answer) => (answer.recipient = 'AuroraMSP') })],
    ['another network profile', 'PROFILE_MISMATCH', () => ({ profileDigest: new Uint8Array(32) })],
    ['evidence under another profile', 'EVIDENCE_UNBOUND', () => ({ profileDigest: new Uint8Array(32), after: (answer) => (answer.profileDigest = profile.digest) })],
    ['no evidence', 'EVIDENCE_MALFORMED', () => ({ after: (answer) => { delete answer.evidence; } })],
    ['another challenge', 'EVIDENCE_UNBOUND', () => ({ after: (answer) => (answer.nonce = new Uint8Array(32)) })],
    ['another key for the channel', 'EVIDENCE_UNBOUND', () => ({ after: (answer) => (answer.ephemeralKey = suite.generateKemKeyPair().publicKey) })],
    ['a certificate of another key', 'EVIDENCE_UNBOUND', () => ({ signingKey: suite.generateSigningKeyPair().publicKeyDer })],
    ['another certificate of the same key', 'EVIDENCE_UNBOUND', async () => {
      const other = await certify({ nodeId: 'node-2' });
      return { after: (answer) => (answer.certificate = other) };
    }],
    ['a certificate of another broker', 'TEE_CERTIFICATE_INVALID', async () => ({ certificate: await certify({}, createBrokerRoot({ network: 'net', channel: 'chan', now: AT })) })],
    ['a certificate that has ended', 'TEE_CERTIFICATE_INVALID', () => ({ verify: { at: new Date(AT.getTime() + 7_200_000) } })],
    ['a viewer’s certificate', 'TEE_WRONG_ROLE', async () => ({ certificate: await certify({ role: 'viewer' }) })],
    ['a certificate of another platform', 'TEE_CERTIFICATE_INVALID', async () => ({ certificate: await certify({ platformId: new Uint8Array(32) }) })],
    ['a certificate of other code', 'TEE_CERTIFICATE_INVALID', async () => ({ certificate: await certify({ measurement: new Uint8Array(48).fill(1) }) })],
    ['code that the profile does not admit', 'APPRAISAL_REFUSED', () => ({ attester: createAttester({ measurement: new Uint8Array(48).fill(9) }) })],
    ['a simulated TEE where none is allowed', 'SIMULATED_TEE_REFUSED', () => {
      const strict = createTestProfile({ allowSimulated: false });
      return { profileDigest: strict.digest, verify: { profile: strict } };
    }],
  ])('is refused with %s', async (_what, code, change) => {
    expect(await attempt(await change())).toBe(code);
  });

  it.each([
    ['node', () => facts.revokedNode('node-1')],
    ['platform', () => facts.revokedPlatform(PLATFORM_ID)],
    ['measurement', () => facts.revokedMeasurement(COMPUTE_MEASUREMENT)],
    ['envelope epoch', () => facts.revokedEpoch('@channel', 1n)],
  ])('is refused once the ledger revokes its %s', async (_what, key) => {
    ledger.facts.set(key(), Buffer.from('stolen'));
    expect(await attempt()).toBe('TEE_REVOKED');
  });

  it('has hostile bytes refused', async () => {
    expect(await attempt({ after: (answer) => (answer.certificate = new Uint8Array(30)) })).toBe('TEE_CERTIFICATE_INVALID');
    expect(await attempt({ after: (answer) => (answer.evidence!.quote = new Uint8Array(30)) })).toBe('EVIDENCE_MALFORMED');
    expect(await attempt({ after: (answer) => (answer.evidence!.quote = new Uint8Array(70_000)) })).toBe('LIMIT_EXCEEDED');
    expect(await attempt({ after: (answer) => (answer.nonce = new Uint8Array(5)) })).toBe('MALFORMED_MESSAGE');
  });
});
