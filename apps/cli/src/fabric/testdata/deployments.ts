import { parseDeployment, type Deployment } from '../deployment.js';

const own = (mspId: string): Record<string, string> => ({ admin: `${mspId}/admin`, peer: `${mspId}/peer`, client: `${mspId}/client` });
const organisation = (mspId: string, roles: string[], firstPort: number, isOwn: boolean): Record<string, unknown> => ({
  mspId,
  roles,
  peers: [{ address: `127.0.0.1:${String(firstPort + 90)}`, tlsRoots: `tls/${mspId}.pem` }],
  services: { host: '127.0.0.1', firstPort },
  ...(isOwn ? { own: own(mspId) } : {}),
});

/** A deployment file's content: Aurora keeps data, North endorses, Both does both; Celesta is operated elsewhere. */
export function deploymentValue(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    network: 'acme',
    channel: 'trade',
    tee: 'simulated',
    orderer: { address: '127.0.0.1:7050', tlsRoots: 'tls/orderer.pem' },
    organisations: [
      organisation('AuroraMSP', ['business'], 17000, true),
      organisation('NorthMSP', ['endorser'], 17020, true),
      organisation('BothMSP', ['business', 'endorser'], 17040, true),
      organisation('CelestaMSP', ['business'], 17060, false),
    ],
    keyBroker: { mspId: 'NorthMSP', address: '127.0.0.1:17039' },
    computeNodes: [{ nodeId: 'compute-1', mspId: 'NorthMSP', address: '127.0.0.1:17038' }, { nodeId: 'compute-2', mspId: 'CelestaMSP', address: '127.0.0.1:17078' }],
    adminQuorum: 3,
    viewQuorum: 3,
    endorsementPolicy: "OutOf(2, 'NorthMSP.peer', 'BothMSP.peer')",
    contracts: [{ name: 'diamonds', directory: '../diamonds' }],
    ...change,
  };
}

export function testDeployment(change: Record<string, unknown> = {}): Deployment {
  return parseDeployment(deploymentValue(change), 'test');
}
