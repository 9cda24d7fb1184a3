import { createDevelopmentPlatform, createDevelopmentRoot } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { readKeyPair, writeKeyPair } from '@selvedge/service-kit/launch';
import type { Layout } from './layout.js';

/** Makes the root of the simulated TEEs. Returns its certificate, DER: what the profile lists. */
export async function createTeeRoot(layout: Layout, network: string, now: Date): Promise<Uint8Array> {
  const root = createDevelopmentRoot({ name: `${network} simulated TEE root`, now });
  await writeKeyPair(layout.teeRootDirectory, { certificatePem: root.certificatePem, privateKeyPem: root.keyPem });
  return root.certificateDer;
}

/** Makes a simulated platform, unless it is there. */
export async function createPlatform(layout: Layout, name: string, now: Date): Promise<void> {
  if ((await readKeyPair(layout.platformDirectory(name))) !== undefined) return;
  const root = await readKeyPair(layout.teeRootDirectory);
  if (root === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.teeRootDirectory}: the root of the simulated TEEs is missing`, { role: 'cli' });
  const certificateDer = new Uint8Array(Buffer.from(root.certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64'));
  const platform = createDevelopmentPlatform({ root: { certificateDer, certificatePem: root.certificatePem, keyPem: root.privateKeyPem }, name, now });
  await writeKeyPair(layout.platformDirectory(name), { certificatePem: platform.platformCertificatePem, privateKeyPem: platform.platformKeyPem });
}
