import { describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { suiteByName, toHex } from '@selvedge/crypto';
import { CHANNEL_EPOCH, encodeContractNames, facts } from '@selvedge/policy';
import { ChallengeAnswerSchema, encodeMessage, SignedNameKeyCommitmentSchema, type KeyRelease } from '@selvedge/protocol';
import { createBrokerRoot } from '../certificate/issue.js';
import { commitToNameKey, signNameKeyCommitment } from '../key-commitments.js';
import { AT, createAttester, createTestProfile } from '../testdata/setting.js';
import { broker, challenge, commitments, CONTRACT, createLedger, createPending, createRelease, goodBundle, keys, operator, profile, SUITE, type ReleaseFaults, type TestLedger } from '../testdata/release-setting.js';
import { openKeyRelease } from './open.js';
import { createKeyRequest } from './request.js';

const pending = await createPending();
const open = (release: KeyRelease, over: { ledger?: TestLedger; at?: Date } = {}) => openKeyRelease({ release, pending, profile, ledger: createLedger(), at: AT, ...over });
const openFaulty = async (faults: ReleaseFaults, ledger?: TestLedger) => open(await createRelease(pending, faults), ledger === undefined ? {} : { ledger });

describe('createKeyRequest', () => {
  const input = { attester: createAttester(), suite: SUITE, nodeId: 'node-1', operator, challenge, profile };

  it('binds evidence and operator signature to the challenge', () => {
    expect(toHex(pending.request.nonce)).toBe(toHex(challenge.nonce));
    expect(pending.request.operator?.identity).toBeDefined();
  });

  it('refuses a broker of another profile', async () => {
    await expect(createKeyRequest({ ...input, profile: createTestProfile({ version: 2n }) })).rejects.toMatchObject({ code: 'PROFILE_MISMATCH' });
  });

  it('refuses a challenge of another length and an unknown suite', async () => {
    const short = create(ChallengeAnswerSchema, { nonce: new Uint8Array(16), profileDigest: profile.digest });
    await expect(createKeyRequest({ ...input, challenge: short })).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    await expect(createKeyRequest({ ...input, suite: 'ROT13' })).rejects.toMatchObject({ code: 'UNKNOWN_SUITE' });
  });
});

describe('openKeyRelease', () => {
  it('gives the certificate and the recorded keys', async () => {
    const opened = open(await createRelease(pending));
    expect(opened.certificate.binding.nodeId).toBe('node-1');
    expect(opened.envelopeKeys).toHaveLength(1);
    expect(opened.contracts.map(({ contract, epochs }) => [contract, epochs.length])).toEqual([[CONTRACT, 1]]);
    expect(toHex(opened.contracts[0]!.epochs[0]!.dataKey)).toBe(toHex(keys.dataKey));
  });

  it('refuses a broker that the ledger does not record, and any broker before there is a record', async () => {
    const impostor = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
    await expect(openFaulty({ issuer: impostor })).rejects.toMatchObject({ code: 'BROKER_NOT_RECOGNISED' });
    const empty = createLedger();
    empty.facts.delete(facts.brokerRoot);
    await expect(openFaulty({}, empty)).rejects.toMatchObject({ code: 'BROKER_NOT_RECOGNISED' });
  });

  it('refuses a certificate that another broker issued', async () => {
    const impostor = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
    const release = await createRelease(pending, { issuer: impostor });
    release.issuer = broker.certificate;
    expect(() => open(release)).toThrow(expect.objectContaining({ code: 'TEE_CERTIFICATE_INVALID' }));
  });

  it('refuses an expired certificate', async () => {
    const release = await createRelease(pending);
    expect(() => open(release, { at: new Date(AT.getTime() + 7200_000) })).toThrow(expect.objectContaining({ code: 'TEE_CERTIFICATE_INVALID' }));
  });

  it.each<ReleaseFaults>([
    { certifiedKey: suiteByName(SUITE).generateSigningKeyPair().publicKeyDer },
    { binding: { network: 'other' } },
    { binding: { channel: 'other' } },
    { binding: { role: 'viewer' } },
    { binding: { nodeId: 'node-2' } },
    { binding: { operatorMspId: 'Org2MSP' } },
  ])('refuses a certificate for someone else: %o', async (faults) => {
    await expect(openFaulty(faults)).rejects.toMatchObject({ code: 'TEE_CERTIFICATE_INVALID' });
  });

  it('refuses a certificate of another suite', async () => {
    const suite = suiteByName('X25519-ED25519-AES256GCM-SHA256');
    const own = { ...pending, request: { ...pending.request, signingKey: suite.generateSigningKeyPair().publicKeyDer } };
    const release = await createRelease(own, { binding: { suite: suite.name } });
    expect(() => openKeyRelease({ release, pending: own, profile, ledger: createLedger(), at: AT })).toThrow(/another suite/);
  });

  it('refuses a certificate of an epoch that is unknown, retired or revoked', async () => {
    await expect(openFaulty({ binding: { epoch: 2n } })).rejects.toMatchObject({ code: 'TEE_CERTIFICATE_EXPIRED' });
    const retired = createLedger();
    retired.facts.set(facts.epoch(CHANNEL_EPOCH, 3n), Buffer.of(1));
    await expect(openFaulty({}, retired)).rejects.toMatchObject({ code: 'TEE_CERTIFICATE_EXPIRED' });
    const revoked = createLedger();
    revoked.facts.set(facts.revokedEpoch(CHANNEL_EPOCH, 1n), Buffer.of(1));
    await expect(openFaulty({}, revoked)).rejects.toMatchObject({ code: 'TEE_CERTIFICATE_EXPIRED' });
  });

  it.each<ReleaseFaults>([
    { nonce: new Uint8Array(32) },
    { nodeId: 'node-2' },
    { network: 'other' },
    { channel: 'other' },
    { aadCertificate: new Uint8Array(3) },
  ])('does not open what was sealed for another exchange: %o', async (faults) => {
    await expect(openFaulty(faults)).rejects.toMatchObject({ code: 'DECRYPT_FAILED' });
  });

  it('does not open another node’s release', async () => {
    const other = await createPending();
    const release = await createRelease(other, { certifiedKey: pending.request.signingKey });
    expect(() => open(release)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
  });
});

describe('the bundle of a release', () => {
  const mismatch = { code: 'BROKER_STATE_MISMATCH' };
  const contractKeys = goodBundle.contracts[0]!;

  it('is refused with an envelope key that is not the recorded one', async () => {
    const forged = { suite: SUITE, epoch: 1n, ...suiteByName(SUITE).generateKemKeyPair() };
    await expect(openFaulty({ bundle: { ...goodBundle, envelopeKeys: [forged] } })).rejects.toMatchObject(mismatch);
  });

  it('is refused with a private envelope key of another pair', async () => {
    const { privateKey } = suiteByName(SUITE).generateKemKeyPair();
    const [good] = goodBundle.envelopeKeys;
    await expect(openFaulty({ bundle: { ...goodBundle, envelopeKeys: [{ ...good!, privateKey }] } })).rejects.toMatchObject(mismatch);
    await expect(openFaulty({ bundle: { ...goodBundle, envelopeKeys: [{ ...good!, privateKey: new Uint8Array(3) }] } })).rejects.toMatchObject(mismatch);
  });

  it('leaves out envelope keys of unusable epochs', async () => {
    const future = { suite: SUITE, epoch: 9n, ...suiteByName(SUITE).generateKemKeyPair() };
    const opened = await openFaulty({ bundle: { ...goodBundle, envelopeKeys: [...goodBundle.envelopeKeys, future] } });
    expect(opened.envelopeKeys.map(({ epoch }) => epoch)).toEqual([1n]);
  });

  it('is refused when a contract key is not the committed one', async () => {
    const forged = { ...contractKeys, epochs: [{ epoch: 1n, ...keys, dataKey: new Uint8Array(32) }] };
    await expect(openFaulty({ bundle: { ...goodBundle, contracts: [forged] } })).rejects.toMatchObject(mismatch);
    await expect(openFaulty({ bundle: { ...goodBundle, contracts: [{ ...contractKeys, nameKey: new Uint8Array(32) }] } })).rejects.toMatchObject(mismatch);
  });

  it('is refused when a later name key is not the committed one; leaves out those that this view does not list yet', async () => {
    const ledger = createLedger();
    const commitment = encodeMessage(SignedNameKeyCommitmentSchema, signNameKeyCommitment(commitToNameKey(CONTRACT, 2n, keys.gateKey), broker.privateKey));
    ledger.facts.set(facts.nameKeys(CONTRACT), encodeContractNames({ phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [commitment] }));
    const withNames = (...laterNameKeys: { epoch: bigint; nameKey: Uint8Array }[]) => ({ bundle: { ...goodBundle, contracts: [{ ...contractKeys, laterNameKeys }] } });
    const [second, thirdKey] = [{ epoch: 2n, nameKey: keys.gateKey }, { epoch: 3n, nameKey: keys.gateKey }];
    expect((await openFaulty(withNames(second, thirdKey), ledger)).contracts[0]!.laterNameKeys.map(({ epoch }) => epoch)).toEqual([2n]);
    expect((await openFaulty(withNames(second))).contracts[0]!.laterNameKeys).toEqual([]);
    await expect(openFaulty(withNames({ epoch: 2n, nameKey: keys.dataKey }), ledger)).rejects.toMatchObject(mismatch);
    await expect(openFaulty(withNames({ epoch: 1n, nameKey: keys.dataKey }), ledger)).rejects.toMatchObject(mismatch);
  });

  it('is refused when a contract’s keys claim another suite', async () => {
    await expect(openFaulty({}, createLedger('X25519-ED25519-AES256GCM-SHA256'))).rejects.toMatchObject(mismatch);
  });

  it('leaves out contracts and epochs that this view does not list yet, and revoked epochs', async () => {
    const bundle = { ...goodBundle, contracts: [{ ...contractKeys, epochs: [{ epoch: 1n, ...keys }, { epoch: 2n, ...keys }] }, { ...contractKeys, contract: 'unlisted' }] };
    const opened = await openFaulty({ bundle });
    expect(opened.contracts.map(({ contract, epochs }) => [contract, epochs.map(({ epoch }) => epoch)])).toEqual([[CONTRACT, [1n]]]);
    const later = createLedger();
    later.facts.set(facts.epoch(CONTRACT, 2n), commitments(2n));
    later.facts.set(facts.revokedEpoch(CONTRACT, 1n), Buffer.of(1));
    expect((await openFaulty({ bundle }, later)).contracts[0]!.epochs.map(({ epoch }) => epoch)).toEqual([2n]);
  });
});
