import { keyAccessRulesSchema } from '@selvedge/contract-package';
import { DEFAULT_SUITE_NAMES, SUITE_NAMES } from '@selvedge/crypto';
import { POLICY_CHAINCODE } from '@selvedge/fabric';
import { z } from 'zod';

const text = z.string().min(1);
const file = text;
const mspId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/, 'is not an MSP id: letters, digits, "." and "-", 64 at most');
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'letters, digits, "_", "." and "-", 64 at most');
const contractName = z.string().regex(/^[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*$/, 'a chaincode name has letters, digits, and single "-" or "_" between them').max(64);
const address = z.string().regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[1-9]\d{0,4}$/, 'is not host:port');
const quorum = z.int().min(1).max(64);

const endpoint = z.strictObject({
  address,
  /** PEM: roots of its TLS certificate. */
  tlsRoots: file,
  /** The name in its TLS certificate, where it is not the address's host. */
  hostnameOverride: text.optional(),
});
const keyPair = z.strictObject({ certificate: file, privateKey: file });

const organisation = z.strictObject({
  mspId,
  /** business: keeps data of its own. endorser: checks and endorses. An organisation may be both. */
  roles: z.array(z.enum(['business', 'endorser'])).min(1),
  peers: z.array(endpoint).min(1),
  /** Where its Selvedge processes are reached: by its peers, and by the others. Ports count up from the first. */
  services: z.strictObject({
    host: text,
    firstPort: z.int().min(1).max(65_435),
    /** Address to bind to instead of the host, such as 0.0.0.0. */
    bind: text.optional(),
  }),
  /** Only of organisations that are operated from this folder. */
  own: z
    .strictObject({
      /** MSP folders (signcerts, keystore) of an administrator, of a peer, and of a client. */
      admin: file,
      peer: file,
      client: file.optional(),
      /** Shown to peers and orderers that ask for a client certificate. */
      clientTls: keyPair.optional(),
      /** TLS certificate of its Selvedge processes, for all of their hosts, and its root; made when left out. */
      serviceTls: keyPair.extend({ root: file }).optional(),
      /** core.yaml of its peer, to check settings that no peer tells. */
      peerConfig: file.optional(),
      /** Variables of its peer's environment, one NAME=VALUE a line; they win over core.yaml. */
      peerEnvironment: file.optional(),
      /** Of a business organisation: the database that its datasets in plaintext are kept in; its business node's own folder when left out. */
      plaintextStore: z
        .strictObject({
          kind: z.literal('postgresql'),
          /** `postgresql://user@host:port/database`, without a password. */
          url: text,
          passwordFile: file.optional(),
          schema: text.optional(),
          tlsRootCertificate: file.optional(),
        })
        .optional(),
    })
    .optional(),
});

const contract = z.strictObject({
  name: contractName,
  /** The chaincode's folder, with its dependencies installed. */
  directory: file,
  worldStateOwners: z.array(mspId).min(1).optional(),
  endorsementPolicy: text.optional(),
  suite: text.optional(),
  computeQuorum: z.int().min(1).max(16).optional(),
  /** What compute nodes are counted by. */
  distinctBy: z.enum(['platform', 'operator', 'teeType']).optional(),
  /** Who may get its keys, within what the profile's rules leave; else as its manifest says. */
  keyAccess: keyAccessRulesSchema.optional(),
});

/** Shape of selvedge-fabric.json. */
export const deploymentSchema = z.strictObject({
  $comment: z.union([z.string(), z.array(z.string())]).optional(),
  /** Name of the Selvedge network; goes into every signature, so that nothing of one network passes in another. */
  network: name,
  channel: name,
  /** TEEs of this release are simulated: for development, without protection by hardware. */
  tee: z.literal('simulated'),
  orderer: endpoint,
  organisations: z.array(organisation).min(1),
  /** The replica that makes the root, and the others, which join it. */
  keyBroker: z.strictObject({ mspId, address }),
  keyBrokerReplicas: z.array(z.strictObject({ mspId, address })).max(8).default([]),
  computeNodes: z.array(z.strictObject({ nodeId: name, mspId, address })).min(1),
  /** Each beside the business node of its organisation, whose people it shows their own data. */
  viewers: z.array(z.strictObject({ nodeId: name, mspId, address })).max(64).default([]),
  /** Crypto suites that the profile allows; a contract that names none uses the first. */
  suites: z.array(z.enum(SUITE_NAMES)).min(1).default([...DEFAULT_SUITE_NAMES]),
  /** Organisations that must approve the profile and every change of policy. */
  adminQuorum: quorum,
  /** Organisations that must agree on a ledger view. */
  viewQuorum: quorum,
  /** How many compute nodes must agree where one with this type of TEE is among them, beside each contract's own computeQuorum. */
  quorumFloors: z.array(z.strictObject({ teeType: z.literal('simulated'), count: z.int().min(1).max(16), distinctBy: z.enum(['platform', 'operator', 'teeType']).default('platform') })).default([]),
  /** Of contracts that have none of their own. */
  endorsementPolicy: text,
  /** Who keeps packets (ciphertext) beside their owners, so that a node that was down recovers. */
  keepers: z.enum(['endorsers', 'none']).default('endorsers'),
  policyChaincode: contractName.default(POLICY_CHAINCODE),
  /** Bytes of packets in the largest transaction that is expected; for the check of block sizes. */
  largestPrivateBytes: z.int().min(1).default(131_072),
  contracts: z.array(contract).default([]),
  /** The profile's rules about who may get keys: of a contract, or with * of all that have none of their own here. */
  keyAccess: z.array(z.strictObject({ contract: z.union([z.literal('*'), contractName]), rules: keyAccessRulesSchema.min(1) })).default([]),
});

/** selvedge-fabric.json: what is deployed on a channel, and what of it is operated from this folder. */
export type Deployment = z.infer<typeof deploymentSchema>;
export type Organisation = Deployment['organisations'][number];
export type OwnOrganisation = Organisation & { readonly own: NonNullable<Organisation['own']> };
export type DeployedContract = Deployment['contracts'][number];
export type Endpoint = Deployment['orderer'];
