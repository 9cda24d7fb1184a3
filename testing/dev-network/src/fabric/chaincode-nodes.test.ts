import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { ContractPolicySchema, OwnerSetSchema } from '@selvedge/protocol';
import { keyPairFiles } from '@selvedge/service-kit/launch';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ADMIN, createIdentities, FIRST_USER, organisationsOf } from '../identities.js';
import { layoutOf, type Layout } from '../layout.js';
import { settingsOf } from '../options.js';
import { ensureTls } from '../tls.js';
import { chaincodeConfig, packageOf } from './chaincode-nodes.js';
import { writeCryptoMaterial } from './crypto-material.js';
import { deployEndorsement } from './deploy-endorsement.js';
import { fabricLayout } from './fabric-layout.js';
import { planEndorsementChaincode, planFabric, type FabricPlan } from './fabric-plan.js';

const settings = settingsOf({ ledger: 'fabric', businessOrganisations: ['AMSP'], endorserOrganisations: ['BMSP'], ordererOrganisation: 'OMSP' });
let directory: string;
let layout: Layout;
let plan: FabricPlan;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'selvedge-chaincode-nodes-'));
  layout = layoutOf(directory);
  const now = new Date();
  await createIdentities(layout, settings, now);
  await ensureTls(layout, organisationsOf(settings), [FIRST_USER, ADMIN], now);
  plan = await planEndorsementChaincode(await planFabric(settings), 'diamonds', ['BMSP']);
  await writeCryptoMaterial(layout, plan);
});
afterAll(() => rm(directory, { recursive: true }));

const server = (chaincode: string, mspId: string) => plan.chaincodes.find((node) => node.chaincode === chaincode && node.mspId === mspId)!;

describe('a chaincode’s server', () => {
  it('trusts callers of its own organisation alone', async () => {
    const config = await chaincodeConfig(layout, plan, 'dev', server('diamonds', 'BMSP'));
    const { trustedRoots } = config.tls as { trustedRoots: string };
    expect(trustedRoots).toBe(fabricLayout(layout).tlsRoot('BMSP'));
    expect((await readFile(trustedRoots, 'utf8')).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  });

  it('is told the id of the package by which its peer finds it, the same each time', async () => {
    const node = server('diamonds', 'BMSP');
    const { packageId } = await packageOf(layout, plan, node);
    expect(await chaincodeConfig(layout, plan, 'dev', node)).toMatchObject({ packageId, listen: `127.0.0.1:${String(node.port)}`, network: 'dev', channel: 'main', contract: 'diamonds' });
    expect((await packageOf(layout, plan, node)).packageId).toBe(packageId);
    expect(await chaincodeConfig(layout, plan, 'dev', server('selvedge-policy', 'AMSP'))).toMatchObject({ signedProfile: layout.profileFile });
  });

  it('has no peer where its organisation has none', async () => {
    await expect(packageOf(layout, plan, { ...server('diamonds', 'BMSP'), mspId: 'ZMSP' })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});

describe('writeCryptoMaterial', () => {
  it('gives Fabric the organisation’s own root and identities', async () => {
    const fabric = fabricLayout(layout);
    const root = await readFile(keyPairFiles(layout.caDirectory('AMSP')).certificateFile, 'utf8');
    expect(await readFile(join(fabric.organisationMsp('AMSP'), 'cacerts', 'ca.pem'), 'utf8')).toBe(root);
    const own = keyPairFiles(layout.userDirectory('OMSP', 'orderer0'));
    expect(await readFile(join(fabric.identityMsp('OMSP', 'orderer0'), 'signcerts', 'cert.pem'), 'utf8')).toBe(await readFile(own.certificateFile, 'utf8'));
  });
});

describe('deployEndorsement', () => {
  const policy = (change: { readonly name?: string; readonly endorsementPolicy?: string }) => create(ContractPolicySchema, { name: 'diamonds', version: '1', endorsementPolicy: "OR('BMSP.peer')", ownerSets: [create(OwnerSetSchema, { name: 'a', owners: ['AMSP'], endorsementPolicy: "AND('BMSP.peer','AMSP.peer')" })], ...change });

  it.each([[{ name: 'a.b' }], [{ name: '-a' }], [{ name: 'a--b' }], [{ endorsementPolicy: "OR('ZMSP.peer')" }]])('refuses %j before it starts anything', async (change) => {
    const start = vi.fn(() => Promise.resolve());
    const target = { layout, plan, binaries: { peer: '/nowhere', orderer: '/nowhere', configtxgen: '/nowhere', osnadmin: '/nowhere' } };
    await expect(deployEndorsement({ target, plan, policy: policy(change), start })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    expect(start).not.toHaveBeenCalled();
  });
});
