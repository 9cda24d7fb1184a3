import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { facts, type FactReader } from '@selvedge/policy';
import { BrokerStatementSchema, encodeMessage, EnvelopeEvidenceSchema, statementDigest } from '@selvedge/protocol';
import { createBrokerRoot } from './certificate/issue.js';
import { parseBrokerRoot } from './certificate/verify.js';
import { verifyEnvelopeEvidence } from './envelope-evidence.js';
import { simulatedPlatformId } from '#simulated';
import { AT, BROKER_MEASUREMENT, COMPUTE_MEASUREMENT, createAttester, createTestProfile, platform } from './testdata/setting.js';
import type { ReportDataInput } from './types.js';

const profile = createTestProfile();
const nonce = new Uint8Array(32).fill(7);
const broker = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
const otherBroker = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
const spki = (certificate: Uint8Array): Uint8Array => parseBrokerRoot(certificate).publicKey.export({ format: 'der', type: 'spki' });

interface Faults {
  readonly statement?: MessageInitShape<typeof BrokerStatementSchema>;
  readonly binding?: Partial<ReportDataInput>;
  readonly measurement?: Uint8Array;
}

async function answerOf({ statement, binding, measurement = BROKER_MEASUREMENT }: Faults = {}) {
  const bytes = encodeMessage(BrokerStatementSchema, {
    network: 'net',
    channel: 'chan',
    rootCertificate: broker.certificate,
    envelopeKeys: [{ suite: 'P256-AES256GCM-SHA256', epoch: 1n, publicKey: new Uint8Array(65).fill(4) }],
    ...statement,
  });
  const ephemeralKey = new Uint8Array(65).fill(8);
  const evidence = await createAttester({ measurement }).createEvidence({
    role: 'key-broker',
    nonce,
    ephemeralKey,
    signingKey: spki(broker.certificate),
    profileDigest: profile.digest,
    statementDigest: statementDigest(bytes),
    ...binding,
  });
  return create(EnvelopeEvidenceSchema, { evidence, statement: bytes, profileDigest: profile.digest, ephemeralKey });
}

const verify = (answer: Awaited<ReturnType<typeof answerOf>>, over: { nonce?: Uint8Array; ledger?: FactReader } = {}) => verifyEnvelopeEvidence({ answer, nonce, profile, at: AT, ...over });
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('verifyEnvelopeEvidence', () => {
  it('gives the statement of good evidence', async () => {
    expect(verify(await answerOf()).envelopeKeys).toHaveLength(1);
  });

  it('refuses a broker of another profile', async () => {
    const answer = await answerOf();
    answer.profileDigest = new Uint8Array(32);
    expect(() => verify(answer)).toThrow(refusal('PROFILE_MISMATCH'));
  });

  it('refuses an answer without evidence', async () => {
    const { statement, profileDigest, ephemeralKey } = await answerOf();
    expect(() => verify(create(EnvelopeEvidenceSchema, { statement, profileDigest, ephemeralKey }))).toThrow(refusal('EVIDENCE_MALFORMED'));
  });

  it('refuses a replayed answer: the nonce is another', async () => {
    const answer = await answerOf();
    expect(() => verify(answer, { nonce: new Uint8Array(32).fill(1) })).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('refuses any change of the statement', async () => {
    const answer = await answerOf();
    const { statement } = await answerOf({ statement: { envelopeKeys: [{ suite: 'P256-AES256GCM-SHA256', epoch: 1n, publicKey: new Uint8Array(65).fill(5) }] } });
    answer.statement = statement;
    expect(() => verify(answer)).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('refuses another ephemeral key', async () => {
    const answer = await answerOf();
    answer.ephemeralKey = new Uint8Array(65).fill(9);
    expect(() => verify(answer)).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('refuses a root whose key the evidence does not bind', async () => {
    expect(() => verify(answerOfRoot)).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('refuses a compute node’s evidence and a compute node’s measurement', async () => {
    const compute = await answerOf({ binding: { role: 'compute' }, measurement: COMPUTE_MEASUREMENT });
    expect(() => verify(compute)).toThrow(refusal('EVIDENCE_UNBOUND'));
    const measured = await answerOf({ measurement: COMPUTE_MEASUREMENT });
    expect(() => verify(measured)).toThrow(refusal('APPRAISAL_REFUSED'));
  });

  it('refuses a broker whose platform or code the ledger revokes', async () => {
    const answer = await answerOf();
    const platformId = simulatedPlatformId(new X509Certificate(platform.platformCertificatePem).publicKey.export({ format: 'der', type: 'spki' }));
    const ledgerWith = (...revoked: string[]): FactReader => ({ fact: (key) => (revoked.includes(key) ? Buffer.of(1) : undefined) });
    expect(verify(answer, { ledger: ledgerWith(facts.revokedMeasurement(COMPUTE_MEASUREMENT)) }).envelopeKeys).toHaveLength(1);
    for (const key of [facts.revokedMeasurement(BROKER_MEASUREMENT), facts.revokedPlatform(platformId)]) {
      expect(() => verify(answer, { ledger: ledgerWith(key) })).toThrow(refusal('BROKER_REVOKED'));
    }
  });

  it('refuses a statement of another network or channel', async () => {
    const network = await answerOf({ statement: { network: 'other' } });
    expect(() => verify(network)).toThrow(refusal('WRONG_NETWORK'));
    const channel = await answerOf({ statement: { channel: 'other' } });
    expect(() => verify(channel)).toThrow(refusal('WRONG_CHANNEL'));
  });

  it('refuses a statement that does not parse', async () => {
    const answer = await answerOf();
    answer.statement = Buffer.of(0xff);
    expect(() => verify(answer)).toThrow(refusal('MALFORMED_MESSAGE'));
  });
});

const answerOfRoot = await answerOf({ statement: { rootCertificate: otherBroker.certificate } });
