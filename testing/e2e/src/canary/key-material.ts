import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { combine } from 'shamir-secret-sharing';
import { commitToKeys, openShareSlot } from '@selvedge/attestation';
import { readUnlockKey } from '@selvedge/client';
import { deriveKey, SUITE_NAMES, suiteByName, type KemKeyPair, type SuiteName } from '@selvedge/crypto';
import { layoutOf } from '@selvedge/dev-network';
import { LIMITS, parseMessage, UnlockSlotsSchema } from '@selvedge/protocol';
import type { Marker } from './search.js';

/** The keys that nobody outside of a TEE may see. The test holds the organisations' unlock keys, so it can open the broker's store. */
export interface KeyMaterial {
  readonly markers: readonly Marker[];
  /** The channel's first envelope key. */
  envelopeKey(suite: SuiteName): KemKeyPair;
  /** KeyCommitments bytes of the contract's first epoch, as they must stand on the ledger. */
  readonly commitments: Uint8Array;
}

const LENGTH_AT = 8;
const SLOTS_AT = 12;
const SALT_BYTES = 32;
const EPOCH = 1n;

/** @param directory the network's folder */
export async function readKeyMaterial(directory: string, { network, channel, contract, suite }: { readonly network: string; readonly channel: string; readonly contract: string; readonly suite: string }): Promise<KeyMaterial> {
  const layout = layoutOf(directory);
  const store = readFileSync(path.join(layout.nodeDirectory('key-broker'), 'data', 'state.sealed'));
  const sealedAt = slotsEnd(store) + SALT_BYTES;
  const slots = parseMessage(UnlockSlotsSchema, store.subarray(SLOTS_AT, slotsEnd(store)), LIMITS.maxFactBytes);
  const shares = await Promise.all(slots.slots.slice(0, slots.threshold).map(async (slot) => openShareSlot({ network, channel }, slot, await readUnlockKey(layout.unlockKeyFile(slot.mspId)))));
  const unlockSecret = await combine(shares.map((share) => new Uint8Array(share)));
  const { rootSecret, rootKey } = openBrokerStore(store.subarray(0, sealedAt), store.subarray(sealedAt), unlockSecret);
  const derive = (purpose: string): Uint8Array => deriveKey(rootSecret, `broker/${purpose}`, [network, channel, contract, suite, EPOCH]);
  const keys = { dataKey: derive('data'), nameKey: derive('name'), randomKey: derive('random'), gateKey: derive('gate'), eventKey: derive('event') };
  const envelopeKey = (name: SuiteName): KemKeyPair => suiteByName(name).deriveKemKeyPair(deriveKey(rootSecret, 'broker/envelope', [network, channel, name, EPOCH]));
  return {
    envelopeKey,
    commitments: commitToKeys(contract, EPOCH, keys),
    markers: [
      { name: 'unlock secret', content: unlockSecret },
      ...shares.map((content, i) => ({ name: `share ${String(i)} of the unlock secret`, content })),
      { name: 'root secret', content: rootSecret },
      { name: 'root private key', content: rootKey },
      ...SUITE_NAMES.map((name) => ({ name: `envelope private key of ${name}`, content: envelopeKey(name).privateKey })),
      ...Object.entries(keys).map(([name, content]) => ({ name, content })),
    ],
  };
}

function slotsEnd(store: Buffer): number {
  return SLOTS_AT + store.readUInt32BE(LENGTH_AT);
}

function openBrokerStore(header: Buffer, ciphertext: Buffer, unlockSecret: Uint8Array): { rootSecret: Uint8Array; rootKey: Uint8Array } {
  const material = deriveKey(unlockSecret, 'broker/store', [header.subarray(-SALT_BYTES)], 44);
  const opened = suiteByName(SUITE_NAMES[0]).aeadOpen(material.subarray(0, 32), material.subarray(32), header, ciphertext);
  const state = JSON.parse(Buffer.from(opened).toString('utf8')) as { rootSecret: string; rootKey: string };
  const { d } = createPrivateKey({ key: Buffer.from(state.rootKey, 'base64'), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  return { rootSecret: Buffer.from(state.rootSecret, 'base64'), rootKey: Buffer.from(d ?? '', 'base64url') };
}
