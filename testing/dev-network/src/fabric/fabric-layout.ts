import { join } from 'node:path';
import type { Layout } from '../layout.js';

/** Where the Fabric side of a network lies: below fabric/ of its folder; its processes lie beside the others, under nodes/. */
export interface FabricLayout {
  readonly directory: string;
  readonly planFile: string;
  /** Folder with configtx.yaml. */
  readonly channelDirectory: string;
  /** The channel's first block. */
  readonly genesisBlock: string;
  /** Folder with core.yaml for the peer command as a client. */
  readonly clientConfigDirectory: string;
  /** External builder for chaincode as a service. */
  readonly builderDirectory: string;
  /** An organisation's MSP for the channel: certificates, no key. */
  organisationMsp(mspId: string): string;
  /** MSP of an organisation's identity, with its key. */
  identityMsp(mspId: string, user: string): string;
  /** Root certificate of an organisation's TLS certificates, PEM. */
  tlsRoot(mspId: string): string;
}

export function fabricLayout(layout: Layout): FabricLayout {
  const directory = join(layout.directory, 'fabric');
  const organisation = (mspId: string): string => join(directory, 'organisations', mspId);
  return {
    directory,
    planFile: join(directory, 'plan.json'),
    channelDirectory: join(directory, 'channel'),
    genesisBlock: join(directory, 'channel', 'genesis.block'),
    clientConfigDirectory: join(directory, 'client'),
    builderDirectory: join(directory, 'builder'),
    organisationMsp: (mspId) => join(organisation(mspId), 'msp'),
    identityMsp: (mspId, user) => join(organisation(mspId), 'identities', user, 'msp'),
    tlsRoot: (mspId) => join(organisation(mspId), 'msp', 'tlscacerts', 'ca.pem'),
  };
}
