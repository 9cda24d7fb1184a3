import type { KeyObject } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { equalBytes, isP256SignatureValid, signP256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { FIRST_NAME_EPOCH, parseNameKeyCommitment, type ContractNames } from '@selvedge/policy';
import {
  encodeMessage,
  keyCommitment,
  KeyCommitmentsSchema,
  LIMITS,
  NameKeyCommitmentSchema,
  parseMessage,
  SignedKeyCommitmentsSchema,
  SignedNameKeyCommitmentSchema,
  signing,
  type KeyCommitments,
  type NameKeyCommitment,
  type SignedKeyCommitments,
  type SignedNameKeyCommitment,
} from '@selvedge/protocol';
import { parseBrokerRoot } from './certificate/verify.js';

/** The secret keys of one contract's epoch, 32 bytes each. The name key is the first one: those of migrations are committed to apart. */
export interface CommittedKeys {
  readonly dataKey: Uint8Array;
  readonly nameKey: Uint8Array;
  readonly randomKey: Uint8Array;
  readonly gateKey: Uint8Array;
  readonly eventKey: Uint8Array;
}

const PURPOSES = [
  ['dataKey', 'data'],
  ['nameKey', 'name'],
  ['randomKey', 'random'],
  ['gateKey', 'gate'],
  ['eventKey', 'event'],
] as const;

/** KeyCommitments bytes. */
export function commitToKeys(contract: string, epoch: bigint, keys: CommittedKeys): Uint8Array {
  return encodeMessage(KeyCommitmentsSchema, {
    contract,
    epoch,
    dataKey: keyCommitment('data', keys.dataKey),
    nameKey: keyCommitment('name', keys.nameKey),
    randomKey: keyCommitment('random', keys.randomKey),
    gateKey: keyCommitment('gate', keys.gateKey),
    eventKey: keyCommitment('event', keys.eventKey),
  });
}

/** Signs KeyCommitments bytes with the broker's root. Encoded, it is the value of an epoch's fact. */
export function signKeyCommitments(commitments: Uint8Array, rootKey: KeyObject): SignedKeyCommitments {
  return create(SignedKeyCommitmentsSchema, { commitments, signature: signP256(rootKey, signing.keyCommitments(commitments)) });
}

/**
 * Verifies SignedKeyCommitments bytes against a broker's root (DER), for one contract and epoch.
 * Throws MALFORMED_MESSAGE, TEE_CERTIFICATE_INVALID, SIGNATURE_INVALID, or BROKER_STATE_MISMATCH when they are of another contract or epoch.
 */
export function verifyKeyCommitments(signed: Uint8Array, rootCertificateDer: Uint8Array, expected: { readonly contract: string; readonly epoch: bigint }): KeyCommitments {
  const { commitments, signature } = parseMessage(SignedKeyCommitmentsSchema, signed, LIMITS.maxFactBytes);
  if (!isP256SignatureValid(parseBrokerRoot(rootCertificateDer).publicKey, signing.keyCommitments(commitments), signature)) {
    throw new SelvedgeError('SIGNATURE_INVALID', 'key commitments are not signed by this key broker');
  }
  const message = parseMessage(KeyCommitmentsSchema, commitments, LIMITS.maxFactBytes);
  if (message.contract !== expected.contract) throw new SelvedgeError('BROKER_STATE_MISMATCH', 'key commitments are of another contract');
  if (message.epoch !== expected.epoch) throw new SelvedgeError('BROKER_STATE_MISMATCH', 'key commitments are of another epoch');
  return message;
}

/**
 * Throws BROKER_STATE_MISMATCH unless the keys are those that the ledger's fact (SignedKeyCommitments bytes) commits to.
 * Also throws what verifyKeyCommitments throws.
 */
export function verifyCommittedKeys(input: {
  readonly fact: Uint8Array;
  readonly rootCertificate: Uint8Array;
  readonly contract: string;
  readonly epoch: bigint;
  /** Those that are there; each is checked. */
  readonly keys: Partial<CommittedKeys>;
}): void {
  const { contract, epoch } = input;
  const recorded = verifyKeyCommitments(input.fact, input.rootCertificate, { contract, epoch });
  const isCommitted = PURPOSES.every(([name, purpose]) => {
    const key = input.keys[name];
    return key === undefined || equalBytes(recorded[name], keyCommitment(purpose, key));
  });
  if (!isCommitted) {
    throw new SelvedgeError('BROKER_STATE_MISMATCH', `keys of contract ${contract}, epoch ${String(epoch)}, differ from their commitments on the ledger`);
  }
}

/** NameKeyCommitment bytes. @param epoch of the name key, 2 or above: the first one is committed to with a contract's other keys */
export function commitToNameKey(contract: string, epoch: bigint, nameKey: Uint8Array): Uint8Array {
  return encodeMessage(NameKeyCommitmentSchema, { contract, epoch, nameKey: keyCommitment('name', nameKey) });
}

/** Signs NameKeyCommitment bytes with the broker's root. */
export function signNameKeyCommitment(commitment: Uint8Array, rootKey: KeyObject): SignedNameKeyCommitment {
  return create(SignedNameKeyCommitmentSchema, { commitment, signature: signP256(rootKey, signing.nameKeyCommitment(commitment)) });
}

/**
 * Verifies SignedNameKeyCommitment bytes as verifyKeyCommitments does: MALFORMED_MESSAGE, TEE_CERTIFICATE_INVALID, SIGNATURE_INVALID,
 * or BROKER_STATE_MISMATCH when it is of another contract or epoch.
 */
export function verifyNameKeyCommitment(signed: Uint8Array, rootCertificateDer: Uint8Array, expected: { readonly contract: string; readonly epoch: bigint }): NameKeyCommitment {
  const { message, bytes, signature } = parseNameKeyCommitment(signed);
  if (!isP256SignatureValid(parseBrokerRoot(rootCertificateDer).publicKey, signing.nameKeyCommitment(bytes), signature)) throw new SelvedgeError('SIGNATURE_INVALID', 'a name key’s commitment is not signed by this key broker');
  if (message.contract !== expected.contract) throw new SelvedgeError('BROKER_STATE_MISMATCH', 'a name key’s commitment is of another contract');
  if (message.epoch !== expected.epoch) throw new SelvedgeError('BROKER_STATE_MISMATCH', 'a name key’s commitment is of another epoch');
  return message;
}

/** Throws BROKER_STATE_MISMATCH unless a later name key is the one that the ledger commits to, and what verifyNameKeyCommitment throws. */
export function verifyCommittedNameKey(input: { readonly names: Pick<ContractNames, 'commitments'>; readonly rootCertificate: Uint8Array; readonly contract: string; readonly epoch: bigint; readonly nameKey: Uint8Array }): void {
  const { names, contract, epoch, nameKey } = input;
  const signed = names.commitments[Number(epoch - FIRST_NAME_EPOCH) - 1];
  const differs = new SelvedgeError('BROKER_STATE_MISMATCH', `the name key of contract ${contract}, epoch ${String(epoch)}, differs from its commitment on the ledger`);
  if (signed === undefined) throw differs;
  const recorded = verifyNameKeyCommitment(signed, input.rootCertificate, { contract, epoch });
  if (!equalBytes(recorded.nameKey, keyCommitment('name', nameKey))) throw differs;
}
