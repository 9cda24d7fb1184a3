import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BROKER_AUDIT_FILE, BROKER_STATE_FILE } from '@selvedge/attestation/process';
import { toHex } from '@selvedge/crypto';
import { encodeMessage, UnlockSlotsSchema } from '@selvedge/protocol';
import { parseSlots } from '../domain/unlock-secret.js';
import { openRootSlot } from '../domain/root-slot.js';
import type { ReceivedRoot } from '../replication/share.js';
import { brokerAttester } from '../testdata/replicas.js';
import { createState } from '../testdata/setting.js';
import { profile, secretOf } from '../testdata/shares.js';
import { openBrokerStore, type BrokerStoreOptions } from './broker-store.js';
import { openEncryptedStore, readEncryptedStore, readStoreSlots } from './encrypted-store.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const received: ReceivedRoot = { root: createState(), evidenceDigest: new Uint8Array(32).fill(7) };
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-replica-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function run(over: Partial<BrokerStoreOptions>) {
  const opened = await openBrokerStore({ profile, directory, attester: brokerAttester, unlockSecret: undefined, now: () => new Date('2026-11-20T12:00:00Z'), randomBytes, ...over });
  opened.audit.close();
  return opened.state;
}

/** Bodies of the audit log. */
const events = (): { event: string; evidenceDigest?: string }[] =>
  readFileSync(join(directory, BROKER_AUDIT_FILE), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse((JSON.parse(line) as { body: string }).body) as { event: string });

describe('a replica’s own store', () => {
  it('begins with the root that another handed over, recorded as such', async () => {
    const state = await run({ received });
    expect(toHex(state.rootSecret)).toBe(toHex(received.root.rootSecret));
    expect(state.recognised).toBe(true);
    expect(events()).toMatchObject([{ event: 'joined', evidenceDigest: toHex(received.evidenceDigest) }]);
  });

  it('opens again with that root, or with the shares of its own unlock secret', async () => {
    await run({ received });
    expect(toHex((await run({ received })).rootSecret)).toBe(toHex(received.root.rootSecret));
    await run({ unlockSecret: await secretOf(readStoreSlots(directory)!) });
    expect(events().map(({ event }) => event)).toEqual(['joined', 'unlocked', 'started']);
  });

  it('asks for no proof without a view once the ledger has recorded its root, whatever an older store says', async () => {
    await run({ received });
    const { state, lock } = readEncryptedStore(directory, (slots) => openRootSlot(slots, received.root.rootSecret))!;
    openEncryptedStore(directory, lock, () => undefined).save({ ...state, recognised: false });
    expect((await run({ received })).recognised).toBe(true);
  });

  it('is locked without either', async () => {
    await run({ received });
    await expect(run({})).rejects.toThrow(refusal('BROKER_LOCKED'));
  });

  it('has no unlock secret in common with other stores of the root', async () => {
    await run({ received });
    const first = openRootSlot(readStoreSlots(directory)!, received.root.rootSecret);
    rmSync(join(directory, BROKER_STATE_FILE));
    rmSync(join(directory, BROKER_AUDIT_FILE));
    await run({ received });
    expect(toHex(openRootSlot(readStoreSlots(directory)!, received.root.rootSecret))).not.toBe(toHex(first));
  });

  it('does not open with another root, nor one of the same secret under another certificate', async () => {
    await run({ received });
    await expect(run({ received: { ...received, root: createState() } })).rejects.toThrow(refusal('UNLOCK_FAILED'));
    const other = { ...createState(), rootSecret: received.root.rootSecret };
    await expect(run({ received: { ...received, root: other } })).rejects.toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('keeps its audit head over an unlock by another replica', async () => {
    await run({ received });
    truncateSync(join(directory, BROKER_AUDIT_FILE), 0);
    await expect(run({ received })).rejects.toThrow(refusal('AUDIT_LOG_TRUNCATED'));
  });

  it('does not open when the slot of the root is cut, changed or gone', async () => {
    await run({ received });
    const slots = readStoreSlots(directory)!;
    const { rootSlot } = parseSlots(slots);
    const withSlot = (slot: Uint8Array): Uint8Array => encodeMessage(UnlockSlotsSchema, { ...parseSlots(slots), rootSlot: slot });
    for (const slot of [new Uint8Array(0), rootSlot.subarray(0, 31), rootSlot.subarray(0, 40), Uint8Array.from(rootSlot, (byte, i) => (i === 50 ? byte ^ 1 : byte)), new Uint8Array(100_000)]) {
      expect(() => openRootSlot(withSlot(slot), received.root.rootSecret)).toThrow(refusal('UNLOCK_FAILED'));
    }
    expect(() => openRootSlot(Buffer.of(0xff), received.root.rootSecret)).toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('keeps the slot of its root while the shares stay as they are', async () => {
    await run({ received });
    const path = join(directory, BROKER_STATE_FILE);
    const before = readFileSync(path);
    await run({ unlockSecret: await secretOf(readStoreSlots(directory)!) });
    expect(parseSlots(readStoreSlots(directory)!).rootSlot).toEqual(parseSlots(before.subarray(12, 12 + before.readUInt32BE(8))).rootSlot);
    writeFileSync(path, before);
    expect(toHex((await run({ received })).rootSecret)).toBe(toHex(received.root.rootSecret));
  });
});
