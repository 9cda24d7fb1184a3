import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createDevTlsCa, loadDevTlsCa, type DevTlsCa } from '@selvedge/identity';
import { keyPairFiles, readIfPresent, readKeyPair, writeKeyPair, writeWhole } from '@selvedge/service-kit/launch';
import { SelvedgeError } from '@selvedge/errors';
import type { Deployment, OwnOrganisation } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import { ownOrganisations } from './folder.js';

/** Files of a TLS certificate and its key. */
export interface TlsPairFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

const LOCAL_HOSTS = ['127.0.0.1', 'localhost'];

/**
 * Makes what is missing of the TLS authorities of the organisations operated here, lays their roots into the shared
 * folder, and gathers the roots of every organisation. Resolves with organisations whose root is not in the shared
 * folder yet. Throws INVALID_CONFIGURATION.
 */
export async function ensureTlsRoots(layout: FabricLayout, deployment: Deployment): Promise<string[]> {
  for (const organisation of ownOrganisations(deployment)) {
    const { serviceTls } = organisation.own;
    const root = serviceTls === undefined ? (await ensureTlsCa(layout, organisation.mspId)).rootCertificatePem : await readPem(serviceTls.root);
    await writeWhole(layout.sharedTlsRoot(organisation.mspId), root);
  }
  const roots: string[] = [];
  const missing: string[] = [];
  for (const { mspId } of deployment.organisations) {
    const root = await readIfPresent(layout.sharedTlsRoot(mspId));
    if (root === undefined) missing.push(mspId);
    else roots.push(root.toString('utf8').trimEnd());
  }
  await writeWhole(layout.trustedRoots, `${roots.join('\n')}\n`);
  return missing;
}

/**
 * TLS certificate of one process of an organisation: the user's, or one that its authority here makes and keeps.
 * @param hosts none for a certificate that no server can use
 */
export async function ensureServiceTls(layout: FabricLayout, { mspId, own }: OwnOrganisation, name: string, hosts: readonly string[]): Promise<TlsPairFiles> {
  if (own.serviceTls !== undefined) return { certificate: own.serviceTls.certificate, privateKey: own.serviceTls.privateKey };
  const directory = layout.serviceTls(name);
  const present = await readKeyPair(directory);
  if (present === undefined || !isFor(present.certificatePem, hosts)) {
    const ca = await ensureTlsCa(layout, mspId);
    const all = hosts.length === 0 ? [] : [...new Set([...hosts, ...LOCAL_HOSTS])];
    await writeKeyPair(directory, await ca.issueTls({ commonName: `${name}.${mspId}`, hosts: all }));
  }
  const { certificateFile, privateKeyFile } = keyPairFiles(directory);
  return { certificate: certificateFile, privateKey: privateKeyFile };
}

/** Name of the certificate that an organisation's peers show to its chaincodes. */
export function peerClientTls(mspId: string): string {
  return `peer-of-${mspId}`;
}

/** Name of the certificate of an organisation's people and programs. */
export function clientTlsName(mspId: string): string {
  return `client-of-${mspId}`;
}

async function ensureTlsCa(layout: FabricLayout, mspId: string): Promise<DevTlsCa> {
  const present = await readKeyPair(layout.tlsCa(mspId));
  if (present !== undefined) return loadDevTlsCa({ mspId, rootCertificatePem: present.certificatePem, rootKeyPem: present.privateKeyPem });
  const made = await createDevTlsCa(mspId, { now: new Date() });
  await writeKeyPair(layout.tlsCa(mspId), { certificatePem: made.rootCertificatePem, privateKeyPem: made.rootKeyPem });
  return made;
}

/** A host that was changed in the deployment needs a new certificate. */
function isFor(certificatePem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(certificatePem);
  return hosts.every((host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined);
}

async function readPem(file: string): Promise<string> {
  const content = await readIfPresent(file);
  if (content === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'cli' });
  return content.toString('utf8');
}
