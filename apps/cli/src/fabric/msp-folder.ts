import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { createSigner, NODE_ROLES, type NodeRole, type Signer } from '@selvedge/identity';

/** The files of an MSP folder that hold its identity. */
export interface MspIdentityFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** An MSP folder with the role that its certificate's organisational unit grants. */
export interface FoundMsp extends MspIdentityFiles {
  readonly directory: string;
  readonly role: NodeRole;
}

const MAX_DEPTH = 6;

/**
 * Finds the certificate of an MSP folder (signcerts) and its private key: the one that belongs to it, since enrolling
 * again leaves older ones in keystore. Throws INVALID_CONFIGURATION.
 */
export async function findIdentityFiles(directory: string): Promise<MspIdentityFiles> {
  const [certificateFile, ...more] = await filesIn(join(directory, 'signcerts'));
  if (certificateFile === undefined) throw refusal(`${join(directory, 'signcerts')} holds no file; an MSP folder has signcerts and keystore`);
  if (more.length > 0) throw refusal(`${join(directory, 'signcerts')} holds ${String(more.length + 1)} files; one certificate is expected`);
  const certificatePem = await readFile(certificateFile, 'utf8');
  for (const privateKeyFile of await filesIn(join(directory, 'keystore'))) {
    if (belongsTo(certificatePem, await readFile(privateKeyFile, 'utf8'))) return { certificateFile, privateKeyFile };
  }
  throw refusal(`${join(directory, 'keystore')} holds no private key of the certificate in ${certificateFile}`);
}

/** The identity of an MSP folder. Throws INVALID_CONFIGURATION. */
export async function loadMspSigner(mspId: string, directory: string): Promise<Signer> {
  const { certificateFile, privateKeyFile } = await findIdentityFiles(directory);
  return createSigner({ mspId, certificatePem: await readFile(certificateFile, 'utf8'), privateKeyPem: await readFile(privateKeyFile, 'utf8') });
}

/**
 * Looks for MSP folders with an identity in a folder and below it, such as an organisation's folder as cryptogen or a
 * Fabric CA client leaves it. Sorted by path; folders whose certificate grants no role are left out.
 */
export async function findMspFolders(directory: string): Promise<FoundMsp[]> {
  const found: FoundMsp[] = [];
  await walk(directory, 0, async (folder) => {
    const files = await findIdentityFiles(folder);
    const role = roleOfCertificate(await readFile(files.certificateFile, 'utf8'));
    if (role !== undefined) found.push({ directory: folder, role, ...files });
  });
  return found.sort((a, b) => (a.directory < b.directory ? -1 : 1));
}

/** The TLS client certificate that cryptogen and Fabric's examples lay beside an MSP folder: ../tls/client.crt and client.key. */
export async function findClientTls(mspDirectory: string): Promise<{ readonly certificate: string; readonly privateKey: string } | undefined> {
  return clientTlsIn(join(dirname(mspDirectory), 'tls'));
}

/** A TLS client certificate and key in a folder: client.crt and client.key, or cert.pem and key.pem. */
export async function clientTlsIn(directory: string): Promise<{ readonly certificate: string; readonly privateKey: string } | undefined> {
  const names = await namesIn(directory);
  for (const [certificate, privateKey] of [['client.crt', 'client.key'], ['cert.pem', 'key.pem']] as const) {
    if (names.includes(certificate) && names.includes(privateKey)) return { certificate: join(directory, certificate), privateKey: join(directory, privateKey) };
  }
  return undefined;
}

/** The one role among a certificate's organisational units, as NodeOUs have it. */
function roleOfCertificate(pem: string): NodeRole | undefined {
  try {
    const units = [...new X509Certificate(pem).subject.matchAll(/^OU=(.+)$/gm)].map(([, unit]) => unit);
    return NODE_ROLES.find((role) => units.includes(role));
  } catch {
    return undefined;
  }
}

async function walk(directory: string, depth: number, visit: (folder: string) => Promise<void>): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${directory}`, { role: 'cli', cause });
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (folders.includes('signcerts') && folders.includes('keystore')) {
    await visit(directory);
    return;
  }
  if (depth >= MAX_DEPTH) return;
  for (const name of folders) await walk(join(directory, name), depth + 1, visit);
}

function belongsTo(certificatePem: string, privateKeyPem: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
  } catch {
    // Not a certificate, or not a key.
    return false;
  }
}

async function filesIn(directory: string): Promise<string[]> {
  return (await namesIn(directory)).filter((name) => !name.startsWith('.')).sort().map((name) => join(directory, name));
}

function refusal(what: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', what, { role: 'cli' });
}

async function namesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name);
}
