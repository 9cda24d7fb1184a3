import { createPublicKey } from 'node:crypto';
import { createBrokerRoot, EMPTY_CHAIN, parseBrokerRoot } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { BrokerState } from '../ports.js';

const ROOT_SECRET_BYTES = 32;

/** A new broker: a fresh root secret and a fresh root. */
export function createBrokerState(input: { readonly network: string; readonly channel: string; readonly randomBytes: (length: number) => Uint8Array; readonly now: Date }): BrokerState {
  const { network, channel, randomBytes, now } = input;
  const { certificate, privateKey } = createBrokerRoot({ network, channel, now });
  return { network, channel, rootSecret: randomBytes(ROOT_SECRET_BYTES), rootKey: privateKey, rootCertificate: certificate, rootBirth: new Uint8Array(0), recognised: false, auditAnchor: EMPTY_CHAIN };
}

/**
 * Throws WRONG_NETWORK or WRONG_CHANNEL when a stored state is of another one than configured, UNLOCK_FAILED when its
 * certificate is not its root's: a host could put a recorded certificate over a secret of its own.
 */
export function verifyStateOf(state: BrokerState, expected: { readonly network: string; readonly channel: string }): void {
  if (state.network !== expected.network) throw new SelvedgeError('WRONG_NETWORK', 'the key broker’s store is of another network');
  if (state.channel !== expected.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the key broker’s store is of another channel');
  if (!parseBrokerRoot(state.rootCertificate).publicKey.equals(createPublicKey(state.rootKey))) throw new SelvedgeError('UNLOCK_FAILED', 'the key broker’s store holds a root and the certificate of another');
}
