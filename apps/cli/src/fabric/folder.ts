import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { readJson, writeJson } from '@selvedge/service-kit/launch';
import { parseDeployment, type Deployment, type Endpoint, type OwnOrganisation, type Organisation } from './deployment.js';
import { fabricLayoutOf, type FabricLayout } from './folder-layout.js';

/** A deployment's folder. Paths in its deployment are absolute. */
export interface FabricFolder {
  readonly layout: FabricLayout;
  readonly deployment: Deployment;
}

/** Whether a folder is a deployment's. */
export function isFabricFolder(directory: string): boolean {
  return existsSync(fabricLayoutOf(resolve(directory)).deploymentFile);
}

/** Opens a deployment's folder. Throws INVALID_CONFIGURATION. */
export async function openFabricFolder(directory: string): Promise<FabricFolder> {
  const layout = fabricLayoutOf(resolve(directory));
  return { layout, deployment: absolute(layout.directory, await readDeployment(layout)) };
}

/** The deployment as its file has it: paths relative to the folder stay so. */
export async function readDeployment(layout: FabricLayout): Promise<Deployment> {
  const value = await readJson(layout.deploymentFile);
  if (value === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} holds no deployment; "selvedge fabric init" makes one, --dir names another folder`, { role: 'cli' });
  }
  return parseDeployment(value, layout.deploymentFile);
}

/** Checks a deployment and writes it. Throws INVALID_CONFIGURATION. */
export async function writeDeployment(layout: FabricLayout, deployment: Deployment): Promise<void> {
  await writeJson(layout.deploymentFile, parseDeployment(deployment, layout.deploymentFile));
}

/** Organisations that are operated from this folder. */
export function ownOrganisations({ organisations }: Deployment): OwnOrganisation[] {
  return organisations.filter(isOwn);
}

function isOwn(organisation: Organisation): organisation is OwnOrganisation {
  return organisation.own !== undefined;
}

function absolute(directory: string, deployment: Deployment): Deployment {
  const at = (path: string): string => resolve(directory, path);
  const pair = (files: { certificate: string; privateKey: string }) => ({ certificate: at(files.certificate), privateKey: at(files.privateKey) });
  const endpoint = (reached: Endpoint): Endpoint => ({ ...reached, tlsRoots: at(reached.tlsRoots) });
  const own = ({ admin, peer, client, clientTls, serviceTls, peerConfig, peerEnvironment, plaintextStore }: OwnOrganisation['own']): OwnOrganisation['own'] => ({
    admin: at(admin),
    peer: at(peer),
    ...(client === undefined ? {} : { client: at(client) }),
    ...(clientTls === undefined ? {} : { clientTls: pair(clientTls) }),
    ...(serviceTls === undefined ? {} : { serviceTls: { ...pair(serviceTls), root: at(serviceTls.root) } }),
    ...(peerConfig === undefined ? {} : { peerConfig: at(peerConfig) }),
    ...(peerEnvironment === undefined ? {} : { peerEnvironment: at(peerEnvironment) }),
    ...(plaintextStore === undefined ? {} : { plaintextStore: { ...plaintextStore, ...filesOf(plaintextStore) } }),
  });
  const filesOf = ({ passwordFile, tlsRootCertificate }: NonNullable<OwnOrganisation['own']['plaintextStore']>) => ({
    ...(passwordFile === undefined ? {} : { passwordFile: at(passwordFile) }),
    ...(tlsRootCertificate === undefined ? {} : { tlsRootCertificate: at(tlsRootCertificate) }),
  });
  return {
    ...deployment,
    orderer: endpoint(deployment.orderer),
    organisations: deployment.organisations.map((organisation) => ({
      ...organisation,
      peers: organisation.peers.map(endpoint),
      ...(organisation.own === undefined ? {} : { own: own(organisation.own) }),
    })),
    contracts: deployment.contracts.map((contract) => ({ ...contract, directory: at(contract.directory) })),
  };
}
