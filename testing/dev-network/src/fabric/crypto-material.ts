import { SelvedgeError } from '@selvedge/errors';
import { readKeyPair } from '@selvedge/service-kit/launch';
import { ADMIN, FIRST_USER, loadCa, ORDERER, PEER } from '../identities.js';
import type { Layout } from '../layout.js';
import { ensureNodeTls, loadTlsCa } from '../tls.js';
import { fabricLayout } from './fabric-layout.js';
import type { FabricPlan } from './fabric-plan.js';
import { writeMsp } from './msp-folders.js';

/**
 * Writes what Fabric needs of the organisations that the folder has already: MSP folders of organisations, users and
 * nodes, with the roots of the network profile, and the TLS certificates of the nodes.
 */
export async function writeCryptoMaterial(layout: Layout, plan: FabricPlan): Promise<void> {
  const fabric = fabricLayout(layout);
  const nodes = [
    ...plan.peers.map(({ name, mspId }) => ({ name, mspId, user: PEER })),
    { name: plan.orderer.name, mspId: plan.orderer.mspId, user: ORDERER },
  ];
  await Promise.all(nodes.map((node) => ensureNodeTls(layout, node)));
  await Promise.all(
    [...new Set(nodes.map(({ mspId }) => mspId))].map(async (mspId) => {
      const { rootCertificatePem } = await loadCa(layout, mspId);
      const tlsRootCertificatePem = (await loadTlsCa(layout, mspId)).rootCertificatePem;
      const roots = { rootCertificatePem, tlsRootCertificatePem };
      await writeMsp(fabric.organisationMsp(mspId), roots);
      const own = nodes.filter((node) => node.mspId === mspId).map(({ user }) => user);
      for (const user of [ADMIN, FIRST_USER, ...own]) {
        const identity = await readKeyPair(layout.userDirectory(mspId, user));
        if (identity === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} has no identity ${mspId}/${user}`, { role: 'cli' });
        await writeMsp(fabric.identityMsp(mspId, user), roots, identity);
      }
    }),
  );
}
