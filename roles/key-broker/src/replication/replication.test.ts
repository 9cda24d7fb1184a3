import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { createBrokerRoot, parseBrokerRoot } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import { signAs } from '@selvedge/identity';
import { CHANNEL_EPOCH, createProfile, facts, parseProfile } from '@selvedge/policy';
import { encodeMessage, ReplicatedRootSchema, RootRequestSchema, RootShareSchema, signing, type RootRequest, type RootShare } from '@selvedge/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeyRing } from '../domain/key-derivation.js';
import { askingWith, brokerAttester, replicaOf } from '../testdata/replicas.js';
import { AT, BROKER_MEASUREMENT, brokerPlatformId, channel, COMPUTE_MEASUREMENT, consortium, createAttester, createLedger, createRequest, createState, createTestBroker, network, operator, OPERATOR_MSP, OTHER_BROKER_MEASUREMENT, profile, recordChannelEpoch, recordRevocation, SUITES, type TestBroker } from '../testdata/setting.js';
import { REPLICATION_SUITE, rootShareDigest, rootShareInfo } from './binding.js';
import { obtainRoot, type ObtainRootInput, type ReplicaPort } from './obtain.js';
import { encodeRoot, parseRoot } from './root-material.js';
import { createRootRequest } from './request.js';
import { createRootShare, openRootShare } from './share.js';

let donor: TestBroker;
const known = createState();
beforeEach(() => {
  donor = createTestBroker();
});

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const never = new AbortController().signal;
const obtain = (over: Partial<ObtainRootInput> = {}, port: Partial<ReplicaPort> = {}) => obtainRoot(replicaOf(donor, port), askingWith(donor.ledger, over), never);
/** Asks with a request that was changed on its way. */
const obtainChanged = (change: (request: RootRequest) => void) =>
  obtain({}, {
    shareRoot: (request) => {
      const changed = create(RootRequestSchema, request);
      change(changed);
      return donor.broker.shareRoot(changed);
    },
  });
const { admin, client } = consortium.organisation(OPERATOR_MSP);

describe('a replica that lacks the root', () => {
  it('gets it from one that has it: the same keys of every epoch', async () => {
    const { root, evidenceDigest } = await obtain();
    const [own, theirs] = [createKeyRing({ ...root, network, channel }), createKeyRing(donor.state)];
    for (const epoch of [1n, 2n, 9n]) {
      for (const suite of Object.values(SUITES)) expect(toHex(own.envelopeKey(suite, epoch).privateKey)).toBe(toHex(theirs.envelopeKey(suite, epoch).privateKey));
      expect(own.contractKeys('diamonds', SUITES.P256, epoch)).toEqual(theirs.contractKeys('diamonds', SUITES.P256, epoch));
    }
    expect(root.rootKey.equals(donor.state.rootKey)).toBe(true);
    expect(donor.events.at(-1)).toMatchObject({ event: 'root-shared', operatorMspId: OPERATOR_MSP, measurement: toHex(BROKER_MEASUREMENT), ledgerHeight: '7' });
    expect(evidenceDigest).toHaveLength(32);
  });

  it('gets it as an administrator’s too, but as no client’s', async () => {
    await obtain({ operator: admin.signer });
    await expect(obtain({ operator: client.signer })).rejects.toThrow(refusal('IDENTITY_WRONG_ROLE'));
  });

  it('takes no root that the ledger does not record, and none before it records one', async () => {
    const other = createTestBroker({ state: createState() });
    await expect(obtainRoot(replicaOf(other), askingWith(donor.ledger), never)).rejects.toThrow(refusal('BROKER_NOT_RECOGNISED'));
    const empty = createLedger(donor.state);
    empty.facts.delete(facts.brokerRoot);
    await expect(obtain({ ...askingWith(empty) })).rejects.toThrow(refusal('BROKER_NOT_RECOGNISED'));
    const listsNoEpoch = createLedger(donor.state);
    listsNoEpoch.facts.delete(facts.epoch(CHANNEL_EPOCH, 1n));
    await expect(obtain({ ...askingWith(listsNoEpoch) })).rejects.toThrow(refusal('BROKER_NOT_RECOGNISED'));
  });

  it('takes no root secret that does not give the envelope keys of the ledger, of any epoch', async () => {
    recordChannelEpoch(donor.ledger, donor.state, 2n);
    await obtain();
    recordChannelEpoch(donor.ledger, { ...donor.state, rootSecret: randomBytes(32) }, 2n);
    await expect(obtain()).rejects.toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('takes nothing while its own profile is not the ledger’s', async () => {
    const view = createLedger(donor.state);
    view.profile = parseProfile(createProfile({ ...profile.message, version: 2n }));
    await expect(obtain({ ...askingWith(view) })).rejects.toThrow(refusal('PROFILE_MISMATCH'));
  });

  it('asks no replica of another profile', async () => {
    const other = parseProfile(createProfile({ ...profile.message, version: 2n }));
    const shareRoot = () => Promise.reject(new Error('was asked'));
    await expect(obtain({ profile: other }, { shareRoot })).rejects.toThrow(refusal('PROFILE_MISMATCH'));
  });
});

describe('a replica that has the root', () => {
  it('gives it to no other code, whatever else that is admitted for', async () => {
    await expect(obtain({ attester: createAttester(COMPUTE_MEASUREMENT) })).rejects.toThrow(refusal('APPRAISAL_REFUSED'));
    expect(donor.events).toEqual([]);
  });

  it('records whom it refuses once that has proved itself, and only counts others', async () => {
    await expect(obtain({ attester: createAttester(COMPUTE_MEASUREMENT) })).rejects.toThrow(refusal('APPRAISAL_REFUSED'));
    const asking = { ...askingWith(createLedger(donor.state)), attester: createAttester(OTHER_BROKER_MEASUREMENT) };
    donor.ledger.facts.set(facts.revokedMeasurement(OTHER_BROKER_MEASUREMENT), Buffer.of(1));
    for (let i = 0; i < 3; i += 1) await expect(obtain(asking)).rejects.toThrow(refusal('TEE_REVOKED'));
    expect(donor.events).toMatchObject([{ event: 'refused', code: 'TEE_REVOKED', operatorMspId: OPERATOR_MSP }]);
    donor.ledger.facts.delete(facts.revokedMeasurement(OTHER_BROKER_MEASUREMENT));
    donor.clockMs += 600_000;
    await obtain(asking);
    expect(donor.events.slice(1)).toMatchObject([{ event: 'refusals', refusals: ['APPRAISAL_REFUSED=1', 'TEE_REVOKED=2'] }, { event: 'root-shared' }]);
  });

  it('limits how often one organisation asks, apart from its requests for keys', async () => {
    donor = createTestBroker({ releasesPerOrganisation: { burst: 2, perSecond: 1 } });
    for (let i = 0; i < 5; i += 1) await expect(obtain({ attester: createAttester(COMPUTE_MEASUREMENT) })).rejects.toThrow(refusal('APPRAISAL_REFUSED'));
    for (let i = 0; i < 2; i += 1) await obtain();
    await expect(obtain()).rejects.toThrow(refusal('RATE_LIMITED'));
    await obtain({ operator: consortium.organisation('SouthMSP').peer.signer });
    await donor.broker.releaseKeys((await createRequest(donor)).request);
    donor.clockMs += 1_000;
    await obtain();
  });

  it('takes no evidence of another role, nonce, key, profile or statement', async () => {
    await expect(obtain({ attester: { ...brokerAttester, createEvidence: (binding) => brokerAttester.createEvidence({ ...binding, role: 'compute' }) } })).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(obtain({ attester: { ...brokerAttester, createEvidence: (binding) => brokerAttester.createEvidence({ ...binding, statementDigest: new Uint8Array(32) }) } })).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    const resign = (request: RootRequest): void => {
      request.operator = create(RootRequestSchema, { operator: signAs(operator, signing.replicaOperator(request.nonce, request.ownNonce, request.ephemeralKey)) }).operator!;
    };
    const resigned = (change: (request: RootRequest) => void) => (request: RootRequest) => {
      change(request);
      resign(request);
    };
    const { publicKey } = REPLICATION_SUITE.generateKemKeyPair();
    await expect(obtainChanged(resigned((request) => void (request.ephemeralKey = publicKey)))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(obtainChanged(resigned((request) => void (request.ownNonce = randomBytes(32))))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(obtainChanged(resigned((request) => void (request.nonce = donor.broker.challenge().nonce)))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('answers each challenge once, and none of its own making', async () => {
    let sent: RootRequest | undefined;
    await obtain({}, { shareRoot: (request) => donor.broker.shareRoot((sent = request)) });
    await expect(donor.broker.shareRoot(sent!)).rejects.toThrow(refusal('CHALLENGE_UNKNOWN'));
    await expect(obtainChanged((request) => void (request.nonce = randomBytes(32)))).rejects.toThrow(refusal('CHALLENGE_UNKNOWN'));
  });

  it('takes no request without a signature of an organisation over this very exchange', async () => {
    await expect(obtainChanged((request) => delete request.operator)).rejects.toThrow(refusal('IDENTITY_MALFORMED'));
    const { publicKey } = REPLICATION_SUITE.generateKemKeyPair();
    await expect(obtainChanged((request) => void (request.ephemeralKey = publicKey))).rejects.toThrow(refusal('SIGNATURE_INVALID'));
    await expect(obtainChanged((request) => void (request.ownNonce = randomBytes(32)))).rejects.toThrow(refusal('SIGNATURE_INVALID'));
  });

  it('refuses requests that are malformed, or far too large', async () => {
    await expect(obtainChanged((request) => void (request.ownNonce = randomBytes(31)))).rejects.toThrow(refusal('MALFORMED_MESSAGE'));
    await expect(obtainChanged((request) => void (request.profileDigest = new Uint8Array(32)))).rejects.toThrow(refusal('PROFILE_MISMATCH'));
    await expect(obtainChanged((request) => delete request.evidence)).rejects.toThrow(refusal('EVIDENCE_MALFORMED'));
    await expect(obtainChanged((request) => void (request.evidence!.quote = new Uint8Array(100_000)))).rejects.toThrow(refusal('LIMIT_EXCEEDED'));
    await expect(obtainChanged((request) => void (request.operator!.identity = new Uint8Array(100_000)))).rejects.toThrow(refusal('LIMIT_EXCEEDED'));
    const replica = { operatorMspId: OPERATOR_MSP, nonce: randomBytes(32), ownNonce: randomBytes(32), ephemeralKey: new Uint8Array(5), attestation: { role: 'key-broker', teeType: 'simulated', measurement: BROKER_MEASUREMENT, platformId: new Uint8Array(32) }, evidenceDigest: new Uint8Array(32) } as const;
    await expect(createRootShare({ replica, root: donor.state, profile, attester: brokerAttester, ephemeralKey: REPLICATION_SUITE.generateKemKeyPair().publicKey })).rejects.toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('gives nothing to a TEE that the ledger revokes, by the newest view', async () => {
    await obtain();
    const platformId = Buffer.from(donor.events.at(-1)!.platformId!, 'hex');
    for (const key of [facts.revokedMeasurement(OTHER_BROKER_MEASUREMENT), facts.revokedPlatform(platformId)]) {
      donor.ledger.facts.set(key, Buffer.of(1));
      await expect(obtain({ ...askingWith(createLedger(donor.state)), attester: createAttester(OTHER_BROKER_MEASUREMENT) })).rejects.toThrow(refusal('TEE_REVOKED'));
      donor.ledger.facts.delete(key);
    }
    await obtain();
  });

  it('gives nothing once its own platform or code is revoked', async () => {
    for (const key of [facts.revokedPlatform(brokerPlatformId), facts.revokedMeasurement(BROKER_MEASUREMENT)]) {
      donor.ledger.facts.set(key, Buffer.of(1));
      await expect(obtain({ ...askingWith(createLedger(donor.state)), attester: createAttester(OTHER_BROKER_MEASUREMENT) })).rejects.toThrow(refusal('BROKER_REVOKED'));
      donor.ledger.facts.delete(key);
    }
  });

  it('gives nothing to an operator whose certificate is on a revocation list of the ledger', async () => {
    await obtain();
    await recordRevocation(donor.ledger, operator);
    await expect(obtain({ ...askingWith(createLedger(donor.state)) })).rejects.toThrow(refusal('IDENTITY_REVOKED'));
  });

  it('gives nothing while it is behind the ledger, cut off from it, or not the recorded broker', async () => {
    const asking = askingWith(createLedger(donor.state));
    donor.isLedgerReachable = false;
    await expect(obtain(asking)).rejects.toThrow(refusal('VIEW_QUORUM_UNREACHABLE'));
    donor.isLedgerReachable = true;
    donor.ledger.profile = parseProfile(createProfile({ ...profile.message, version: 2n }));
    await expect(obtain(asking)).rejects.toThrow(refusal('PROFILE_MISMATCH'));
    donor.ledger.profile = profile;
    donor.ledger.facts.set(facts.brokerRoot, createLedger(createState()).fact(facts.brokerRoot)!);
    await expect(obtain(asking)).rejects.toThrow(refusal('BROKER_NOT_RECOGNISED'));
  });
});

describe('what one replica hands over', () => {
  const tampered = (change: (share: RootShare) => void) =>
    obtain({}, {
      shareRoot: async (request) => {
        const share = create(RootShareSchema, await donor.broker.shareRoot(request));
        change(share);
        return share;
      },
    });

  it('is refused with any part of it changed', async () => {
    const flip = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
    await expect(tampered((share) => void (share.ciphertext = flip(share.ciphertext)))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(tampered((share) => void (share.enc = flip(share.enc)))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(tampered((share) => void (share.ephemeralKey = flip(share.ephemeralKey)))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(tampered((share) => void (share.rootCertificate = createBrokerRoot({ network, channel, now: AT }).certificate))).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
    await expect(tampered((share) => void (share.rootCertificate = new Uint8Array(3)))).rejects.toThrow(refusal('TEE_CERTIFICATE_INVALID'));
    await expect(tampered((share) => void (share.rootCertificate = new Uint8Array(100_000)))).rejects.toThrow(refusal('LIMIT_EXCEEDED'));
    await expect(tampered((share) => delete share.evidence)).rejects.toThrow(refusal('EVIDENCE_MALFORMED'));
    await expect(tampered((share) => void (share.evidence!.quote = new Uint8Array(100_000)))).rejects.toThrow(refusal('LIMIT_EXCEEDED'));
  });

  it('is no use for another exchange', async () => {
    let earlier: RootShare | undefined;
    await obtain({}, { shareRoot: async (request) => (earlier = await donor.broker.shareRoot(request)) });
    await expect(obtain({}, { shareRoot: () => Promise.resolve(earlier!) })).rejects.toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  /** A hand-over by code of the test's choosing. */
  async function handOver(input: { readonly measurement?: typeof BROKER_MEASUREMENT; readonly bytes?: Uint8Array; readonly nonce?: Uint8Array; readonly ledger?: TestBroker['ledger'] }) {
    const pending = await createRootRequest({ attester: brokerAttester, operator, challenge: donor.broker.challenge(), profile, randomBytes });
    const { ownNonce, ephemeralKey } = pending.request;
    const { rootCertificate } = donor.state;
    const info = rootShareInfo({ network, channel, nonce: input.nonce ?? pending.request.nonce, ownNonce });
    const { enc, ciphertext } = REPLICATION_SUITE.hpkeSeal(ephemeralKey, info, rootCertificate, input.bytes ?? encodeRoot(donor.state));
    const own = REPLICATION_SUITE.generateKemKeyPair().publicKey;
    const { publicKey } = parseBrokerRoot(rootCertificate);
    const evidence = await createAttester(input.measurement ?? BROKER_MEASUREMENT).createEvidence({
      role: 'key-broker',
      nonce: ownNonce,
      ephemeralKey: own,
      signingKey: publicKey.export({ format: 'der', type: 'spki' }),
      profileDigest: profile.digest,
      statementDigest: rootShareDigest({ network, channel, rootCertificate, enc, ciphertext }),
    });
    const share = create(RootShareSchema, { evidence, rootCertificate, ephemeralKey: own, enc, ciphertext });
    return () => openRootShare({ share, pending, profile, ledger: input.ledger ?? donor.ledger, at: AT });
  }

  it('must come from a key broker of the profile that is not revoked', async () => {
    expect((await handOver({}))().root.rootSecret).toEqual(donor.state.rootSecret);
    expect(await handOver({ measurement: COMPUTE_MEASUREMENT })).toThrow(refusal('APPRAISAL_REFUSED'));
    const view = createLedger(donor.state);
    view.facts.set(facts.revokedMeasurement(BROKER_MEASUREMENT), Buffer.of(1));
    expect(await handOver({ ledger: view })).toThrow(refusal('TEE_REVOKED'));
  });

  it('must be sealed for this exchange, and be a root of the recorded certificate', async () => {
    expect(await handOver({ nonce: randomBytes(32) })).toThrow(refusal('DECRYPT_FAILED'));
    const { rootKey } = createState();
    expect(await handOver({ bytes: encodeRoot({ rootSecret: donor.state.rootSecret, rootKey }) })).toThrow(refusal('BROKER_STATE_MISMATCH'));
    expect(await handOver({ bytes: encodeRoot({ rootSecret: randomBytes(32), rootKey: donor.state.rootKey }) })).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'MALFORMED_MESSAGE'],
    ['bytes that do not parse', Buffer.of(0xff, 0xff), 'MALFORMED_MESSAGE'],
    ['far too much', new Uint8Array(5_000), 'MESSAGE_TOO_LARGE'],
    ['a short secret', encodeRoot({ ...known, rootSecret: new Uint8Array(31) }), 'MALFORMED_MESSAGE'],
    ['no key', encodeMessage(ReplicatedRootSchema, { rootSecret: new Uint8Array(32) }), 'MALFORMED_MESSAGE'],
    ['a key that is none', encodeMessage(ReplicatedRootSchema, { rootSecret: new Uint8Array(32), rootKey: new Uint8Array(100) }), 'MALFORMED_MESSAGE'],
  ])('is refused when it holds %s, with nothing of it in the text', (_what, bytes, code) => {
    expect(() => parseRoot(bytes, known.rootCertificate)).toThrow(refusal(code));
  });
});
