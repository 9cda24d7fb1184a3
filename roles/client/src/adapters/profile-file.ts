import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { parseConnectionProfile, type ConnectionProfile } from '../domain/connection-profile.js';

/** Reads a connection profile (network.json); its paths come back absolute. Throws INVALID_CONFIGURATION. */
export async function loadConnectionProfile(file: string): Promise<ConnectionProfile> {
  const profile = parseConnectionProfile(parseJson(file, (await read(file)).toString('utf8')));
  const folder = dirname(file);
  const pins = profile.pins === undefined ? {} : { pins: resolve(folder, profile.pins) };
  return { ...profile, signedProfile: resolve(folder, profile.signedProfile), ...pins, tls: resolveTls(folder, profile.tls), ...resolveFabric(folder, profile.fabric) };
}

function resolveFabric(folder: string, fabric: ConnectionProfile['fabric']): Pick<ConnectionProfile, 'fabric'> {
  if (fabric === undefined) return {};
  const { tls, peers } = fabric;
  return {
    fabric: {
      ...fabric,
      peers: peers.map((peer) => ({ ...peer, tlsRootCertificate: resolve(folder, peer.tlsRootCertificate) })),
      ...(tls === undefined ? {} : { tls: { certificate: resolve(folder, tls.certificate), privateKey: resolve(folder, tls.privateKey) } }),
    },
  };
}

function resolveTls(folder: string, tls: ConnectionProfile['tls']): ConnectionProfile['tls'] {
  if (tls === 'off') return 'off';
  const { trustedRoots, certificate, privateKey } = tls;
  return {
    trustedRoots: resolve(folder, trustedRoots),
    ...(certificate === undefined ? {} : { certificate: resolve(folder, certificate) }),
    ...(privateKey === undefined ? {} : { privateKey: resolve(folder, privateKey) }),
  };
}

/** Reads the SignedProfile bytes that a connection profile names. Throws INVALID_CONFIGURATION. */
export async function loadSignedProfile(profile: ConnectionProfile): Promise<Uint8Array> {
  return new Uint8Array(await read(profile.signedProfile));
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'client', cause });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: not JSON`, { role: 'client', cause });
  }
}
