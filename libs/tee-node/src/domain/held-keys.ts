import type { OpenedKeyRelease } from '@selvedge/attestation';
import type { KemKeyPair, SigningKeyPair, Suite } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { FIRST_NAME_EPOCH } from '@selvedge/policy';
import type { EpochKeys, NodeEvidence } from '@selvedge/protocol';
import { createNameKeys, type NameKeys } from '@selvedge/sealed-objects';
import type { TeeBinding } from '@selvedge/protocol';
import type { CertifiedSigner } from '../ports.js';

/** Keys of one contract. Secret. */
export interface HeldContractKeys {
  /** Names under an epoch of the name key; undefined: this node does not hold that one. */
  names(epoch: bigint): NameKeys | undefined;
  /** undefined: this node does not hold that epoch. */
  epoch(epoch: bigint): EpochKeys | undefined;
}

/** All that the key broker released to this node, by one attestation per suite. Secret. */
export interface HeldKeys {
  /** undefined: this node does not hold that epoch. */
  envelopeKey(suite: string, epoch: bigint): KemKeyPair | undefined;
  /** Throws NOT_READY when this node has no certificate of that suite. */
  signer(suite: string): CertifiedSigner;
  contract(name: string): HeldContractKeys | undefined;
  /** Names, sorted. */
  readonly contracts: readonly string[];
  /** What the broker certified of this node, one per suite. */
  readonly bindings: readonly TeeBinding[];
  /** When the first certificate ends. */
  readonly notAfter: Date;
}

/** One opened release and the key that its certificate is for. */
export interface SuiteRelease {
  readonly suite: Suite;
  readonly signingKeys: SigningKeyPair;
  /** What it was released on. */
  readonly evidence: NodeEvidence;
  readonly release: Pick<OpenedKeyRelease, 'certificate' | 'envelopeKeys' | 'contracts'>;
}

/** Puts the releases of all suites together. */
export function createHeldKeys(releases: readonly SuiteRelease[]): HeldKeys {
  const envelopeKeys = new Map<string, KemKeyPair>();
  const signers = new Map<string, CertifiedSigner>();
  const contracts = new Map<string, HeldContractKeys>();
  for (const { suite, signingKeys, evidence, release } of releases) {
    for (const key of release.envelopeKeys) envelopeKeys.set(envelopeId(key.suite, key.epoch), key);
    signers.set(suite.name, { suite: suite.name, certificate: release.certificate.der, publicKeyDer: signingKeys.publicKeyDer, evidence, sign: (message) => suite.sign(signingKeys.privateKey, message) });
    for (const keys of release.contracts) {
      const epochs = new Map(keys.epochs.map((epoch) => [epoch.epoch, epoch]));
      // A viewer whose organisation may open a contract's events alone holds none.
      const first = keys.nameKey.length === 0 ? [] : [{ epoch: FIRST_NAME_EPOCH, nameKey: keys.nameKey }];
      const names = new Map([...first, ...keys.laterNameKeys].map(({ epoch, nameKey }) => [epoch, createNameKeys(keys.suite, nameKey)]));
      contracts.set(keys.contract, { names: (epoch) => names.get(epoch), epoch: (epoch) => epochs.get(epoch) });
    }
  }
  return {
    envelopeKey: (suite, epoch) => envelopeKeys.get(envelopeId(suite, epoch)),
    signer(suite) {
      const signer = signers.get(suite);
      if (signer === undefined) throw new SelvedgeError('NOT_READY', `this node has no certificate of suite ${suite}`);
      return signer;
    },
    contract: (name) => contracts.get(name),
    contracts: [...contracts.keys()].sort(),
    bindings: releases.map(({ release }) => release.certificate.binding),
    notAfter: new Date(Math.min(...releases.map(({ release }) => release.certificate.notAfter.getTime()))),
  };
}

function envelopeId(suite: string, epoch: bigint): string {
  return `${suite} ${String(epoch)}`;
}
