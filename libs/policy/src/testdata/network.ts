import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { SUITE_NAMES, signP256 } from '@selvedge/crypto';
import { createDevCa, createSigner, type DevCa, type NodeRole, type Signer } from '@selvedge/identity';
import { BrokerRootSchema, KeyCommitmentsSchema, NameKeyCommitmentSchema, SignedKeyCommitmentsSchema, SignedNameKeyCommitmentSchema, encodeMessage, signing, type ContractPolicySchema, type KeyCommitments, type NameKeyCommitment, type NetworkProfile, type NetworkProfileSchema } from '@selvedge/protocol';
import { createProfile, parseProfile, type Profile } from '../profile.js';
import { createSignedProfile, signProfile } from '../signed-profile.js';

export const NOW = new Date('2026-06-01T00:00:00Z');
export const MSP_IDS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

export type ProfileInit = Exclude<MessageInitShape<typeof NetworkProfileSchema>, NetworkProfile>;

/** An organisation that can sign. */
export interface TestOrganisation {
  readonly mspId: string;
  readonly ca: DevCa;
  signer(role: NodeRole): Promise<Signer>;
}

/** Makes an organisation with a fresh CA. */
export async function makeOrganisation(mspId: string): Promise<TestOrganisation> {
  const ca = await createDevCa(mspId, { now: NOW });
  const signer = async (role: NodeRole): Promise<Signer> => createSigner({ mspId, ...(await ca.issue({ commonName: `${role}@${mspId}`, role })) });
  return { mspId, ca, signer };
}

/** Three organisations, the first of which also runs the sequencer; two administrators are the quorum. */
export interface TestNetwork {
  readonly organisations: readonly TestOrganisation[];
  readonly admins: readonly Signer[];
  readonly init: ProfileInit;
  readonly profile: Profile;
  readonly signedProfile: Uint8Array;
  /** The key broker's root: a self-signed certificate and its key. */
  readonly broker: { readonly certificate: Uint8Array; readonly key: KeyObject };
}

export async function makeNetwork(): Promise<TestNetwork> {
  const organisations = await Promise.all(MSP_IDS.map(makeOrganisation));
  const admins = await Promise.all(organisations.map((organisation) => organisation.signer('admin')));
  const [first] = organisations as [TestOrganisation];
  const broker = await createDevCa('broker', { now: NOW });
  const init: ProfileInit = {
    network: 'test-network',
    channel: 'trade',
    version: 1n,
    organisations: organisations.map(({ mspId, ca }) => ({ mspId, rootCertificates: [ca.rootCertificate] })),
    adminQuorum: 2,
    viewQuorum: 2,
    allowedSuites: [SUITE_NAMES[0]],
    appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [new Uint8Array(48).fill(7)] }],
    allowSimulated: true,
    simulatedRoots: [first.ca.rootCertificate],
    sequencer: (await first.signer('orderer')).serialized,
  };
  const bytes = createProfile(init);
  return {
    organisations,
    admins,
    init,
    profile: parseProfile(bytes),
    signedProfile: signedBy(bytes, admins),
    broker: { certificate: broker.rootCertificate, key: createPrivateKey(broker.rootKeyPem) },
  };
}

/** SignedProfile bytes by these administrators. */
export function signedBy(profile: Uint8Array, admins: readonly Signer[]): Uint8Array {
  return createSignedProfile(profile, admins.map((admin) => signProfile(profile, admin)));
}

export type ContractInit = MessageInitShape<typeof ContractPolicySchema>;

/** A proper contract policy. */
export const CONTRACT = {
  name: 'diamonds',
  version: '1.0',
  policyVersion: 1n,
  codeHash: new Uint8Array(32).fill(8),
  suite: SUITE_NAMES[0] as string,
  endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
  ownerSets: [
    { name: 'all', owners: ['Org1MSP', 'Org2MSP'], endorsementPolicy: "AND('Org1MSP.peer','Org2MSP.peer')" },
    { name: 'own', owners: ['Org3MSP'], endorsementPolicy: "OR('Org3MSP.peer')" },
  ],
  datasets: [
    { name: '', ownerSet: 'all' },
    { name: 'stones', ownerSet: 'own', members: ['Org3MSP'] },
  ],
  computeQuorum: 1,
  gatedFunctions: ['bid'],
  gateOrganisations: ['Org1MSP'],
  gateQuorum: 1,
  partitionedFunctions: [{ function: 'Total', map: 'Count', reduce: 'Sum' }],
  organisationMap: [{ chaincodeMspId: 'HouseMSP', endorserMspId: 'Org1MSP' }],
  eventReaders: ['Org2MSP'],
  keyAccess: [{ role: 'compute', operatorMspId: 'Org1MSP', nodeIds: ['compute-1'] }],
};

/** BrokerRoot bytes with one envelope key of each of these epochs. */
export function brokerRoot(network: TestNetwork, epochs: readonly bigint[]): Uint8Array {
  const envelopeKeys = epochs.map((epoch) => ({ suite: SUITE_NAMES[0], epoch, publicKey: new Uint8Array(65).fill(4) }));
  return encodeMessage(BrokerRootSchema, { rootCertificate: network.broker.certificate, envelopeKeys });
}

/** SignedKeyCommitments bytes, by the broker unless another key is given. */
export function keyCommitments(network: TestNetwork, change: Partial<Omit<KeyCommitments, '$typeName' | '$unknown'>> = {}, key: KeyObject = network.broker.key): Uint8Array {
  const byte = (n: number): Uint8Array => new Uint8Array(32).fill(n);
  const commitments = encodeMessage(KeyCommitmentsSchema, { contract: CONTRACT.name, epoch: 1n, dataKey: byte(1), nameKey: byte(2), randomKey: byte(3), gateKey: byte(4), eventKey: byte(5), ...change });
  return encodeMessage(SignedKeyCommitmentsSchema, { commitments, signature: signP256(key, signing.keyCommitments(commitments)) });
}

/** SignedNameKeyCommitment bytes, by the broker unless another key is given. */
export function nameKeyCommitment(network: TestNetwork, epoch: bigint, change: Partial<Omit<NameKeyCommitment, '$typeName' | '$unknown'>> = {}, key: KeyObject = network.broker.key): Uint8Array {
  const commitment = encodeMessage(NameKeyCommitmentSchema, { contract: CONTRACT.name, epoch, nameKey: new Uint8Array(32).fill(Number(epoch)), ...change });
  return encodeMessage(SignedNameKeyCommitmentSchema, { commitment, signature: signP256(key, signing.nameKeyCommitment(commitment)) });
}

/** A key that nobody recorded. */
export function strangerKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
