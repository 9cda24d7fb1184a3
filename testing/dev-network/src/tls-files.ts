import { relative } from 'node:path';
import type { ClientTlsFiles } from '@selvedge/client';
import { keyPairFiles } from '@selvedge/service-kit/launch';
import { FIRST_USER } from './identities.js';
import type { Layout } from './layout.js';
import type { NetworkSettings } from './options.js';

/** The `tls` section of a node's configuration, and the files that a client needs. */
export type TlsFiles = Required<{ readonly [key in keyof ClientTlsFiles]: string }>;

export function nodeTlsFiles(layout: Layout, name: string): TlsFiles {
  return tlsFiles(layout, layout.nodeTlsDirectory(name));
}

export function userTlsFiles(layout: Layout, mspId: string, user: string): TlsFiles {
  return tlsFiles(layout, layout.userTlsDirectory(mspId, user));
}

/** What network.json names: certificates of the first business organisation's first user. TLS is no identity; requests are signed. */
export function defaultTlsFiles(layout: Layout, settings: NetworkSettings): TlsFiles {
  return userTlsFiles(layout, settings.businessOrganisations[0] ?? settings.ordererOrganisation, FIRST_USER);
}

/** The same for a file in the network's folder, which may be moved. */
export function relativeTlsFiles(layout: Layout, files: TlsFiles): TlsFiles {
  const { trustedRoots, certificate, privateKey } = files;
  const below = (file: string): string => relative(layout.directory, file);
  return { trustedRoots: below(trustedRoots), certificate: below(certificate), privateKey: below(privateKey) };
}

function tlsFiles(layout: Layout, directory: string): TlsFiles {
  const { certificateFile, privateKeyFile } = keyPairFiles(directory);
  return { trustedRoots: layout.tlsRootsFile, certificate: certificateFile, privateKey: privateKeyFile };
}
