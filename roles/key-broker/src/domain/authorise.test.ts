import { describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { createKeyRequest, type KeyRequestInput } from '@selvedge/attestation';
import { suiteByName } from '@selvedge/crypto';
import { signAs } from '@selvedge/identity';
import { createProfile, parseProfile } from '@selvedge/policy';
import { ChallengeAnswerSchema, signing, type KeyRequest } from '@selvedge/protocol';
import { issueTestIdentity } from '@selvedge/fixtures';
import { AT, BROKER_MEASUREMENT, consortium, createAttester, operator, OPERATOR_MSP, profile, SUITES } from '../testdata/setting.js';
import { authoriseRequest } from './authorise.js';

const challenge = create(ChallengeAnswerSchema, { nonce: new Uint8Array(32).fill(1), profileDigest: profile.digest });
const requestOf = async (over: Partial<KeyRequestInput> = {}): Promise<KeyRequest> =>
  (await createKeyRequest({ attester: createAttester(), suite: SUITES.P256, nodeId: 'node-1', operator, challenge, profile, ...over })).request;
const refusalOf = (request: KeyRequest, at = AT, under = profile): string => {
  try {
    authoriseRequest(request, under, at);
    return 'authorised';
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const { admin, client, orderer } = consortium.organisation(OPERATOR_MSP);

/** Changes a request and has the operator sign it again. */
async function resigned(change: Partial<KeyRequest>): Promise<KeyRequest> {
  const request = Object.assign(await requestOf(), change);
  request.operator = { ...request.operator!, ...signAs(operator, signing.operator(request.nonce, request.nodeId, request.signingKey, request.ephemeralKey)) };
  return request;
}

describe('authoriseRequest', () => {
  it('admits a node of a listed measurement that an organisation operates', async () => {
    const authorised = authoriseRequest(await requestOf(), profile, AT);
    expect(authorised).toMatchObject({ nodeId: 'node-1', operatorMspId: OPERATOR_MSP, suite: SUITES.P256 });
    expect(authorised.attestation.teeType).toBe('simulated');
    expect(refusalOf(await requestOf({ operator: admin.signer }))).toBe('authorised');
    expect(refusalOf(await requestOf({ suite: SUITES.X25519 }))).toBe('authorised');
  });

  it('refuses another profile digest', async () => {
    expect(refusalOf(Object.assign(await requestOf(), { profileDigest: new Uint8Array(32) }))).toBe('PROFILE_MISMATCH');
  });

  it.each(['', '../x', 'a/b', 'x'.repeat(129), 'a b', '-a'])('refuses the node id "%s"', async (nodeId) => {
    expect(refusalOf(await requestOf({ nodeId }))).toBe('MALFORMED_MESSAGE');
  });

  it('refuses a request without the operator’s signature, or with an oversize identity', async () => {
    const request = await requestOf();
    delete request.operator;
    expect(refusalOf(request)).toBe('IDENTITY_MALFORMED');
    const oversize = await requestOf();
    oversize.operator!.identity = new Uint8Array(100_000);
    expect(refusalOf(oversize)).toBe('LIMIT_EXCEEDED');
  });

  it('refuses clients and orderers as operators', async () => {
    expect(refusalOf(await requestOf({ operator: client.signer }))).toBe('IDENTITY_WRONG_ROLE');
    expect(refusalOf(await requestOf({ operator: orderer.signer }))).toBe('IDENTITY_WRONG_ROLE');
  });

  it('refuses an operator signature over another exchange', async () => {
    const other = await requestOf({ nodeId: 'node-2' });
    expect(refusalOf(Object.assign(await requestOf(), { operator: other.operator }))).toBe('SIGNATURE_INVALID');
  });

  it('refuses an operator whose certificate has expired', async () => {
    const { signer } = await issueTestIdentity(consortium.organisation(OPERATOR_MSP).ca, { commonName: 'late', role: 'peer', notBefore: new Date(AT.getTime() - 7200_000), notAfter: new Date(AT.getTime() - 3600_000) });
    expect(refusalOf(await requestOf({ operator: signer }))).toBe('IDENTITY_EXPIRED');
  });

  it('refuses evidence bound to another nonce, ephemeral key, signing key, node, suite or operator', async () => {
    expect(refusalOf(await resigned({ nonce: new Uint8Array(32).fill(2) }))).toBe('EVIDENCE_UNBOUND');
    expect(refusalOf(await resigned({ ephemeralKey: new Uint8Array(65).fill(4) }))).toBe('EVIDENCE_UNBOUND');
    const other = await requestOf();
    expect(refusalOf(await resigned({ signingKey: other.signingKey }))).toBe('EVIDENCE_UNBOUND');
    expect(refusalOf(await resigned({ nodeId: 'node-2' }))).toBe('EVIDENCE_UNBOUND');
    expect(refusalOf(await resigned({ suite: SUITES.X25519 }))).toBe('EVIDENCE_UNBOUND');
    const request = await requestOf();
    const stranger = consortium.organisation('SouthMSP').peer.signer;
    request.operator = { ...request.operator!, ...signAs(stranger, signing.operator(request.nonce, request.nodeId, request.signingKey, request.ephemeralKey)) };
    expect(refusalOf(request)).toBe('EVIDENCE_UNBOUND');
  });

  it('refuses the evidence of another exchange', async () => {
    const other = await requestOf();
    expect(refusalOf(Object.assign(await requestOf(), { evidence: other.evidence }))).toBe('EVIDENCE_UNBOUND');
  });

  it('refuses missing, broken and oversize evidence', async () => {
    const missing = await requestOf();
    delete missing.evidence;
    expect(refusalOf(missing)).toBe('EVIDENCE_MALFORMED');
    const broken = await requestOf();
    broken.evidence!.quote = broken.evidence!.quote.subarray(1);
    expect(refusalOf(broken)).toBe('EVIDENCE_MALFORMED');
    const oversize = await requestOf();
    oversize.evidence!.collateral.push(new Uint8Array(100_000));
    expect(refusalOf(oversize)).toBe('LIMIT_EXCEEDED');
  });

  it('refuses a measurement that is not listed for compute nodes', async () => {
    expect(refusalOf(await requestOf({ attester: createAttester(BROKER_MEASUREMENT) }))).toBe('APPRAISAL_REFUSED');
  });

  it('refuses a suite that the profile does not allow', async () => {
    const { message } = profile;
    const narrow = parseProfile(createProfile({ ...message, allowedSuites: [SUITES.P256] }));
    const narrowChallenge = create(ChallengeAnswerSchema, { nonce: challenge.nonce, profileDigest: narrow.digest });
    const request = await requestOf({ suite: SUITES.X25519, profile: narrow, challenge: narrowChallenge });
    expect(refusalOf(request, AT, narrow)).toBe('UNKNOWN_SUITE');
  });

  it('refuses a signing key of another suite', async () => {
    const signingKeys = suiteByName(SUITES.X25519).generateSigningKeyPair();
    expect(refusalOf(await requestOf({ signingKeys }))).toBe('SIGNATURE_INVALID');
  });

  it('refuses a signing key with bytes behind it', async () => {
    const keys = suiteByName(SUITES.P256).generateSigningKeyPair();
    const signingKeys = { ...keys, publicKeyDer: Buffer.concat([keys.publicKeyDer, Buffer.of(0xa3, 0x00)]) };
    expect(refusalOf(await requestOf({ signingKeys }))).toBe('MALFORMED_MESSAGE');
  });
});
