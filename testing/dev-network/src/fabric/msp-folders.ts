import { join } from 'node:path';
import type { NodeRole } from '@selvedge/identity';
import { writeJson, writeWhole, type KeyPairPem } from '@selvedge/service-kit/launch';

const CA_FILE = 'ca.pem';
const NODE_UNITS: readonly [string, NodeRole][] = [
  ['ClientOUIdentifier', 'client'],
  ['PeerOUIdentifier', 'peer'],
  ['AdminOUIdentifier', 'admin'],
  ['OrdererOUIdentifier', 'orderer'],
];

/** Roots of an organisation, PEM. */
export interface MspRoots {
  readonly rootCertificatePem: string;
  readonly tlsRootCertificatePem: string;
}

/** Contents of config.yaml (JSON, which is YAML too): roles come from the organisational units of certificates. */
export function nodeUnitsConfig(): Record<string, unknown> {
  const units = NODE_UNITS.map(([key, unit]) => [key, { Certificate: `cacerts/${CA_FILE}`, OrganizationalUnitIdentifier: unit }] as const);
  return { NodeOUs: { Enable: true, ...Object.fromEntries(units) } };
}

/** Writes an MSP folder as Fabric reads it: roots and config.yaml, and with an identity its certificate and key. */
export async function writeMsp(directory: string, roots: MspRoots, identity?: KeyPairPem): Promise<void> {
  await writeWhole(join(directory, 'cacerts', CA_FILE), roots.rootCertificatePem);
  await writeWhole(join(directory, 'tlscacerts', CA_FILE), roots.tlsRootCertificatePem);
  await writeJson(join(directory, 'config.yaml'), nodeUnitsConfig());
  if (identity === undefined) return;
  await writeWhole(join(directory, 'signcerts', 'cert.pem'), identity.certificatePem);
  await writeWhole(join(directory, 'keystore', 'key.pem'), identity.privateKeyPem, 0o600);
}
