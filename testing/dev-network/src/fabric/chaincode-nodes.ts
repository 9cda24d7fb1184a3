import { createChaincodePackage, type ChaincodePackage } from '@selvedge/fabric-network';
import { SelvedgeError } from '@selvedge/errors';
import { keyPairFiles, readIfPresent, readKeyPair } from '@selvedge/service-kit/launch';
import type { Layout } from '../layout.js';
import { ensureNodeTls } from '../tls.js';
import { fabricLayout } from './fabric-layout.js';
import { HOST, type FabricPlan, type PlannedChaincode } from './fabric-plan.js';

/**
 * The package with which a peer finds its organisation's server of a chaincode. It depends on the network's files
 * alone, so its id is the same at every start.
 */
export async function packageOf(layout: Layout, plan: FabricPlan, { chaincode, mspId, port }: PlannedChaincode): Promise<ChaincodePackage> {
  const peer = plan.peers.find((candidate) => candidate.mspId === mspId);
  if (peer === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `no peer of ${mspId} in this network`, { role: 'cli' });
  await ensureNodeTls(layout, peer);
  const own = await readKeyPair(layout.nodeTlsDirectory(peer.name));
  const root = await readIfPresent(fabricLayout(layout).tlsRoot(mspId));
  if (own === undefined || root === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} lacks the TLS certificates of ${peer.name}`, { role: 'cli' });
  return createChaincodePackage(chaincode, {
    address: `${HOST}:${String(port)}`,
    tls: { rootCertificatePem: root.toString('utf8'), clientCertificatePem: own.certificatePem, clientPrivateKeyPem: own.privateKeyPem },
  });
}

/** Configuration file of a chaincode's server. It takes calls of its own organisation alone. */
export async function chaincodeConfig(layout: Layout, plan: FabricPlan, network: string, node: PlannedChaincode): Promise<Record<string, unknown>> {
  const { packageId } = await packageOf(layout, plan, node);
  const own = keyPairFiles(layout.nodeTlsDirectory(node.name));
  return {
    listen: `${HOST}:${String(node.port)}`,
    tls: { trustedRoots: fabricLayout(layout).tlsRoot(node.mspId), certificate: own.certificateFile, privateKey: own.privateKeyFile },
    packageId,
    network,
    channel: plan.channel,
    ...(node.service === 'policy-chaincode' ? { signedProfile: layout.profileFile } : { contract: node.chaincode }),
  };
}
