import { afterEach, describe, expect, test } from 'vitest';
import { parseCollections } from './collections.js';
import { readManifest } from './manifest.js';
import { createTestTree, type TestTree } from './test-tree.js';

const SHIM = { 'node_modules/fabric-shim/package.json': { name: 'fabric-shim', bin: { 'fabric-chaincode-node': 'cli.js' } }, 'node_modules/fabric-shim/cli.js': '' };
const PACKAGE = { name: '@houses/diamonds', version: '2.0.0', scripts: { start: 'fabric-chaincode-node start' } };
let tree: TestTree | undefined;
afterEach(async () => {
  await tree?.remove();
});
const read = async (files: Record<string, string | object>): ReturnType<typeof readManifest> => {
  tree = await createTestTree(files);
  return readManifest(tree.directory);
};

describe('readManifest', () => {
  test('package.json alone is enough', async () => {
    expect(await read({ ...SHIM, 'package.json': PACKAGE })).toEqual({ name: 'diamonds', version: '2.0.0', start: { runtime: 'node', program: 'node_modules/fabric-shim/cli.js', args: ['start'] }, collections: [], indexes: new Map(), settings: {} });
  });

  test('selvedge.json and collections_config.json add to it', async () => {
    const manifest = await read({
      ...SHIM,
      'package.json': PACKAGE,
      'selvedge.json': { name: 'stones', version: '3', worldState: { owners: ['AMSP'] }, ownerSets: { c1: { endorsementPolicy: "OR('AMSP.peer')" } }, gatedFunctions: ['Draw'], computeQuorum: 2 },
      'collections_config.json': [{ name: 'c1', policy: "OR('BMSP.member', 'AMSP.member')", memberOnlyRead: true, blockToLive: 5 }],
    });
    expect(manifest).toMatchObject({ name: 'stones', version: '3', settings: { computeQuorum: 2 } });
    expect(manifest.collections).toEqual([{ name: 'c1', members: ['AMSP', 'BMSP'], memberOnlyRead: true, memberOnlyWrite: false, blockToLive: 5n, endorsementPolicy: undefined }]);
  });

  test.each<[string, object, string, string]>([
    ['an unknown field', { colour: 'blue' }, 'MANIFEST_INVALID', 'colour'],
    ['a wrong type', { computeQuorum: 'two' }, 'MANIFEST_INVALID', 'selvedge.json: computeQuorum'],
    ['another way to count', { distinctBy: 'colour' }, 'MANIFEST_INVALID', 'distinctBy'],
    ['a quorum of none', { computeQuorum: 0 }, 'MANIFEST_INVALID', 'computeQuorum'],
    ['no owners', { worldState: { owners: [] } }, 'MANIFEST_INVALID', 'worldState.owners'],
    ['an owner set of no collection', { ownerSets: { x: { endorsementPolicy: 'y' } } }, 'MANIFEST_INVALID', 'ownerSets.x is not a collection'],
    ['a dataset that there is not', { withoutContentGuard: ['', 'x'] }, 'MANIFEST_INVALID', 'withoutContentGuard: x is not a collection'],
    ['a collection to take over that there is not', { takesOver: ['x'] }, 'MANIFEST_INVALID', 'takesOver: x is not a collection'],
    ['a world state to take over', { takesOver: [''] }, 'MANIFEST_INVALID', 'takesOver'],
    ['a key access rule of no role', { keyAccess: [{ operatorMspId: 'AMSP' }] }, 'MANIFEST_INVALID', 'selvedge.json: keyAccess.0.role'],
    ['a key access rule with a field that is none', { keyAccess: [{ role: 'compute', operatorMspId: 'AMSP', nodes: ['n'] }] }, 'MANIFEST_INVALID', 'nodes'],
    ['a key access rule of no organisation', { keyAccess: [{ role: 'compute', operatorMspId: 'A MSP' }] }, 'MANIFEST_INVALID', 'keyAccess.0.operatorMspId: is not an MSP id'],
    ['a short certificate hash', { keyAccess: [{ role: 'viewer', operatorMspId: 'AMSP', operatorCertificates: ['ab'] }] }, 'MANIFEST_INVALID', 'keyAccess.0.operatorCertificates.0: is not the SHA-256'],
    ['a node id that is none', { keyAccess: [{ role: 'compute', operatorMspId: 'AMSP', nodeIds: ['a/b'] }] }, 'MANIFEST_INVALID', 'keyAccess.0.nodeIds.0'],
    ['a name that turns text around', { keyAccess: [{ role: 'compute', operatorMspId: 'AMSP', operatorNames: ['a\u202e'] }] }, 'MANIFEST_INVALID', 'keyAccess.0.operatorNames.0'],
    ['purposes of a compute node', { keyAccess: [{ role: 'compute', operatorMspId: 'AMSP', purposes: ['state'] }] }, 'MANIFEST_INVALID', 'keyAccess.0.purposes: are for viewers'],
    ['too many key access rules', { keyAccess: Array.from({ length: 65 }, () => ({ role: 'compute', operatorMspId: 'AMSP' })) }, 'MANIFEST_INVALID', 'keyAccess'],
    ['a bad name', { name: 'a b' }, 'MANIFEST_INVALID', 'selvedge.json: name'],
  ])('refuses %s', async (_name, settings, code, text) => {
    await expect(read({ ...SHIM, 'package.json': PACKAGE, 'selvedge.json': settings })).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string });
  });

  test.each([undefined, 'node ../index.js; x', 'node -e 1', 'fabric-chaincode-node start; rm -rf /', 'fabric-chaincode-node server'])('start script %s is not a Fabric chaincode’s', async (start) => {
    await expect(read({ ...SHIM, 'package.json': { ...PACKAGE, scripts: { start } } })).rejects.toMatchObject({ code: 'PACKAGE_INVALID', message: expect.stringContaining('scripts.start') as string });
  });

  test.each(['set -x && fabric-chaincode-node start', './node_modules/.bin/fabric-chaincode-node  start'])('start script %s is', async (start) => {
    expect((await read({ ...SHIM, 'package.json': { ...PACKAGE, scripts: { start } } })).start.program).toBe('node_modules/fabric-shim/cli.js');
  });

  test('the shim must be there', async () => {
    await expect(read({ 'package.json': PACKAGE })).rejects.toMatchObject({ code: 'PACKAGE_INVALID', message: expect.stringContaining('fabric-shim') as string });
    await expect(read({})).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  test('a name that npm allows and the ledger does not', async () => {
    await expect(read({ ...SHIM, 'package.json': { ...PACKAGE, name: 'a.b' } })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});

describe('parseCollections', () => {
  const parse = (entry: object): ReturnType<typeof parseCollections> => parseCollections(JSON.stringify([{ name: 'c', policy: "OR('AMSP.member')", ...entry }]));

  test('Fabric’s file, with the fields that Selvedge does not need', () => {
    expect(parse({ requiredPeerCount: 0, maxPeerCount: 1, blockToLive: 1000000, memberOnlyRead: true, memberOnlyWrite: true, endorsementPolicy: { signaturePolicy: "OR('AMSP.member')" } })).toEqual([
      { name: 'c', members: ['AMSP'], memberOnlyRead: true, memberOnlyWrite: true, blockToLive: 1_000_000n, endorsementPolicy: "OR('AMSP.member')" },
    ]);
  });

  test.each<[object, string]>([
    [{ policy: "AND('AMSP.member','BMSP.member')" }, 'not an OR of organisations'],
    [{ policy: "OR('AMSP.member', OR('BMSP.member'))" }, 'not an OR of organisations'],
    [{ policy: "OR('AMSP.member',)" }, 'an empty place'],
    [{ policy: "OR('AMSP.owner')" }, "is not 'MSP.role'"],
    [{ policy: 'OR(AMSP.member)' }, "is not 'MSP.role'"],
    [{ name: 'a/b' }, '0.name'],
    [{ name: '' }, '0.name'],
    [{ name: '_implicit_org_AMSP' }, 'is the name of an implicit collection'],
    [{ blockToLive: -1 }, '0.blockToLive'],
    [{ memberOnlyRead: 'yes' }, '0.memberOnlyRead'],
    [{ endorsementPolicy: { channelConfigPolicy: 'x' } }, 'channelConfigPolicy is not supported'],
  ])('refuses %j', (entry, text) => {
    expect(() => parse(entry)).toThrow(text);
  });

  test('refuses what is no list, and a name that comes twice', () => {
    expect(() => parseCollections('{}')).toThrow('collections_config.json');
    expect(() => parseCollections('[')).toThrow('is not JSON');
    const entry = { name: 'c', policy: "OR('AMSP.member')" };
    expect(() => parseCollections(JSON.stringify([entry, entry]))).toThrow('defined twice');
  });
});
