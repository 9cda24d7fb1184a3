import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { commitToKeys } from '@selvedge/attestation';
import { deriveKey, fromHex, SUITE_NAMES, suiteByName, type KemKeyPair, type SuiteName } from '@selvedge/crypto';
import { layoutOf } from '@selvedge/dev-network';
import type { Marker } from './search.js';

/** The keys that nobody outside of a TEE may see. The test holds the unlock secret, so it can open the broker's store. */
export interface KeyMaterial {
  readonly markers: readonly Marker[];
  /** The channel's first envelope key. */
  envelopeKey(suite: SuiteName): KemKeyPair;
  /** KeyCommitments bytes of the contract's first epoch, as they must stand on the ledger. */
  readonly commitments: Uint8Array;
}

const STORE_HEADER_BYTES = 40;
const STORE_MAGIC_BYTES = 8;
const EPOCH = 1n;

/** @param directory the network's folder */
export function readKeyMaterial(directory: string, { network, channel, contract, suite }: { readonly network: string; readonly channel: string; readonly contract: string; readonly suite: string }): KeyMaterial {
  const unlockSecret = fromHex(readFileSync(layoutOf(directory).unlockSecretFile, 'latin1').trim());
  const { rootSecret, rootKey } = openBrokerStore(readFileSync(path.join(layoutOf(directory).nodeDirectory('key-broker'), 'data', 'state.sealed')), unlockSecret);
  const derive = (purpose: string): Uint8Array => deriveKey(rootSecret, `broker/${purpose}`, [network, channel, contract, suite, EPOCH]);
  const keys = { dataKey: derive('data'), nameKey: derive('name'), randomKey: derive('random'), gateKey: derive('gate'), eventKey: derive('event') };
  const envelopeKey = (name: SuiteName): KemKeyPair => suiteByName(name).deriveKemKeyPair(deriveKey(rootSecret, 'broker/envelope', [network, channel, name, EPOCH]));
  return {
    envelopeKey,
    commitments: commitToKeys(contract, EPOCH, keys),
    markers: [
      { name: 'unlock secret', content: unlockSecret },
      { name: 'root secret', content: rootSecret },
      { name: 'root private key', content: rootKey },
      ...SUITE_NAMES.map((name) => ({ name: `envelope private key of ${name}`, content: envelopeKey(name).privateKey })),
      ...Object.entries(keys).map(([name, content]) => ({ name, content })),
    ],
  };
}

function openBrokerStore(content: Buffer, unlockSecret: Uint8Array): { rootSecret: Uint8Array; rootKey: Uint8Array } {
  const header = content.subarray(0, STORE_HEADER_BYTES);
  const material = deriveKey(unlockSecret, 'broker/store', [header.subarray(STORE_MAGIC_BYTES)], 44);
  const opened = suiteByName(SUITE_NAMES[0]).aeadOpen(material.subarray(0, 32), material.subarray(32), header, content.subarray(STORE_HEADER_BYTES));
  const state = JSON.parse(Buffer.from(opened).toString('utf8')) as { rootSecret: string; rootKey: string };
  const { d } = createPrivateKey({ key: Buffer.from(state.rootKey, 'base64'), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  return { rootSecret: Buffer.from(state.rootSecret, 'base64'), rootKey: Buffer.from(d ?? '', 'base64url') };
}
