import { describe, expect, it } from 'vitest';
import { createKeyRequest, openKeyRelease, verifyEnvelopeEvidence, verifyKeyCommitments, verifyNameKeyCommitment, type Attester } from '@selvedge/attestation';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { facts } from '@selvedge/policy';
import { encodeMessage, KeyReleaseSchema, SignedKeyCommitmentsSchema, SignedNameKeyCommitmentSchema } from '@selvedge/protocol';
import { AT, BROKER_MEASUREMENT, brokerPlatformId, COMPUTE_MEASUREMENT, consortium, CONTRACT, createAttester, createLedger, createRequest, createState, createTestBroker, operator, profile, recordContract, recordRevocation, SUITES, type TestBroker } from './testdata/setting.js';
import { createKeyRing } from './domain/key-derivation.js';

const NONCE = new Uint8Array(32).fill(0x11);

async function releaseTo(test: TestBroker, over: Parameters<typeof createRequest>[1] = {}) {
  const pending = await createRequest(test, over);
  const release = await test.broker.releaseKeys(pending.request);
  return openKeyRelease({ release, pending, profile, ledger: test.ledger, at: AT });
}

describe('a release', () => {
  it.each(Object.values(SUITES))('gives an attested node its certificate and keys, suite %s', async (suite) => {
    const test = createTestBroker();
    const { certificate, envelopeKeys, contracts } = await releaseTo(test, { suite });
    expect(certificate.binding).toMatchObject({ nodeId: 'node-1', operatorMspId: operator.mspId, role: 'compute', epoch: 1n, suite });
    expect(toHex(envelopeKeys[0]!.privateKey)).toBe(toHex(createKeyRing(test.state).envelopeKey(suite, 1n).privateKey));
    expect(contracts.map(({ contract }) => contract)).toEqual(suite === SUITES.P256 ? [CONTRACT] : []);
  });

  it('binds the operator’s certificate and name into the node’s', async () => {
    const { certificate } = await releaseTo(createTestBroker());
    const { certificateHash, commonName } = profile.msps.verifyIdentity(operator.serialized);
    expect(certificate.binding.operatorName).toBe(commonName);
    expect(commonName).not.toBe('');
    expect(toHex(certificate.binding.operatorCertificateHash)).toBe(toHex(certificateHash));
  });

  it('refuses another organisation’s genuine node under an id that rules give to this one, and records why', async () => {
    const test = createTestBroker();
    recordContract(test.ledger, { name: CONTRACT, keyAccess: [{ role: 'compute', operatorMspId: operator.mspId, nodeIds: ['node-1'] }] });
    expect((await releaseTo(test)).contracts.map(({ contract }) => contract)).toEqual([CONTRACT]);
    const { request } = await createRequest(test, { operator: consortium.organisation('SouthMSP').peer.signer });
    const reason = `rules of contract ${CONTRACT}: saw compute node node-1 of SouthMSP, expected compute node node-1 of NorthMSP`;
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'KEY_ACCESS_DENIED', message: `keys of contract ${CONTRACT}: ${reason}`, details: { namespace: `contract ${CONTRACT}` } });
    expect(test.events.at(-1)).toMatchObject({ event: 'refused', code: 'KEY_ACCESS_DENIED', nodeId: 'node-1', operatorMspId: 'SouthMSP', denied: [`keys of contract ${CONTRACT}: ${reason}`] });
  });

  it('records which contracts of several rules kept from a node', async () => {
    const test = createTestBroker();
    recordContract(test.ledger, { name: 'closed', keyAccess: [{ role: 'compute', operatorMspId: 'SouthMSP' }] });
    await releaseTo(test);
    expect(test.events.at(-1)).toMatchObject({ event: 'released', contracts: [`${CONTRACT}@1`], denied: ['closed: rules of contract closed: saw compute node node-1 of NorthMSP, expected compute node any of SouthMSP'] });
    for (let i = 0; i < 30; i += 1) recordContract(test.ledger, { name: `closed-${String(i)}`, keyAccess: [{ role: 'compute', operatorMspId: 'SouthMSP' }] });
    await releaseTo(test);
    expect(test.events.at(-1)?.denied).toHaveLength(17);
    expect(test.events.at(-1)?.denied?.at(-1)).toBe('15 more');
  });

  it('refuses a replay', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test);
    await test.broker.releaseKeys(request);
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
  });

  it('refuses a challenge that it did not issue, or issued more than a minute ago', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test, { challenge: createTestBroker().broker.challenge() });
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
    const late = await createRequest(test);
    test.clockMs += 60_001;
    await expect(test.broker.releaseKeys(late.request)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
  });

  it('uses the challenge up also when it refuses', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test);
    const good = { ...request };
    await expect(test.broker.releaseKeys({ ...request, suite: SUITES.X25519 })).rejects.toMatchObject({ code: 'EVIDENCE_UNBOUND' });
    await expect(test.broker.releaseKeys(good)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
  });

  it('refuses evidence that is not a compute node’s', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test, { attester: createAttester(BROKER_MEASUREMENT) });
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
  });

  it('refuses an operator whose certificate is on a revocation list of the ledger', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test);
    await recordRevocation(test.ledger, operator);
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'IDENTITY_REVOKED', details: { mspId: operator.mspId } });
    expect(test.events.at(-1)).toMatchObject({ code: 'IDENTITY_REVOKED' });
  });

  it('refuses until a quorum shows the ledger', async () => {
    const test = createTestBroker();
    test.isLedgerReachable = false;
    const { request } = await createRequest(test);
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'VIEW_QUORUM_UNREACHABLE' });
  });

  it('asks the ledger, so a revocation takes effect at once', async () => {
    const test = createTestBroker();
    await releaseTo(test);
    test.ledger.facts.set(facts.revokedNode('node-1'), Buffer.of(1));
    const { request } = await createRequest(test);
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'TEE_REVOKED' });
  });

  it('does not leave a broker whose own platform or code is revoked, which says so', async () => {
    const test = createTestBroker();
    for (const [key, what] of [[facts.revokedPlatform(brokerPlatformId), 'platform'], [facts.revokedMeasurement(BROKER_MEASUREMENT), 'measurement']] as const) {
      await releaseTo(test);
      test.ledger.facts.set(key, Buffer.of(1));
      const { request } = await createRequest(test);
      await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'BROKER_REVOKED', message: `the key broker’s ${what} is revoked` });
      test.ledger.facts.delete(key);
    }
    expect(test.events.filter(({ event }) => event === 'refused')).toMatchObject([{ code: 'BROKER_REVOKED', nodeId: 'node-1' }]);
  });

  it('does not leave a broker that cannot prove what it is, until it can', async () => {
    let measurement = COMPUTE_MEASUREMENT;
    const attester = { teeType: 'simulated', createEvidence: (binding: Parameters<Attester['createEvidence']>[0]) => createAttester(measurement).createEvidence(binding) };
    const test = createTestBroker({ attester });
    const ask = async () => test.broker.releaseKeys((await createRequest(test)).request);
    await expect(ask()).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED', message: expect.stringContaining('the key broker’s own evidence') as string });
    measurement = BROKER_MEASUREMENT;
    await ask();
  });

  it('looks at the ledger under a fresh nonce, not at the view that it has', async () => {
    const test = createTestBroker();
    test.staleLedger = createLedger(test.state);
    test.ledger.facts.set(facts.revokedNode('node-1'), Buffer.of(1));
    const { request } = await createRequest(test);
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'TEE_REVOKED' });
  });

  it('refuses an ephemeral key that is none', async () => {
    const test = createTestBroker();
    // Bound and signed as it is: only the key itself is wrong.
    const challenge = test.broker.challenge();
    const attester = createAttester();
    const bad = new Uint8Array(65).fill(4);
    const forged = { teeType: attester.teeType, createEvidence: (binding: Parameters<typeof attester.createEvidence>[0]) => attester.createEvidence({ ...binding, ephemeralKey: bad }) };
    const signer = { ...operator, sign: () => new Uint8Array(0) };
    const { request } = await createKeyRequest({ attester: forged, suite: SUITES.P256, nodeId: 'node-1', operator: signer, challenge, profile });
    request.ephemeralKey = bad;
    const { signing } = await import('@selvedge/protocol');
    request.operator!.signature = operator.sign(signing.operator(request.nonce, request.nodeId, request.signingKey, bad));
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });

  it('is recorded with what was seen, refusals of known parties too, and without any secret', async () => {
    const test = createTestBroker();
    const pending = await createRequest(test);
    const release = await test.broker.releaseKeys(pending.request);
    test.ledger.facts.set(facts.revokedNode('node-1'), Buffer.of(1));
    await expect(test.broker.releaseKeys((await createRequest(test)).request)).rejects.toThrow();
    test.ledger.facts.delete(facts.revokedNode('node-1'));
    expect(test.events).toMatchObject([
      { event: 'released', nodeId: 'node-1', operatorMspId: operator.mspId, contracts: [`${CONTRACT}@1`], ledgerHeight: '7' },
      { event: 'refused', nodeId: 'node-1', operatorMspId: operator.mspId, code: 'TEE_REVOKED' },
    ]);
    const text = JSON.stringify(test.events);
    const { contracts, envelopeKeys } = openKeyRelease({ release, pending, profile, ledger: test.ledger, at: AT });
    const secrets = [test.state.rootSecret, envelopeKeys[0]!.privateKey, contracts[0]!.nameKey, contracts[0]!.epochs[0]!.dataKey];
    for (const secret of secrets) expect(text).not.toContain(toHex(secret));
    // Neither does the release as it travels.
    const wire = toHex(encodeMessage(KeyReleaseSchema, release));
    for (const secret of secrets) expect(wire).not.toContain(toHex(secret));
  });

  it('is not recorded one by one where nobody has proved who asks', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test);
    const forged = await createRequest(test, { attester: createAttester(BROKER_MEASUREMENT) });
    await test.broker.releaseKeys(request);
    await expect(test.broker.releaseKeys(forged.request)).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
    for (let i = 0; i < 20; i += 1) await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
    expect(test.events.map(({ event }) => event)).toEqual(['released']);
    test.clockMs += 600_000;
    await test.broker.releaseKeys((await createRequest(test)).request);
    expect(test.events.slice(1)).toMatchObject([{ event: 'refusals', refusals: ['APPRAISAL_REFUSED=1', 'CHALLENGE_UNKNOWN=20'] }, { event: 'released' }]);
  });

  it('is limited for each organisation, by the identity that signed', async () => {
    const test = createTestBroker({ releasesPerOrganisation: { burst: 2, perSecond: 1 } });
    const ask = async (over: Parameters<typeof createRequest>[1] = {}) => test.broker.releaseKeys((await createRequest(test, over)).request);
    // A party that has not proved itself uses nothing up.
    for (let i = 0; i < 5; i += 1) await expect(ask({ attester: createAttester(BROKER_MEASUREMENT) })).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
    await ask();
    await ask({ nodeId: 'node-2' });
    await expect(ask({ nodeId: 'node-3' })).rejects.toMatchObject({ code: 'RATE_LIMITED', message: expect.stringContaining('wait 1 s') as string });
    await ask({ operator: consortium.organisation('SouthMSP').peer.signer });
    test.clockMs += 1_000;
    await ask({ nodeId: 'node-3' });
    expect(test.events.map(({ event }) => event)).toEqual(['released', 'released', 'released', 'released']);
  });

  it('leaves its counts, and where the audit log ends, behind when the broker stops', async () => {
    const test = createTestBroker();
    const { request } = await createRequest(test);
    await test.broker.releaseKeys(request);
    await expect(test.broker.releaseKeys(request)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
    test.broker.close();
    expect(test.events.at(-1)).toMatchObject({ event: 'refusals', refusals: ['CHALLENGE_UNKNOWN=1'] });
    expect(test.saved.at(-1)?.auditAnchor.count).toBe(test.events.length);
  });

  it('does not leave when it cannot be recorded', async () => {
    const test = createTestBroker();
    test.events.push = () => {
      throw new Error('disk full');
    };
    const { request } = await createRequest(test);
    await expect(test.broker.releaseKeys(request)).rejects.toThrow('disk full');
  });
});

describe('envelope evidence', () => {
  const evidence = async (test: TestBroker) => verifyEnvelopeEvidence({ answer: await test.broker.envelopeEvidence({ $typeName: 'selvedge.v1.EnvelopeEvidenceRequest', nonce: NONCE }), nonce: NONCE, profile, at: AT });

  it('proves root and envelope keys, bound to the caller’s nonce', async () => {
    const test = createTestBroker();
    const statement = await evidence(test);
    expect(toHex(statement.rootCertificate)).toBe(toHex(test.state.rootCertificate));
    expect(statement.envelopeKeys).toHaveLength(SUITE_NAMES.length);
  });

  it('is given before the ledger is there, since the organisations record it from this', async () => {
    const test = createTestBroker();
    test.isLedgerReachable = false;
    expect((await evidence(test)).envelopeKeys.map(({ epoch }) => epoch)).toEqual(SUITE_NAMES.map(() => 1n));
  });

  it('is not given without a view once the ledger has recorded the broker, also after a restart', async () => {
    const test = createTestBroker();
    await evidence(test);
    expect(test.saved.at(-1)?.recognised).toBe(true);
    const restarted = createTestBroker({ state: test.saved.at(-1)! });
    restarted.isLedgerReachable = false;
    await expect(evidence(restarted)).rejects.toMatchObject({ code: 'VIEW_QUORUM_UNREACHABLE' });
  });

  it('refuses a nonce of another length', async () => {
    await expect(createTestBroker().broker.envelopeEvidence({ $typeName: 'selvedge.v1.EnvelopeEvidenceRequest', nonce: new Uint8Array(8) })).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });
});

describe('key commitments', () => {
  const ask = (test: TestBroker, over: { contract?: string; suite?: string; epoch?: bigint } = {}) =>
    test.broker.keyCommitments({ $typeName: 'selvedge.v1.KeyCommitmentsRequest', contract: 'gems', suite: SUITES.P256, epoch: 1n, ...over });

  it('are signed by the root, and the same after a restart', () => {
    const test = createTestBroker();
    const bytes = encodeMessage(SignedKeyCommitmentsSchema, ask(test));
    expect(verifyKeyCommitments(bytes, test.state.rootCertificate, { contract: 'gems', epoch: 1n }).contract).toBe('gems');
    expect(toHex(ask(createTestBroker({ state: test.state })).commitments)).toBe(toHex(ask(test).commitments));
    expect(toHex(ask(createTestBroker({ state: createState() })).commitments)).not.toBe(toHex(ask(test).commitments));
  });

  it('are made of later name keys too', () => {
    const test = createTestBroker();
    const asked = { $typeName: 'selvedge.v1.KeyCommitmentsRequest', contract: 'gems', suite: SUITES.P256 } as const;
    const bytes = encodeMessage(SignedNameKeyCommitmentSchema, test.broker.nameKeyCommitment({ ...asked, epoch: 2n }));
    expect(verifyNameKeyCommitment(bytes, test.state.rootCertificate, { contract: 'gems', epoch: 2n }).nameKey).toHaveLength(32);
    expect(() => test.broker.nameKeyCommitment({ ...asked, epoch: 0n })).toThrow(expect.objectContaining({ code: 'KEY_EPOCH_UNKNOWN' }));
    expect(() => test.broker.nameKeyCommitment({ ...asked, contract: '@channel', epoch: 2n })).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });

  it('are refused for a name, suite or epoch that cannot be', () => {
    const test = createTestBroker();
    expect(() => ask(test, { contract: '@channel' })).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
    expect(() => ask(test, { suite: 'ROT13' })).toThrow(expect.objectContaining({ code: 'UNKNOWN_SUITE' }));
    expect(() => ask(test, { epoch: 0n })).toThrow(expect.objectContaining({ code: 'KEY_EPOCH_UNKNOWN' }));
    expect(() => ask(test, { epoch: 2n ** 40n })).toThrow(expect.objectContaining({ code: 'KEY_EPOCH_UNKNOWN' }));
  });
});
