import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { openShareSlot, openShareSubmission, sealShareSubmission, verifyUnlockEvidence } from '@selvedge/attestation';
import { lengthPrefixed, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createProfile, parseProfile, UNLOCK_SUITE } from '@selvedge/policy';
import { encodeMessage, ShareSubmissionSchema, UnlockSlotsSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { createBrokerGate, type BrokerGateOptions } from './broker-gate.js';
import { createStoreLock, parseSlots } from './domain/unlock-secret.js';
import { MSP_IDS } from './testdata/shares.js';
import { AT, BROKER_MEASUREMENT, channel, COMPUTE_MEASUREMENT, consortium, createAttester, createTestBroker, network, profile } from './testdata/setting.js';

const NONCE = new Uint8Array(randomBytes(32));
const attester = createAttester(BROKER_MEASUREMENT);
const lock = await createStoreLock(profile, randomBytes);
const { broker } = createTestBroker();

async function createLocked(over: Partial<BrokerGateOptions> = {}) {
  const opened: string[] = [];
  const open: BrokerGateOptions['open'] = (secret) => {
    opened.push(toHex(secret!));
    return Promise.resolve(broker);
  };
  const gate = await createBrokerGate({ profile, attester, readSlots: () => lock.slots, open, ...over });
  const evidence = async () => verifyUnlockEvidence({ answer: await gate.unlockEvidence({ $typeName: 'selvedge.v1.UnlockEvidenceRequest', nonce: NONCE }), nonce: NONCE, profile, at: AT });
  const shareOf = (mspId: string) => {
    const slot = parseSlots(lock.slots).slots.find((candidate) => candidate.mspId === mspId)!;
    return openShareSlot({ network, channel }, slot, consortium.organisation(mspId).unlockKey);
  };
  const submission = async (mspId: string, share = shareOf(mspId)) => {
    const { ephemeralKey } = await evidence();
    return create(ShareSubmissionSchema, sealShareSubmission({ network, channel, ephemeralKey, mspId, share }));
  };
  const submit = async (mspId: string, share?: Uint8Array) => gate.submitShare(await submission(mspId, share));
  return { gate, opened, evidence, shareOf, submission, submit };
}

const [first, second, third, fourth] = MSP_IDS as [string, string, string, string];
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('a locked broker', () => {
  it('serves nothing until k organisations have sent their shares, and the secret is theirs together', async () => {
    const { gate, opened, evidence, submit } = await createLocked();
    for (const mspId of [first, second, third]) {
      expect(() => gate.broker()).toThrow(refusal('BROKER_LOCKED'));
      expect((await submit(mspId)).locked).toBe(true);
    }
    expect((await evidence()).status).toMatchObject({ locked: true, threshold: 4, submitted: [first, second, third] });
    expect((await submit(fourth)).locked).toBe(false);
    expect(gate.broker()).toBe(broker);
    expect(opened).toEqual([toHex(lock.secret)]);
    expect((await evidence()).status.locked).toBe(false);
  });

  it('counts an organisation once', async () => {
    const { gate, submit } = await createLocked();
    for (const mspId of [first, first, first, second, second]) await submit(mspId);
    expect(() => gate.broker()).toThrow('2 of 4 shares');
  });

  it('opens once when shares arrive together', async () => {
    const { opened, submission, gate } = await createLocked();
    const all = await Promise.all(MSP_IDS.map((mspId) => submission(mspId)));
    await Promise.all(all.map((one) => gate.submitShare(one)));
    expect(opened).toHaveLength(1);
  });

  it('takes no share but the organisation’s own', async () => {
    const { gate, submit, submission, shareOf } = await createLocked();
    await expect(submit(first, shareOf(second))).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
    await expect(submit(first, randomBytes(33))).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
    await expect(submit('StrangerMSP', shareOf(first))).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
    const sealed = await submission(first);
    await expect(gate.submitShare({ ...sealed, mspId: second })).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
    await expect(gate.submitShare({ ...sealed, ciphertext: new Uint8Array(0) })).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
    expect(() => gate.broker()).toThrow('0 of 4 shares');
  });

  it('cannot open what was sealed for another process', async () => {
    const one = await createLocked();
    const other = await createLocked();
    await expect(other.gate.submitShare(await one.submission(first))).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
  });

  it('gains nothing from a host that lowers the threshold in the store: the secret comes out wrong', async () => {
    const lowered = encodeMessage(UnlockSlotsSchema, { ...parseSlots(lock.slots), threshold: 2 });
    const { submit, opened } = await createLocked({ readSlots: () => lowered });
    await submit(first);
    await submit(second);
    expect(opened).toHaveLength(1);
    expect(opened[0]).not.toBe(toHex(lock.secret));
  });

  it('stays locked, and keeps no share, when the store does not open', async () => {
    const { gate, submit, evidence } = await createLocked({ open: () => Promise.reject(new SelvedgeError('UNLOCK_FAILED', 'no')) });
    for (const mspId of [first, second, third]) await submit(mspId);
    await expect(submit(fourth)).rejects.toThrow(refusal('UNLOCK_FAILED'));
    expect((await evidence()).status.submitted).toEqual([]);
    expect(() => gate.broker()).toThrow(refusal('BROKER_LOCKED'));
  });

  it('does not start on a store of another network, or on one whose head does not parse', async () => {
    const of = (change: object) => createLocked({ readSlots: () => encodeMessage(UnlockSlotsSchema, { ...parseSlots(lock.slots), ...change }) });
    await expect(of({ network: 'other' })).rejects.toThrow(refusal('WRONG_NETWORK'));
    await expect(of({ channel: 'other' })).rejects.toThrow(refusal('WRONG_CHANNEL'));
    await expect(createLocked({ readSlots: () => Buffer.of(0xff) })).rejects.toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('opens at once when there is no store yet', async () => {
    const gate = await createBrokerGate({ profile, attester, readSlots: () => undefined, open: (secret) => (secret === undefined ? Promise.resolve(broker) : Promise.reject(new Error('a secret'))) });
    expect(gate.broker()).toBe(broker);
  });
});

describe('a broker beside other replicas', () => {
  const received = { root: createTestBroker().state, evidenceDigest: new Uint8Array(32) };

  it('waits with an empty store for their root when it is to join them', async () => {
    const opened: unknown[] = [];
    const open: BrokerGateOptions['open'] = (secret, root) => Promise.resolve(opened.push([secret, root])).then(() => broker);
    const { gate, evidence } = await createLocked({ readSlots: () => undefined, open, joins: true });
    expect(opened).toEqual([]);
    expect(gate.isLocked()).toBe(true);
    expect(() => gate.broker()).toThrow(refusal('BROKER_LOCKED'));
    expect((await evidence()).status).toMatchObject({ locked: true, threshold: 0 });
    await gate.openWith(received);
    expect(opened).toEqual([[undefined, received]]);
    expect(gate.broker()).toBe(broker);
    expect(gate.isLocked()).toBe(false);
  });

  it('opens once, by a root or by shares, whichever comes first', async () => {
    const opened: unknown[] = [];
    const open: BrokerGateOptions['open'] = (secret) => Promise.resolve(opened.push(secret)).then(() => broker);
    const { gate, submission } = await createLocked({ open });
    const all = await Promise.all(MSP_IDS.map((mspId) => submission(mspId)));
    await Promise.all([gate.openWith(received), ...all.map((one) => gate.submitShare(one)), gate.openWith(received)]);
    expect(opened).toEqual([undefined]);
  });

  it('stays locked, and opens later, when the store does not take the root', async () => {
    let isGood = false;
    const open: BrokerGateOptions['open'] = () => (isGood ? Promise.resolve(broker) : Promise.reject(new SelvedgeError('UNLOCK_FAILED', 'no')));
    const { gate } = await createLocked({ open });
    await expect(gate.openWith(received)).rejects.toThrow(refusal('UNLOCK_FAILED'));
    expect(gate.isLocked()).toBe(true);
    isGood = true;
    await gate.openWith(received);
    expect(gate.isLocked()).toBe(false);
  });
});

describe('an organisation', () => {
  const answerOf = async (over: Partial<BrokerGateOptions> = {}) => (await createLocked(over)).gate.unlockEvidence({ $typeName: 'selvedge.v1.UnlockEvidenceRequest', nonce: NONCE });
  const verify = (answer: Awaited<ReturnType<typeof answerOf>>, over: object = {}) => () => verifyUnlockEvidence({ answer, nonce: NONCE, profile, at: AT, ...over });

  it('believes a broker whose evidence binds its nonce, the profile, the statement and the key', async () => {
    const answer = await answerOf();
    expect(verify(answer)().slots?.threshold).toBe(4);
    expect(verify(answer, { nonce: randomBytes(32) })).toThrow(refusal('EVIDENCE_UNBOUND'));
    expect(verify({ ...answer, ephemeralKey: UNLOCK_SUITE.generateKemKeyPair().publicKey })).toThrow(refusal('EVIDENCE_UNBOUND'));
    const other = await answerOf({ readSlots: () => encodeMessage(UnlockSlotsSchema, { ...parseSlots(lock.slots), threshold: 1 }) });
    expect(verify({ ...answer, statement: other.statement })).toThrow(refusal('EVIDENCE_UNBOUND'));
    const otherProfile = parseProfile(createProfile({ ...profile.message, version: 2n }));
    expect(verify(answer, { profile: otherProfile })).toThrow(refusal('PROFILE_MISMATCH'));
  });

  it('lets its share go to no other code', async () => {
    expect(verify(await answerOf({ attester: createAttester(COMPUTE_MEASUREMENT) }))).toThrow(refusal('APPRAISAL_REFUSED'));
  });

  it('does not open another’s share, nor one that was changed', () => {
    const { slots } = parseSlots(lock.slots);
    const scope = { network, channel };
    const [slot] = slots;
    expect(() => openShareSlot(scope, slot!, consortium.organisation(second).unlockKey)).toThrow(refusal('UNLOCK_SHARE_INVALID'));
    expect(() => openShareSlot({ ...scope, channel: 'other' }, slot!, consortium.organisation(first).unlockKey)).toThrow(refusal('UNLOCK_SHARE_INVALID'));
    expect(() => openShareSlot(scope, { ...slot!, commitment: slots[1]!.commitment }, consortium.organisation(first).unlockKey)).toThrow(refusal('UNLOCK_SHARE_INVALID'));
  });

  it('does not take for its share what somebody else sealed to it under the commitment of its slot', () => {
    const [slot] = parseSlots(lock.slots).slots;
    const info = lengthPrefixed(['selvedge/v1/unlock slot', network, channel, slot!.mspId]);
    const planted = { ...slot!, ...UNLOCK_SUITE.hpkeSeal(slot!.publicKey, info, slot!.commitment, randomBytes(33)) };
    expect(() => openShareSlot({ network, channel }, planted, consortium.organisation(slot!.mspId).unlockKey)).toThrow(refusal('UNLOCK_SHARE_INVALID'));
  });

  it('sends its share as its own: under another’s name it does not open', () => {
    const ephemeral = UNLOCK_SUITE.generateKemKeyPair();
    const scope = { network, channel };
    const sealed = create(ShareSubmissionSchema, sealShareSubmission({ ...scope, ephemeralKey: ephemeral.publicKey, mspId: first, share: randomBytes(33) }));
    expect(openShareSubmission(scope, ephemeral, sealed)).toHaveLength(33);
    expect(() => openShareSubmission(scope, ephemeral, { ...sealed, mspId: second })).toThrow(refusal('UNLOCK_SHARE_INVALID'));
  });
});
