import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { createDevCa, createSigner, type Signer } from '@selvedge/identity';
import { CHANNEL_EPOCH, facts, type FactReader } from '@selvedge/policy';
import {
  BrokerRootSchema,
  ChallengeAnswerSchema,
  ContractPolicySchema,
  encodeMessage,
  KeyBundleSchema,
  KeyReleaseSchema,
  SignedKeyCommitmentsSchema,
  type KeyRelease,
  type TeeBindingSchema,
} from '@selvedge/protocol';
import { createBrokerRoot, issueTeeCertificate } from '../certificate/issue.js';
import { commitToKeys, signKeyCommitments, type CommittedKeys } from '../key-commitments.js';
import { keyReleaseAad, keyReleaseInfo } from '../node-statement.js';
import { createKeyRequest, type PendingKeyRequest } from '../key-release/request.js';
import { AT, createAttester, createTestProfile } from './setting.js';

/** For the tests of key release: a broker's keys, the ledger that records them, and releases as a broker makes them. */

export const SUITE = 'P256-AES256GCM-SHA256';
export const CONTRACT = 'diamonds';
export const profile = createTestProfile();
export const broker = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
export const envelopeKey: KemKeyPair = suiteByName(SUITE).generateKemKeyPair();
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
export const keys: CommittedKeys = { dataKey: key(1), nameKey: key(2), randomKey: key(3), gateKey: key(4), eventKey: key(5) };

export interface TestLedger extends FactReader {
  readonly facts: Map<string, Uint8Array>;
}

const policy = (suite: string): Uint8Array =>
  encodeMessage(ContractPolicySchema, {
    name: CONTRACT,
    version: '1',
    policyVersion: 1n,
    codeHash: key(7),
    suite,
    endorsementPolicy: "OR('Org1MSP.peer')",
    ownerSets: [{ name: 'all', owners: ['Org1MSP'], endorsementPolicy: "OR('Org1MSP.peer')" }],
    datasets: [{ name: '', ownerSet: 'all' }],
    computeQuorum: 1,
  });

/** The ledger after bootstrap and one deployment. */
export function createLedger(suite = SUITE): TestLedger {
  const record = (epoch: bigint): Uint8Array => encodeMessage(BrokerRootSchema, { rootCertificate: broker.certificate, envelopeKeys: [{ suite: SUITE, epoch, publicKey: envelopeKey.publicKey }] });
  const values = new Map([
    [facts.brokerRoot, record(1n)],
    [facts.epoch(CHANNEL_EPOCH, 1n), record(1n)],
    [facts.contract(CONTRACT), policy(suite)],
    [facts.epoch(CONTRACT, 1n), commitments(1n)],
  ]);
  return { facts: values, fact: (name) => values.get(name) };
}

/** Value of an epoch's fact. */
export function commitments(epoch: bigint): Uint8Array {
  return encodeMessage(SignedKeyCommitmentsSchema, signKeyCommitments(commitToKeys(CONTRACT, epoch, keys), broker.privateKey));
}

const ca = await createDevCa('Org1MSP', { now: AT });
export const operator: Signer = createSigner({ mspId: 'Org1MSP', ...(await ca.issue({ commonName: 'peer0', role: 'peer' })) });
export const challenge = create(ChallengeAnswerSchema, { nonce: key(0xcc), profileDigest: profile.digest });

export function createPending(): Promise<PendingKeyRequest> {
  return createKeyRequest({ attester: createAttester(), suite: SUITE, nodeId: 'node-1', operator, challenge, profile });
}

/** What the broker puts into a release; each part can be replaced by a faulty one. */
export interface ReleaseFaults {
  readonly binding?: MessageInitShape<typeof TeeBindingSchema>;
  readonly certifiedKey?: Uint8Array;
  readonly bundle?: MessageInitShape<typeof KeyBundleSchema>;
  readonly nonce?: Uint8Array;
  readonly nodeId?: string;
  readonly network?: string;
  readonly channel?: string;
  readonly aadCertificate?: Uint8Array;
  readonly issuer?: typeof broker;
}

export const goodBundle = {
  envelopeKeys: [{ suite: SUITE, epoch: 1n, ...envelopeKey }],
  contracts: [{ contract: CONTRACT, suite: SUITE, nameKey: keys.nameKey, epochs: [{ epoch: 1n, ...keys }] }],
} satisfies MessageInitShape<typeof KeyBundleSchema>;

/** A release as a broker makes it for this request. */
export async function createRelease({ request }: PendingKeyRequest, faults: ReleaseFaults = {}): Promise<KeyRelease> {
  const issuer = faults.issuer ?? broker;
  const certificate = await issueTeeCertificate({
    rootKey: issuer.privateKey,
    rootCertificate: issuer.certificate,
    subjectPublicKeyDer: faults.certifiedKey ?? request.signingKey,
    binding: { network: 'net', channel: 'chan', role: 'compute', nodeId: request.nodeId, operatorMspId: 'Org1MSP', teeType: 'simulated', suite: request.suite, epoch: 1n, ...faults.binding },
    now: AT,
    validityMs: 3600_000,
  });
  const { nonce = request.nonce, nodeId = request.nodeId, network = 'net', channel = 'chan' } = faults;
  const info = keyReleaseInfo({ nonce, nodeId, network, channel });
  const aad = keyReleaseAad(faults.aadCertificate ?? certificate, issuer.certificate);
  const sealed = suiteByName(SUITE).hpkeSeal(request.ephemeralKey, info, aad, encodeMessage(KeyBundleSchema, faults.bundle ?? goodBundle));
  return create(KeyReleaseSchema, { certificate, issuer: issuer.certificate, ...sealed });
}
