import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChaincodePackage } from './chaincode-package.js';
import { definitionVersion, deployChaincode, isMajority, type DeployingOrganisation, type WantedDefinition } from './deploy-chaincode.js';
import { adminOf, createFakePeer, type FakePeer } from './testdata/fake-peer.js';

const ORGANISATIONS = ['AMSP', 'BMSP', 'CMSP'];
const ORDERER = { address: 'orderer:7050', tlsRootCertificateFile: '/tls/orderer.pem' };
const DEFINITION: WantedDefinition = { channel: 'main', name: 'diamonds', version: '1', policy: { channelConfigPolicy: '/Channel/Application/LifecycleEndorsement' }, collections: '[]' };
const PACKAGE = createChaincodePackage('label', { address: '127.0.0.1:1' });

let program: FakePeer;
beforeEach(async () => {
  program = await createFakePeer(ORGANISATIONS);
});
afterEach(() => program.remove());

const taking = (mspIds: readonly string[], chaincodePackage = PACKAGE): DeployingOrganisation[] => mspIds.map((mspId) => ({ admin: adminOf(mspId), ...(mspId === 'CMSP' ? {} : { chaincodePackage }) }));
const deploy = (mspIds = ORGANISATIONS, definition = DEFINITION, chaincodePackage = PACKAGE) => deployChaincode({ program, orderer: ORDERER, definition, organisations: taking(mspIds, chaincodePackage) });

describe('deployChaincode', () => {
  it('installs where there is a package, approves for every organisation, and commits', async () => {
    const deployment = await deploy();
    expect(deployment).toMatchObject({ name: 'diamonds', version: definitionVersion(DEFINITION), sequence: 1, committed: true, approvals: { AMSP: true, BMSP: true, CMSP: true } });
    expect((await program.changes()).sort()).toEqual(['approveformyorg AMSP', 'approveformyorg BMSP', 'approveformyorg CMSP', 'commit AMSP', 'install AMSP', 'install BMSP']);
  });

  it('does nothing when all is there', async () => {
    await deploy();
    const before = await program.changes();
    expect(await deploy()).toMatchObject({ sequence: 1, committed: true, done: [] });
    expect(await program.changes()).toEqual(before);
  });

  it('goes on where others have to approve, and commits when they have', async () => {
    expect(await deploy(['AMSP'])).toMatchObject({ sequence: 1, committed: false, approvals: { AMSP: true, BMSP: false, CMSP: false } });
    expect(await deploy(['BMSP'])).toMatchObject({ sequence: 1, committed: true });
    expect(await deploy(['CMSP'])).toMatchObject({ sequence: 1, committed: true, done: ['approved for CMSP'] });
  });

  it('takes the next sequence when policy, collections or version change, and no other', async () => {
    await deploy();
    expect(await deploy(ORGANISATIONS, { ...DEFINITION, collections: '[{}]' })).toMatchObject({ sequence: 2, committed: true });
    expect(await deploy(ORGANISATIONS, { ...DEFINITION, version: '2', collections: '[{}]' })).toMatchObject({ sequence: 3 });
    expect(await deploy(ORGANISATIONS, { ...DEFINITION, version: '2', policy: { signaturePolicy: "OR('AMSP.peer')" } })).toMatchObject({ sequence: 4 });
  });

  it('leaves a name alone that other chaincode has, unless it takes that over: then as its next sequence', async () => {
    await program.commitForeign({ version: '1.0', sequence: 3, collections: [{ name: 'old', blockToLive: 0, members: ['AMSP'] }] });
    await expect(deploy()).rejects.toMatchObject({ code: 'CHAINCODE_NAME_TAKEN', message: expect.stringContaining('version 1.0 is there already') as string });
    expect(await program.changes()).toEqual([]);
    const definition = { ...DEFINITION, collections: `[{"name":"selvedge-marker"},{"name":"old","policy":"OR('AMSP.member')"}]` };
    const takeOver = () => deployChaincode({ program, orderer: ORDERER, definition, organisations: taking(ORGANISATIONS), takesOver: ['old'] });
    expect(await takeOver()).toMatchObject({ sequence: 4, committed: true, replaces: '1.0' });
    expect(await takeOver()).toMatchObject({ sequence: 4, replaces: undefined, done: [] });
    await expect(deploy()).rejects.toMatchObject({ code: 'COLLECTION_LEFT_OUT' });
  });

  it('commits nothing while that is held, and then without more approvals', async () => {
    const held = await deployChaincode({ program, orderer: ORDERER, definition: DEFINITION, organisations: taking(ORGANISATIONS), isHeld: true });
    expect(held).toMatchObject({ sequence: 1, committed: false, approvals: { AMSP: true, BMSP: true, CMSP: true } });
    expect(await deploy()).toMatchObject({ sequence: 1, committed: true, done: ['committed as sequence 1'] });
  });

  it('approves another package under the same sequence', async () => {
    await deploy();
    const other = createChaincodePackage('label', { address: '127.0.0.1:2' });
    const { sequence, done } = await deploy(['AMSP'], DEFINITION, other);
    expect([sequence, done]).toEqual([1, ['installed on the peer of AMSP', 'approved for AMSP']]);
  });

  it('names the ordering service, the peers of the commit and the files of mutual TLS, and passes nothing else on', async () => {
    process.env.SELVEDGE_TEST_CANARY = 'must not be inherited';
    await deployChaincode({ program, orderer: ORDERER, definition: DEFINITION, organisations: taking(ORGANISATIONS), otherPeers: [{ address: 'd:7051', tlsRootCertificateFile: '/tls/DMSP.pem' }] });
    delete process.env.SELVEDGE_TEST_CANARY;
    const commit = (await program.calls()).find(({ args }) => args[2] === 'commit');
    const line = commit?.args.join(' ') ?? '';
    expect(line).toContain('--orderer orderer:7050 --tls --cafile /tls/orderer.pem --clientauth --certfile /tls/AMSP-client.pem --keyfile /tls/AMSP-client.key');
    expect(line).toContain('--peerAddresses amsp:7051 --tlsRootCertFiles /tls/AMSP.pem --peerAddresses bmsp:7051');
    expect(line).toContain('--peerAddresses d:7051 --tlsRootCertFiles /tls/DMSP.pem');
    expect(Object.keys(commit?.environment ?? {}).filter((name) => !name.startsWith('CORE_PEER_') && !name.startsWith('FABRIC_'))).toEqual([]);
    const collections = commit?.args[commit.args.indexOf('--collections-config') + 1] ?? '';
    expect([collections.endsWith('collections.json'), existsSync(collections)]).toEqual([true, false]);
  });

  it('refuses without an organisation, and says what a command failed with', async () => {
    await expect(deploy([])).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    const missing = { ...program, program: '/nowhere/peer' };
    await expect(deployChaincode({ program: missing, orderer: ORDERER, definition: DEFINITION, organisations: taking(['AMSP']) })).rejects.toMatchObject({ code: 'FABRIC_COMMAND_FAILED', message: expect.stringContaining('peer lifecycle chaincode querycommitted as AMSP') as string });
  });
});

describe('isMajority', () => {
  it('is more than half', () => {
    expect([isMajority({ a: true, b: false }), isMajority({ a: true, b: true, c: false }), isMajority({})]).toEqual([false, true, false]);
  });
});
