import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { openShareSlot, sealShareSubmission, verifyUnlockEvidence } from '@selvedge/attestation';
import { BROKER_AUDIT_FILE } from '@selvedge/attestation/process';
import { toHex } from '@selvedge/crypto';
import { createProfile, parseProfile } from '@selvedge/policy';
import { ShareSubmissionSchema, type ShareSubmission, type UnlockStatus } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBrokerStore } from './adapters/broker-store.js';
import { readStoreSlots } from './adapters/encrypted-store.js';
import { createBrokerGate, type BrokerGate } from './broker-gate.js';
import { brokerAttester } from './testdata/replicas.js';
import { AT, consortium, createState, createTestBroker } from './testdata/setting.js';
import { MSP_IDS, profile } from './testdata/shares.js';

const { network, channel, organisations } = profile.message;
/** One organisation holds no share any more. */
const otherHolders = parseProfile(createProfile({ ...profile.message, organisations: organisations.map((organisation, i) => (i === 0 ? { ...organisation, unlockKey: new Uint8Array(0) } : organisation)) }));
const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const { broker } = createTestBroker();
const now = (): Date => AT;
let directory: string;
let auditPath: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-recovery-'));
  auditPath = join(directory, BROKER_AUDIT_FILE);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A process of the broker over the store of this test. */
async function startGate(current = profile, joins = false) {
  const roots: string[] = [];
  const gate = await createBrokerGate({
    profile: current,
    attester: brokerAttester,
    joins,
    readSlots: () => readStoreSlots(directory),
    open: async (unlockSecret, received) => {
      const { state, audit } = await openBrokerStore({ profile: current, directory, attester: brokerAttester, unlockSecret, received, now, randomBytes });
      audit.close();
      roots.push(toHex(state.rootSecret));
      return broker;
    },
  });
  return { gate, roots };
}

/** What an organisation sends that looks at the broker now. */
async function shareOf(gate: BrokerGate, mspId: string, current = profile): Promise<ShareSubmission> {
  const nonce = randomBytes(32);
  const answer = await gate.unlockEvidence({ $typeName: 'selvedge.v1.UnlockEvidenceRequest', nonce });
  const { slots, ephemeralKey } = verifyUnlockEvidence({ answer, nonce, profile: current, at: AT });
  const share = openShareSlot({ network, channel }, slots!.slots.find((slot) => slot.mspId === mspId)!, consortium.organisation(mspId).unlockKey);
  return create(ShareSubmissionSchema, sealShareSubmission({ network, channel, ephemeralKey, mspId, share }));
}

async function unlock(gate: BrokerGate, mspIds: readonly string[], current = profile): Promise<UnlockStatus | undefined> {
  let status: UnlockStatus | undefined;
  for (const mspId of mspIds) status = await gate.submitShare(await shareOf(gate, mspId, current));
  return status;
}

describe('a broker whose store did not open', () => {
  it('opens without a restart once what was wrong is mended, with the shares of the holders that it has then', async () => {
    const first = await startGate();
    const { gate, roots } = await startGate(otherHolders);
    const log = readFileSync(auditPath);
    appendFileSync(auditPath, 'no entry\n');
    const late = await shareOf(gate, MSP_IDS[4]!, otherHolders);
    await expect(unlock(gate, MSP_IDS.slice(0, 4), otherHolders)).rejects.toThrow(refusal('AUDIT_LOG_BROKEN'));
    // The store has fresh shares by now, none of them the first organisation's.
    expect(() => gate.broker()).toThrow('0 of 4 shares');
    await expect(gate.submitShare(late)).rejects.toThrow(refusal('UNLOCK_SHARE_INVALID'));
    writeFileSync(auditPath, log);
    expect((await unlock(gate, MSP_IDS.slice(1, 4), otherHolders))?.submitted).toEqual(MSP_IDS.slice(1, 4).toSorted());
    expect((await unlock(gate, MSP_IDS.slice(4, 5), otherHolders))?.locked).toBe(false);
    expect(gate.broker()).toBe(broker);
    expect(roots).toEqual(first.roots);
  });

  it('takes shares for a store that began with another replica’s root and got no further', async () => {
    const received = { root: createState(), evidenceDigest: new Uint8Array(32) };
    const { gate, roots } = await startGate(profile, true);
    writeFileSync(auditPath, '');
    await expect(gate.openWith(received)).rejects.toThrow(refusal('UNLOCK_FAILED'));
    rmSync(auditPath);
    // As a disk that is full once the state is written.
    await (await startGate(profile, true)).gate.openWith(received);
    expect((await unlock(gate, MSP_IDS.slice(0, 4)))?.locked).toBe(false);
    expect(roots).toEqual([toHex(received.root.rootSecret)]);
  });

  it('drops the shares that it has when its store is exchanged: they are not of the same secret', async () => {
    await startGate();
    const { gate } = await startGate();
    await unlock(gate, MSP_IDS.slice(0, 3));
    rmSync(directory, { recursive: true });
    await startGate();
    expect((await unlock(gate, MSP_IDS.slice(3, 4)))?.submitted).toEqual([MSP_IDS[3]]);
    expect((await unlock(gate, MSP_IDS.slice(0, 3)))?.locked).toBe(false);
  });
});
