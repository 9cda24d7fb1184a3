import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChaincodePackage, deployChaincode, installPackage, isMajority, queryChannelPeers, queryInstalled, type ChaincodeDeployment, type ChaincodePackage, type WantedDefinition } from '@selvedge/fabric-network';
import type { DeployContext } from './deploy-context.js';
import type { OwnOrganisation } from './deployment.js';
import type { FabricFolder } from './folder.js';
import { adminOf, fabricEndpoint } from './peer-program.js';
import type { PlannedService } from './services.js';
import { clientTlsName, ensureServiceTls, peerClientTls } from './tls-material.js';

/** Who governs chaincodes: by default a majority of the channel's organisations. */
export const GOVERNANCE_POLICY = '/Channel/Application/LifecycleEndorsement';

const SEEN_POLL_MS = 250;
const SEEN_TIMEOUT_MS = 60_000;
const DISCOVERY_TIMEOUT_MS = 3_000;

/** The package with which an organisation's peer finds the server of a chaincode. The same files give the same package. */
export async function chaincodePackage({ layout }: FabricFolder, organisation: OwnOrganisation, { address, contract }: PlannedService, policyChaincode: string): Promise<ChaincodePackage> {
  const client = await ensureServiceTls(layout, organisation, peerClientTls(organisation.mspId), []);
  return createChaincodePackage(contract ?? policyChaincode, {
    address,
    tls: {
      rootCertificatePem: await readFile(layout.sharedTlsRoot(organisation.mspId), 'utf8'),
      clientCertificatePem: await readFile(client.certificate, 'utf8'),
      clientPrivateKeyPem: await readFile(client.privateKey, 'utf8'),
    },
  });
}

/**
 * Brings a chaincode definition onto the channel as far as the organisations operated here can: their packages, their
 * approvals, and the commit once enough have approved.
 * @param services servers of the chaincode, of organisations operated here
 * @param options.takesOver collections of chaincode that Selvedge has not deployed, which it replaces; default none
 * @param options.isHeld leaves the commit to a later run; default false
 */
export async function deployDefinition(context: DeployContext, definition: WantedDefinition, services: readonly PlannedService[], { takesOver = [], isHeld = false }: { readonly takesOver?: readonly string[]; readonly isHeld?: boolean } = {}): Promise<ChaincodeDeployment> {
  const { program, own, deployment, reporter } = context;
  reporter.progress(`chaincode ${definition.name}: installing, approving and committing what is missing`);
  const organisations = await Promise.all(
    own.map(async (organisation) => {
      const server = services.find(({ mspId }) => mspId === organisation.mspId);
      if (server === undefined) return { admin: adminOf(organisation) };
      const packed = await chaincodePackage(context, organisation, server, deployment.policyChaincode);
      await installOnFurtherPeers(context, organisation, packed);
      return { admin: adminOf(organisation), chaincodePackage: packed };
    }),
  );
  const others = deployment.organisations.filter(({ mspId }) => !own.some((organisation) => organisation.mspId === mspId));
  const otherPeers = others.flatMap(({ peers }) => peers.slice(0, 1).map(fabricEndpoint));
  const deployed = await deployChaincode({ program, orderer: fabricEndpoint(deployment.orderer), definition, organisations, otherPeers, takesOver, isHeld });
  for (const text of deployed.done) reporter.done(`chaincode ${definition.name}: ${text}`);
  if (deployed.replaces !== undefined) {
    const message = `${definition.name}: chaincode of version ${deployed.replaces} was there, which Selvedge did not deploy; its world state and implicit collections stay on the channel, and the contract does not see them; move what it needs of them into its collections before`;
    reporter.warn([{ code: 'WORLD_STATE_LEFT_BEHIND', message }]);
  }
  if (!deployed.committed) {
    const missing = Object.entries(deployed.approvals).filter(([, approved]) => !approved).map(([mspId]) => mspId);
    if (isMajority(deployed.approvals)) reporter.wait(`chaincode ${definition.name} ${deployed.version}: enough organisations have approved it; it is committed together with the contract’s policy`);
    else reporter.wait(`chaincode ${definition.name} ${deployed.version}: more organisations have to approve it as sequence ${String(deployed.sequence)}: have operators of ${missing.join(', ')} run "selvedge fabric deploy"`);
  }
  return deployed;
}

/** The first peer is deployChaincode's part. */
async function installOnFurtherPeers({ program, reporter }: DeployContext, organisation: OwnOrganisation, packed: ChaincodePackage): Promise<void> {
  for (let place = 1; place < organisation.peers.length; place += 1) {
    const admin = adminOf(organisation, place);
    if ((await queryInstalled(program, admin)).includes(packed.packageId)) continue;
    await installPackage(program, admin, packed);
    reporter.done(`chaincode ${packed.label}: installed on ${admin.peer.address} of ${admin.mspId}`);
  }
}

/**
 * Waits until the peers of every organisation operated here see that the endorsers' peers run a chaincode: before that,
 * transactions find no endorsers. Resolves with false when that takes too long.
 */
export async function untilSeen(context: DeployContext, chaincode: string, endorsers: readonly string[]): Promise<boolean> {
  const deadline = performance.now() + SEEN_TIMEOUT_MS;
  while (!(await isSeen(context, chaincode, endorsers))) {
    if (performance.now() > deadline) return false;
    await sleep(SEEN_POLL_MS);
  }
  return true;
}

async function isSeen({ own, admins, layout, deployment }: DeployContext, chaincode: string, endorsers: readonly string[]): Promise<boolean> {
  const views = await Promise.all(
    own.map(async (organisation, i) => {
      const [peer] = organisation.peers;
      const signer = admins[i];
      if (peer === undefined || signer === undefined) return false;
      // Discovery takes callers with some TLS certificate only, and binds their identity to it.
      const tls = organisation.own.clientTls ?? (await ensureServiceTls(layout, organisation, clientTlsName(organisation.mspId), []));
      const target = {
        endpoint: peer.address,
        hostnameOverride: peer.hostnameOverride,
        tlsRootCertificatePem: await readFile(peer.tlsRoots, 'utf8'),
        clientTls: { certificatePem: await readFile(tls.certificate, 'utf8'), privateKeyPem: await readFile(tls.privateKey, 'utf8') },
      };
      const seen = await queryChannelPeers(target, deployment.channel, signer, DISCOVERY_TIMEOUT_MS).catch(() => []);
      return endorsers.every((mspId) => seen.some((found) => found.mspId === mspId && found.chaincodes.includes(chaincode)));
    }),
  );
  return views.every(Boolean);
}
