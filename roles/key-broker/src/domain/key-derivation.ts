import type { CommittedKeys } from '@selvedge/attestation';
import { deriveKey, suiteByName, type KemKeyPair } from '@selvedge/crypto';

/** The name key's epoch: it stays until a migration, since a new one would make every key look absent (DESIGN 8). */
export const NAME_KEY_EPOCH = 1n;
/** The highest epoch that keys are derived for. */
export const MAX_EPOCH = 2n ** 32n;

/** Every key of the broker, derived from its root secret: nothing but the root secret has to be kept. */
export interface KeyRing {
  /** HPKE key pair of the channel. */
  envelopeKey(suite: string, epoch: bigint): KemKeyPair;
  /** Keys of one contract's epoch, 32 bytes each. */
  contractKeys(contract: string, suite: string, epoch: bigint): CommittedKeys;
}

/**
 * Builds the key ring: HKDF-SHA-256 with a label per purpose, and network, channel, suite, contract and epoch as
 * context, so that no two keys share their derivation.
 * @param input rootSecret: 32 bytes
 */
export function createKeyRing(input: { readonly rootSecret: Uint8Array; readonly network: string; readonly channel: string }): KeyRing {
  const { rootSecret, network, channel } = input;
  return {
    envelopeKey: (suite, epoch) => suiteByName(suite).deriveKemKeyPair(deriveKey(rootSecret, 'broker/envelope', [network, channel, suite, epoch])),
    contractKeys(contract, suite, epoch) {
      const derive = (purpose: string, keyEpoch: bigint): Uint8Array => deriveKey(rootSecret, `broker/${purpose}`, [network, channel, contract, suite, keyEpoch]);
      return {
        dataKey: derive('data', epoch),
        nameKey: derive('name', NAME_KEY_EPOCH),
        randomKey: derive('random', epoch),
        gateKey: derive('gate', epoch),
        eventKey: derive('event', epoch),
      };
    },
  };
}
