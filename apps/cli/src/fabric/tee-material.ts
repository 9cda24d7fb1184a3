import { createDevelopmentPlatform, createDevelopmentRoot } from '@selvedge/attestation';
import { parsePem } from '@selvedge/identity';
import { readIfPresent, readKeyPair, writeKeyPair, writeWhole } from '@selvedge/service-kit/launch';
import type { Deployment } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import { planServices } from './services.js';

/**
 * Makes what the simulated TEEs that run here need and is missing: a root for each operating organisation, and a platform
 * for each process.
 */
export async function ensureTees(layout: FabricLayout, deployment: Deployment, now: Date): Promise<void> {
  for (const { name, service, mspId } of planServices(deployment)) {
    if (service !== 'compute' && service !== 'key-broker' && service !== 'viewer') continue;
    await ensurePlatform(layout, { name, mspId, network: deployment.network, now });
  }
}

/** Roots of every organisation that runs TEEs, DER, as far as the shared folder has them; and the organisations that it lacks. */
export async function readTeeRoots(layout: FabricLayout, { keyBroker, keyBrokerReplicas, computeNodes, viewers }: Deployment): Promise<{ readonly roots: Uint8Array[]; readonly missing: string[] }> {
  const roots: Uint8Array[] = [];
  const missing: string[] = [];
  for (const mspId of [...new Set([keyBroker, ...keyBrokerReplicas, ...computeNodes, ...viewers].map((node) => node.mspId))].sort()) {
    const pem = await readIfPresent(layout.sharedTeeRoot(mspId));
    if (pem === undefined) missing.push(mspId);
    else roots.push(parsePem(pem.toString('utf8'), 'CERTIFICATE', 'INVALID_CONFIGURATION'));
  }
  return { roots, missing };
}

async function ensurePlatform(layout: FabricLayout, input: { readonly name: string; readonly mspId: string; readonly network: string; readonly now: Date }): Promise<void> {
  const { name, mspId, network, now } = input;
  if ((await readKeyPair(layout.teeRoot(mspId))) === undefined) {
    const made = createDevelopmentRoot({ name: `${network} simulated TEE root of ${mspId}`, now });
    await writeKeyPair(layout.teeRoot(mspId), { certificatePem: made.certificatePem, privateKeyPem: made.keyPem });
  }
  const root = await readKeyPair(layout.teeRoot(mspId));
  if (root === undefined) return;
  await writeWhole(layout.sharedTeeRoot(mspId), root.certificatePem);
  if ((await readKeyPair(layout.platform(name))) !== undefined) return;
  const certificateDer = parsePem(root.certificatePem, 'CERTIFICATE', 'INVALID_CONFIGURATION');
  const platform = createDevelopmentPlatform({ root: { certificateDer, certificatePem: root.certificatePem, keyPem: root.privateKeyPem }, name, now });
  await writeKeyPair(layout.platform(name), { certificatePem: platform.platformCertificatePem, privateKeyPem: platform.platformKeyPem });
}
