import { SelvedgeError } from '@selvedge/errors';
import { createDevCa, createSigner, loadDevCa, type DevCa, type IssueInput, type NodeRole, type Signer } from '@selvedge/identity';
import { readKeyPair, writeKeyPair } from '@selvedge/service-kit/launch';
import type { Layout } from './layout.js';
import type { NetworkSettings } from './options.js';
import { ensureUserTls } from './tls.js';

/** Names of the identities that every organisation has. */
export const ADMIN = 'Admin';
export const FIRST_USER = 'User1';
export const PEER = 'peer0';
/** Of organisations that run a submitter. */
export const SUBMITTER = 'submitter';
export const ORDERER = 'orderer0';

/** Every organisation of the network, sorted, each once. */
export function organisationsOf(settings: NetworkSettings): string[] {
  return [...new Set([...settings.businessOrganisations, ...settings.endorserOrganisations, settings.ordererOrganisation])].sort();
}

/** Makes a CA for each organisation, and its users and nodes. */
export async function createIdentities(layout: Layout, settings: NetworkSettings, now: Date): Promise<void> {
  await Promise.all(
    organisationsOf(settings).map(async (mspId) => {
      const ca = await createDevCa(mspId, { now });
      await writeKeyPair(layout.caDirectory(mspId), { certificatePem: ca.rootCertificatePem, privateKeyPem: ca.rootKeyPem });
      const identities: [string, NodeRole][] = [
        [FIRST_USER, 'client'],
        [ADMIN, 'admin'],
        [PEER, 'peer'],
      ];
      if (mspId === settings.ordererOrganisation) identities.push([ORDERER, 'orderer']);
      for (const [name, role] of identities) await issue(layout, ca, name, { commonName: `${name}@${mspId}`, role });
    }),
  );
}

/** Issues one more identity of an organisation: its CA lies in the folder. */
export async function issueIdentity(layout: Layout, mspId: string, name: string, input: IssueInput): Promise<Signer> {
  await issue(layout, await loadCa(layout, mspId), name, input);
  await ensureUserTls(layout, mspId, name);
  return loadSigner(layout, mspId, name);
}

/** Issues the identity that an organisation's submitter goes by, unless it is there: a client's, since on Fabric it sends transactions. */
export async function ensureSubmitterIdentity(layout: Layout, mspId: string): Promise<void> {
  if ((await readKeyPair(layout.userDirectory(mspId, SUBMITTER))) === undefined) await issueIdentity(layout, mspId, SUBMITTER, { commonName: `${SUBMITTER}@${mspId}`, role: 'client' });
}

/** The organisation's CA. Throws INVALID_CONFIGURATION when the folder has none. */
export async function loadCa(layout: Layout, mspId: string): Promise<DevCa> {
  const pair = await readKeyPair(layout.caDirectory(mspId));
  if (pair === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} has no organisation ${mspId}`, { role: 'cli' });
  return loadDevCa({ mspId, rootCertificatePem: pair.certificatePem, rootKeyPem: pair.privateKeyPem });
}

/** A user's identity. Throws INVALID_CONFIGURATION when the folder has none of that name. */
export async function loadSigner(layout: Layout, mspId: string, user: string): Promise<Signer> {
  const pair = await readKeyPair(layout.userDirectory(mspId, user));
  if (pair === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} has no identity ${mspId}/${user}`, { role: 'cli' });
  return createSigner({ mspId, ...pair });
}

/** Administrators of every organisation. */
export function loadAdmins(layout: Layout, settings: NetworkSettings): Promise<Signer[]> {
  return Promise.all(organisationsOf(settings).map((mspId) => loadSigner(layout, mspId, ADMIN)));
}

/** Who hands policy changes over on Fabric: an administrator of an organisation that has a peer. */
export function policySubmitter(layout: Layout, settings: NetworkSettings): Promise<Signer> {
  return loadSigner(layout, settings.businessOrganisations[0] ?? settings.ordererOrganisation, ADMIN);
}

async function issue(layout: Layout, ca: DevCa, name: string, input: IssueInput): Promise<void> {
  await writeKeyPair(layout.userDirectory(ca.mspId, name), await ca.issue(input));
}
