import { readFileSync } from 'node:fs';
import { SelvedgeError } from '@selvedge/errors';
import type { TlsSetting } from '@selvedge/rpc';
import type { ConnectionProfile } from '../domain/connection-profile.js';

/**
 * Reads the files that a connection profile's `tls` section names: what connectRpc needs to reach the network's nodes.
 * Throws INVALID_CONFIGURATION when a file cannot be read or the section names no client certificate, which every node
 * asks for.
 */
export function loadTls({ tls }: Pick<ConnectionProfile, 'tls'>): TlsSetting {
  if (tls === 'off') return 'off';
  if (tls.certificate === undefined || tls.privateKey === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', 'connection profile: tls names no client certificate and key; every node asks for one', { role: 'client' });
  }
  return { trustedRootsPem: read(tls.trustedRoots), certificatePem: read(tls.certificate), privateKeyPem: read(tls.privateKey) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'client', cause });
  }
}
