import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../options.js';
import { peerOrganisations, planEndorsementChaincode, planFabric, shortName } from './fabric-plan.js';
import { findFreePorts } from './free-ports.js';

const settings = settingsOf({ ledger: 'fabric' });

describe('planFabric', () => {
  it('plans an orderer, and a peer and a policy chaincode for each organisation', async () => {
    const plan = await planFabric(settings);
    expect(plan).toMatchObject({ channel: 'main', batchTimeoutMs: 200, maxMessageCount: 500, keepers: 'endorsers', orderer: { name: 'orderer', mspId: 'OrdererMSP' } });
    expect(plan.peers.map(({ name }) => name)).toEqual(['peer-aurora', 'peer-borealis', 'peer-celesta', 'peer-north', 'peer-south', 'peer-east']);
    expect(plan.chaincodes.map(({ chaincode, mspId }) => `${chaincode} ${mspId}`)).toContain('selvedge-policy NorthMSP');
    const ports = [plan.orderer.port, plan.orderer.adminPort, plan.orderer.operationsPort, ...plan.peers.flatMap((peer) => [peer.port, peer.chaincodePort, peer.operationsPort]), ...plan.chaincodes.map(({ port }) => port)];
    expect(new Set(ports).size).toBe(3 + 6 * 4);
  });

  it('gives an organisation with both roles one peer', () => {
    expect(peerOrganisations(settingsOf({ businessOrganisations: ['AMSP', 'BMSP'], endorserOrganisations: ['BMSP', 'CMSP'] }))).toEqual(['AMSP', 'BMSP', 'CMSP']);
  });

  it.each([{ batchTimeoutMs: 0 }, { batchTimeoutMs: 1.5 }, { maxMessageCount: 0 }])('refuses %j', async (options) => {
    await expect(planFabric(settings, options)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it('adds servers of a contract, and leaves those that it has', async () => {
    const plan = await planEndorsementChaincode(await planFabric(settings), 'diamonds', ['NorthMSP', 'SouthMSP']);
    const again = await planEndorsementChaincode(plan, 'diamonds', ['NorthMSP', 'SouthMSP', 'EastMSP']);
    const own = again.chaincodes.filter(({ chaincode }) => chaincode === 'diamonds');
    expect(own.map(({ name }) => name)).toEqual(['endorsement-diamonds-north', 'endorsement-diamonds-south', 'endorsement-diamonds-east']);
    expect(own.slice(0, 2)).toEqual(plan.chaincodes.filter(({ chaincode }) => chaincode === 'diamonds'));
  });

  it('shortens names of organisations', () => {
    expect([shortName('AuroraMSP'), shortName('Org1')]).toEqual(['aurora', 'org1']);
  });
});

describe('findFreePorts', () => {
  it('gives ports on which one can listen, and none twice', async () => {
    const ports = await findFreePorts(20);
    expect(new Set(ports).size).toBe(20);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(ports[0], '127.0.0.1', resolve));
    expect((server.address() as AddressInfo).port).toBe(ports[0]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('passes over ports that are taken, and says when there are too few', async () => {
    const all = new Set(Array.from({ length: 10_000 }, (_unused, i) => 20_000 + i));
    await expect(findFreePorts(1, all)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
