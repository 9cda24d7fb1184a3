import { createPublicKey } from 'node:crypto';
import { type createBrokerRoot, EMPTY_CHAIN, parseBrokerRoot } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { BrokerState, RootMaterial } from '../ports.js';

const ROOT_SECRET_BYTES = 32;

/** What a new broker begins with. */
export interface NewBroker {
  readonly network: string;
  readonly channel: string;
  readonly root: ReturnType<typeof createBrokerRoot>;
  /** Evidence bytes of how the root was made. */
  readonly rootBirth: Uint8Array;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A new broker's state: a fresh root secret beside its root. */
export function createBrokerState({ network, channel, root, rootBirth, randomBytes }: NewBroker): BrokerState {
  const { certificate: rootCertificate, privateKey: rootKey } = root;
  return { network, channel, rootSecret: randomBytes(ROOT_SECRET_BYTES), rootKey, rootCertificate, rootBirth, recognised: false, auditAnchor: EMPTY_CHAIN };
}

/** The state of a replica that begins with a root from another: the ledger records it, so nobody asks how it was made. */
export function createReplicaState({ network, channel, root }: Pick<NewBroker, 'network' | 'channel'> & { readonly root: RootMaterial }): BrokerState {
  return { network, channel, ...root, rootBirth: new Uint8Array(0), recognised: true, auditAnchor: EMPTY_CHAIN };
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
