import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { SelvedgeError } from '@selvedge/errors';
import { refusalCode } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDeployment } from './deployment.js';
import { fabricLayoutOf } from './folder-layout.js';
import { isFabricFolder, openFabricFolder, ownOrganisations, readDeployment, writeDeployment } from './folder.js';
import { deploymentValue, testDeployment } from './testdata/deployments.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-deployment-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function refusalOf(value: unknown): string {
  try {
    parseDeployment(value, 'selvedge-fabric.json');
    return 'nothing was refused';
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_CONFIGURATION', role: 'cli' });
    return (error as SelvedgeError).message;
  }
}

describe('parseDeployment', () => {
  it('fills in what may be left out', () => {
    expect(testDeployment()).toMatchObject({ keepers: 'endorsers', policyChaincode: 'selvedge-policy', largestPrivateBytes: 131_072 });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown setting', { kepers: 'none' }, 'kepers'],
    ['an address without port', { orderer: { address: 'orderer', tlsRoots: 'x' } }, 'orderer.address: is not host:port'],
    ['a TEE that this release does not have', { tee: 'sgx' }, 'tee'],
    ['a chaincode name that Fabric refuses', { contracts: [{ name: 'a--b', directory: 'x' }] }, 'contracts.0.name'],
    ['two contracts of one name', { contracts: [{ name: 'a', directory: 'x' }, { name: 'a', directory: 'y' }] }, 'contracts: a is listed twice'],
    ['a key broker of nobody', { keyBroker: { mspId: 'XMSP', address: '127.0.0.1:1' } }, 'keyBroker.mspId: XMSP is not among the organisations'],
    ['a replica of nobody', { keyBrokerReplicas: [{ mspId: 'XMSP', address: '127.0.0.1:1' }] }, 'keyBrokerReplicas.0.mspId: XMSP is not among the organisations'],
    ['a compute node of nobody', { computeNodes: [{ nodeId: 'c', mspId: 'XMSP', address: '127.0.0.1:1' }] }, 'computeNodes.0.mspId: XMSP'],
    ['more approvals than organisations', { adminQuorum: 5 }, 'adminQuorum: 5 of 4 organisations'],
    ['a larger view quorum than organisations', { viewQuorum: 9 }, 'viewQuorum: 9 of 4 organisations'],
    ['an endorsement policy that does not parse', { endorsementPolicy: 'MOST(x)' }, 'endorsementPolicy: '],
    ['an endorser without the role', { endorsementPolicy: "OR('AuroraMSP.peer')" }, 'endorsementPolicy: AuroraMSP is not an endorser'],
    ['a contract’s endorser without the role', { contracts: [{ name: 'a', directory: 'x', endorsementPolicy: "OR('AuroraMSP.peer')" }] }, 'contracts.0.endorsementPolicy: AuroraMSP'],
    ['a key access rule of no role', { keyAccess: [{ contract: '*', rules: [{ operatorMspId: 'AuroraMSP' }] }] }, 'keyAccess.0.rules.0.role'],
    ['a namespace without rules', { keyAccess: [{ contract: '*', rules: [] }] }, 'keyAccess.0.rules'],
    ['a namespace twice', { keyAccess: ['a', 'a'].map((contract) => ({ contract, rules: [{ role: 'compute', operatorMspId: 'AuroraMSP' }] })) }, 'keyAccess: a is listed twice'],
    ['keys for nobody', { keyAccess: [{ contract: '*', rules: [{ role: 'compute', operatorMspId: 'XMSP' }] }] }, 'keyAccess.0.rules: XMSP is not among the organisations'],
    ['a contract’s keys for nobody', { contracts: [{ name: 'a', directory: 'x', keyAccess: [{ role: 'compute', operatorMspId: 'XMSP' }] }] }, 'contracts.0.keyAccess: XMSP'],
    ['a floor for a TEE that this release does not have', { quorumFloors: [{ teeType: 'sgx', count: 1 }] }, 'quorumFloors.0.teeType'],
    ['a floor of nobody', { quorumFloors: [{ teeType: 'simulated', count: 0 }] }, 'quorumFloors.0.count'],
    ['a floor above all quorums', { quorumFloors: [{ teeType: 'simulated', count: 17 }] }, 'quorumFloors.0.count'],
    ['an unknown way of counting', { quorumFloors: [{ teeType: 'simulated', count: 1, distinctBy: 'colour' }] }, 'quorumFloors.0.distinctBy'],
    ['two floors for one type', { quorumFloors: [1, 2].map((count) => ({ teeType: 'simulated', count })) }, 'quorumFloors: simulated is listed twice'],
    ['a floor above the compute nodes', { quorumFloors: [{ teeType: 'simulated', count: 3 }] }, 'quorumFloors.0.count: 3 compute nodes distinct by platform, of 2'],
    ['a floor above their operators', { quorumFloors: [{ teeType: 'simulated', count: 2, distinctBy: 'operator' }], computeNodes: ['a', 'b'].map((nodeId) => ({ nodeId, mspId: 'NorthMSP', address: '127.0.0.1:1' })) }, 'quorumFloors.0.count: 2 compute nodes distinct by operator, of 1'],
    ['a floor above their types', { quorumFloors: [{ teeType: 'simulated', count: 2, distinctBy: 'teeType' }] }, 'quorumFloors.0.count: 2 compute nodes distinct by teeType, of 1'],
    ['an unknown owner', { contracts: [{ name: 'a', directory: 'x', worldStateOwners: ['XMSP'] }] }, 'contracts.0.worldStateOwners: XMSP'],
  ])('refuses %s, by name', (_what, change, message) => {
    expect(refusalOf(deploymentValue(change))).toContain(message);
  });

  it('names organisations without a needed role, and those that are there twice', () => {
    const organisations = testDeployment().organisations.filter(({ roles }) => !roles.includes('endorser'));
    expect(refusalOf(deploymentValue({ organisations, keyBroker: { mspId: 'AuroraMSP', address: '127.0.0.1:1' } }))).toContain('organisations: none has the role endorser');
    const [first] = testDeployment().organisations;
    expect(refusalOf(deploymentValue({ organisations: [...testDeployment().organisations, first] }))).toContain('organisations: AuroraMSP is listed twice');
  });

  it('throws nothing but a refusal', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(refusalCode(() => parseDeployment(value, 'x'))).toBe('INVALID_CONFIGURATION');
      }),
    );
  });
});

describe('a deployment’s folder', () => {
  it('keeps relative paths in the file and gives absolute ones', async () => {
    const layout = fabricLayoutOf(folder);
    expect(isFabricFolder(folder)).toBe(false);
    await writeDeployment(layout, testDeployment());
    expect(isFabricFolder(folder)).toBe(true);
    expect((await readDeployment(layout)).contracts[0]?.directory).toBe('../diamonds');
    const { deployment } = await openFabricFolder(folder);
    expect(deployment.contracts[0]?.directory).toBe(join(folder, '..', 'diamonds'));
    expect(deployment.orderer.tlsRoots).toBe(join(folder, 'tls/orderer.pem'));
    expect(ownOrganisations(deployment).map(({ mspId, own }) => [mspId, own.admin])).toEqual(['AuroraMSP', 'NorthMSP', 'BothMSP'].map((mspId) => [mspId, join(folder, mspId, 'admin')]));
  });

  it('says what to do where there is none', async () => {
    await expect(openFabricFolder(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('selvedge fabric init') as string });
  });
});
