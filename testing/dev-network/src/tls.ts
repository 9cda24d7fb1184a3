import { SelvedgeError } from '@selvedge/errors';
import { createDevTlsCa, loadDevTlsCa, type DevTlsCa } from '@selvedge/identity';
import type { TlsMaterial } from '@selvedge/rpc';
import { readIfPresent, readKeyPair, writeKeyPair, writeWhole } from '@selvedge/service-kit/launch';
import type { Layout } from './layout.js';

/** Every process of a development network listens on this machine alone. */
const NODE_HOSTS = ['127.0.0.1', '::1', 'localhost'];

/**
 * Makes what is missing of the organisations' TLS authorities, the file of all their roots, and certificates of their
 * users: a network from before it had TLS gets them at its next start.
 */
export async function ensureTls(layout: Layout, mspIds: readonly string[], users: readonly string[], now: Date): Promise<void> {
  const authorities = await Promise.all(mspIds.map((mspId) => ensureTlsCa(layout, mspId, now)));
  await writeWhole(layout.tlsRootsFile, authorities.map(({ rootCertificatePem }) => rootCertificatePem).join(''));
  await Promise.all(authorities.flatMap(({ mspId }) => users.map((user) => ensureUserTls(layout, mspId, user))));
}

/** The organisation's TLS authority. Throws INVALID_CONFIGURATION when the folder has none. */
export async function loadTlsCa(layout: Layout, mspId: string): Promise<DevTlsCa> {
  const pair = await readKeyPair(layout.tlsCaDirectory(mspId));
  if (pair === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} has no TLS authority of ${mspId}`, { role: 'cli' });
  return loadDevTlsCa({ mspId, rootCertificatePem: pair.certificatePem, rootKeyPem: pair.privateKeyPem });
}

/** A certificate that an organisation's TLS authority makes for whatever belongs to the network, such as a proxy; not stored. */
export async function issueTlsMaterial(layout: Layout, mspId: string, input: { readonly commonName: string; readonly hosts: readonly string[]; readonly notAfter?: Date }): Promise<TlsMaterial> {
  const trustedRoots = await readIfPresent(layout.tlsRootsFile);
  if (trustedRoots === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.tlsRootsFile} is missing`, { role: 'cli' });
  return { ...(await (await loadTlsCa(layout, mspId)).issueTls(input)), trustedRootsPem: trustedRoots.toString('utf8') };
}

/** Makes a node's TLS certificate and key, unless they are there. */
export async function ensureNodeTls(layout: Layout, { name, mspId }: { readonly name: string; readonly mspId: string }): Promise<void> {
  if ((await readKeyPair(layout.nodeTlsDirectory(name))) !== undefined) return;
  const ca = await loadTlsCa(layout, mspId);
  await writeKeyPair(layout.nodeTlsDirectory(name), await ca.issueTls({ commonName: `${name}.${mspId}`, hosts: NODE_HOSTS }));
}

/** Makes a user's TLS certificate, which no server can use, and its key, unless they are there. */
export async function ensureUserTls(layout: Layout, mspId: string, user: string): Promise<void> {
  if ((await readKeyPair(layout.userTlsDirectory(mspId, user))) !== undefined) return;
  const ca = await loadTlsCa(layout, mspId);
  await writeKeyPair(layout.userTlsDirectory(mspId, user), await ca.issueTls({ commonName: `${user}@${mspId}`, hosts: [] }));
}

async function ensureTlsCa(layout: Layout, mspId: string, now: Date): Promise<DevTlsCa> {
  if ((await readKeyPair(layout.tlsCaDirectory(mspId))) === undefined) {
    const { rootCertificatePem, rootKeyPem } = await createDevTlsCa(mspId, { now });
    await writeKeyPair(layout.tlsCaDirectory(mspId), { certificatePem: rootCertificatePem, privateKeyPem: rootKeyPem });
  }
  return loadTlsCa(layout, mspId);
}
