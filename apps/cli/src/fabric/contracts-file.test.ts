import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteContract } from './contracts-file.js';
import { fabricLayoutOf, type FabricLayout } from './folder-layout.js';
import { readDeployment, writeDeployment } from './folder.js';
import { testDeployment } from './testdata/deployments.js';

let folder: string;
let layout: FabricLayout;
let contract: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-contracts-'));
  layout = fabricLayoutOf(join(folder, 'net'));
  contract = join(folder, 'kv');
  const shim = join(contract, 'node_modules/fabric-shim');
  await mkdir(shim, { recursive: true });
  await writeFile(join(contract, 'package.json'), JSON.stringify({ name: '@acme/kv', version: '2.0.0', main: 'index.js', scripts: { start: 'fabric-chaincode-node start' }, dependencies: { 'fabric-shim': '2.5.8' } }));
  await writeFile(join(contract, 'index.js'), '');
  await writeFile(join(shim, 'package.json'), JSON.stringify({ name: 'fabric-shim', version: '2.5.8', bin: { 'fabric-chaincode-node': 'cli.js' } }));
  await writeFile(join(shim, 'cli.js'), '');
});
beforeEach(async () => {
  await writeDeployment(layout, testDeployment());
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('noteContract', () => {
  it('adds a contract under its own name, behind the others: their ports stay', async () => {
    expect(await noteContract(layout, contract, {})).toBe('kv');
    expect((await readDeployment(layout)).contracts).toEqual([{ name: 'diamonds', directory: '../diamonds' }, { name: 'kv', directory: '../kv' }]);
  });

  it('changes what is said of one that is there, and keeps the rest', async () => {
    await noteContract(layout, contract, { name: 'diamonds', computeQuorum: 2 });
    await noteContract(layout, contract, { name: 'diamonds', worldStateOwners: ['BothMSP'] }, true);
    expect((await readDeployment(layout)).contracts).toEqual([{ name: 'diamonds', directory: '../kv', computeQuorum: 2, worldStateOwners: ['BothMSP'] }]);
  });

  it('upgrades nothing that is not there', async () => {
    await expect(noteContract(layout, contract, {}, true)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('contract kv is not in') as string });
  });

  it('writes nothing that does not fit', async () => {
    await expect(noteContract(layout, contract, { worldStateOwners: ['XMSP'] })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    expect((await readDeployment(layout)).contracts).toHaveLength(1);
  });
});
