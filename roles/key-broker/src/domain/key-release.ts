import { issueTeeCertificate, keyReleaseAad, keyReleaseInfo, type CommittedKeys } from '@selvedge/attestation';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { suiteByName, type SealedBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { FIRST_NAME_EPOCH } from '@selvedge/policy';
import { encodeMessage, KeyBundleSchema, type ContractKeysSchema, type EnvelopeKeySchema, type KeyReleaseSchema } from '@selvedge/protocol';
import type { BrokerState } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import type { KeyRing } from './key-derivation.js';
import type { ReleaseDecision } from './release-decision.js';

/** Ceiling of a certificate's life by the clock; by the ledger it ends with its channel epoch. */
export const CERTIFICATE_VALIDITY_MS = 90 * 24 * 3600 * 1000;

const NO_KEY = new Uint8Array(0);

export interface KeyReleaseInput {
  readonly request: AuthorisedRequest;
  readonly decision: ReleaseDecision;
  readonly state: BrokerState;
  readonly ring: KeyRing;
  readonly now: Date;
}

/**
 * Carries a decision out: the certificate, and the keys sealed to the node's ephemeral key.
 * Rejects with MALFORMED_MESSAGE when the ephemeral key is not a key of the suite.
 */
export async function createKeyRelease(input: KeyReleaseInput): Promise<MessageInitShape<typeof KeyReleaseSchema>> {
  const { request, state } = input;
  const { network, channel, rootCertificate: issuer } = state;
  const certificate = await createCertificate(input);
  const bundle = encodeMessage(KeyBundleSchema, { envelopeKeys: envelopeKeys(input), contracts: contractKeys(input) });
  const info = keyReleaseInfo({ nonce: request.nonce, nodeId: request.nodeId, network, channel });
  const { enc, ciphertext } = seal(request, info, keyReleaseAad(certificate, issuer), bundle);
  return { certificate, issuer, enc, ciphertext };
}

function createCertificate({ request, decision, state, now }: KeyReleaseInput): Promise<Uint8Array> {
  const { teeType, platformId, measurement } = request.attestation;
  return issueTeeCertificate({
    rootKey: state.rootKey,
    rootCertificate: state.rootCertificate,
    subjectPublicKeyDer: request.signingKey,
    binding: {
      network: state.network,
      channel: state.channel,
      role: request.role,
      nodeId: request.nodeId,
      operatorMspId: request.operatorMspId,
      operatorCertificateHash: request.operatorCertificateHash,
      operatorName: request.operatorName,
      teeType,
      platformId,
      measurement,
      evidenceDigest: request.evidenceDigest,
      suite: request.suite,
      epoch: decision.channelEpoch,
    },
    now,
    validityMs: CERTIFICATE_VALIDITY_MS,
  });
}

function envelopeKeys({ request, decision, ring }: KeyReleaseInput): MessageInitShape<typeof EnvelopeKeySchema>[] {
  const { suite } = request;
  return decision.envelopeEpochs.map((epoch) => ({ suite, epoch, ...ring.envelopeKey(suite, epoch) }));
}

function contractKeys({ decision, ring }: KeyReleaseInput): MessageInitShape<typeof ContractKeysSchema>[] {
  return decision.contracts.map(({ contract, suite, epochs, laterNames, purposes }) => {
    const released = (epoch: bigint): Partial<CommittedKeys> => {
      const keys = ring.contractKeys(contract, suite, epoch);
      return Object.fromEntries(purposes.map((purpose) => [purpose, keys[purpose]]));
    };
    return {
      contract,
      suite,
      nameKey: purposes.includes('nameKey') ? ring.nameKey(contract, suite, FIRST_NAME_EPOCH) : NO_KEY,
      laterNameKeys: laterNames.map((epoch) => ({ epoch, nameKey: ring.nameKey(contract, suite, epoch) })),
      epochs: epochs.map((epoch) => {
        const { dataKey = NO_KEY, randomKey = NO_KEY, gateKey = NO_KEY, eventKey = NO_KEY } = released(epoch);
        return { epoch, dataKey, randomKey, gateKey, eventKey };
      }),
    };
  });
}

function seal(request: AuthorisedRequest, info: Uint8Array, aad: Uint8Array, bundle: Uint8Array): SealedBytes {
  try {
    return suiteByName(request.suite).hpkeSeal(request.ephemeralKey, info, aad, bundle);
  } catch (cause) {
    throw new SelvedgeError('MALFORMED_MESSAGE', 'ephemeral key: not a key of the suite', { cause });
  }
}
