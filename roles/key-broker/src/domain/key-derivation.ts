import type { CommittedKeys } from '@selvedge/attestation';
import { deriveKey, suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { FIRST_NAME_EPOCH } from '@selvedge/policy';

/** The highest epoch that keys are derived for. */
export const MAX_EPOCH = 2n ** 32n;

/** Every key of the broker, derived from its root secret: nothing but the root secret has to be kept. */
export interface KeyRing {
  /** HPKE key pair of the channel. */
  envelopeKey(suite: string, epoch: bigint): KemKeyPair;
  /** Keys of one contract's epoch, 32 bytes each, with its first name key. */
  contractKeys(contract: string, suite: string, epoch: bigint): CommittedKeys;
  /** 32 bytes. It has epochs of its own, which migrations open: a new one makes every key look absent (DESIGN 8). */
  nameKey(contract: string, suite: string, epoch: bigint): Uint8Array;
}

/**
 * Builds the key ring: HKDF-SHA-256 with a label per purpose, and network, channel, suite, contract and epoch as
 * context, so that no two keys share their derivation.
 * @param input rootSecret: 32 bytes
 */
export function createKeyRing(input: { readonly rootSecret: Uint8Array; readonly network: string; readonly channel: string }): KeyRing {
  const { rootSecret, network, channel } = input;
  const derive = (purpose: string, contract: string, suite: string, epoch: bigint): Uint8Array => deriveKey(rootSecret, `broker/${purpose}`, [network, channel, contract, suite, epoch]);
  return {
    envelopeKey: (suite, epoch) => suiteByName(suite).deriveKemKeyPair(deriveKey(rootSecret, 'broker/envelope', [network, channel, suite, epoch])),
    contractKeys: (contract, suite, epoch) => ({
      dataKey: derive('data', contract, suite, epoch),
      nameKey: derive('name', contract, suite, FIRST_NAME_EPOCH),
      randomKey: derive('random', contract, suite, epoch),
      gateKey: derive('gate', contract, suite, epoch),
      eventKey: derive('event', contract, suite, epoch),
    }),
    nameKey: (contract, suite, epoch) => derive('name', contract, suite, epoch),
  };
}
