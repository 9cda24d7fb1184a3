import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDevNetwork, layoutOf, openNetworkFolder, readNetworkStatus, type DevNetwork, type NodeInfo } from '@selvedge/dev-network';
import { queryCommitted, queryInstalled } from '@selvedge/fabric-network';
import { POLICY_CHAINCODE } from '@selvedge/fabric';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fabricMissing } from '../src/fabric.js';
import { changeKeysUnderLoad } from '../src/key-changes.js';
import { reEncryptUnderLoad } from '../src/re-encryption.js';
import { DIAMONDS, stone, text } from '../src/network.js';

/** A native Fabric network of real processes: it starts, carries requests, loses processes, starts again and stops. */
describe.skipIf(fabricMissing() !== undefined)('a network on Hyperledger Fabric', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-'));
  const directory = path.join(folder, 'network');
  let network: DevNetwork;
  let loaded = 0;

  const isRunning = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const load = async (): Promise<string> => {
    const gateway = await network.connect('AuroraMSP');
    try {
      const id = `STONE-${String((loaded += 1))}`;
      const contract = gateway.getNetwork('main').getContract('diamonds');
      expect(JSON.parse(text(await contract.submit('LoadStones', { transientData: { stones: JSON.stringify([stone(id)]) } })))).toEqual({ house: 'Aurora', count: 1 });
      return id;
    } finally {
      gateway.close();
    }
  };
  const priceOf = async (id: string, contract = 'diamonds'): Promise<unknown> => {
    const gateway = await network.connect('AuroraMSP');
    try {
      return JSON.parse(text(await gateway.getNetwork('main').getContract(contract).evaluateTransaction('PriceOf', id)));
    } finally {
      gateway.close();
    }
  };

  beforeAll(async () => {
    network = await createDevNetwork({ directory, ledger: 'fabric' });
  });
  afterAll(async () => {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs an orderer and a peer for each organisation, with the policy chaincode, and no sequencer', async () => {
    const names = network.nodes().map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('peer-'))).toHaveLength(6);
    expect(names.filter((name) => name.startsWith('policy-chaincode-'))).toHaveLength(6);
    expect(names).toEqual(expect.arrayContaining(['orderer', 'business-aurora', 'endorser-north', 'key-broker', 'compute-1']));
    expect(names).not.toContain('sequencer');
    expect((await readNetworkStatus(directory)).filter(({ ready }) => !ready)).toEqual([]);
    const { program, admin } = network.fabric!;
    expect(await queryCommitted(program, admin('NorthMSP'), 'main', POLICY_CHAINCODE)).toMatchObject({ sequence: 1 });
  });

  it('deploys a contract: its endorsement chaincode beside the endorsers’ peers, under the contract’s name', async () => {
    await network.deploy(DIAMONDS);
    const { program, admin } = network.fabric!;
    expect(await queryCommitted(program, admin('AuroraMSP'), 'main', 'diamonds')).toMatchObject({ sequence: 1, approvals: { AuroraMSP: true, NorthMSP: true } });
    const chaincodes = network.nodes().filter(({ service }) => service === 'endorsement-chaincode');
    expect(chaincodes.map(({ mspId }) => mspId).sort()).toEqual(['EastMSP', 'NorthMSP', 'SouthMSP']);
    expect((await queryInstalled(program, admin('AuroraMSP'))).map((id) => id.split(':')[0])).not.toContain('diamonds');
  });

  it('carries a request to a commit', async () => {
    const id = await load();
    expect(await priceOf(id)).toMatchObject({ id, price: 1_000 });
  });

  it('starts chaincode servers for a deployment by another process', async () => {
    const other = await openNetworkFolder(directory);
    await other.deploy(DIAMONDS, { name: 'pearls' });
    expect(network.nodes().filter(({ name }) => name.startsWith('endorsement-pearls-')).map(({ running }) => running)).toEqual([true, true, true]);
    await expect(priceOf('STONE-1', 'pearls')).rejects.toMatchObject({ code: 'CHAINCODE_ERROR' });
  });

  it('does nothing on the channel when a contract’s policy is unchanged but for its version', async () => {
    await network.deploy(DIAMONDS);
    const { program, admin } = network.fabric!;
    expect(await queryCommitted(program, admin('AuroraMSP'), 'main', 'diamonds')).toMatchObject({ sequence: 1 });
  });

  it.each(['peer-north', 'peer-aurora', 'orderer', 'endorsement-diamonds-south', 'policy-chaincode-east', 'business-aurora', 'endorser-north'])('goes on after %s was killed and started again', async (name) => {
    await network.kill(name);
    await network.restart(name);
    const id = await load();
    expect(await priceOf(id)).toMatchObject({ id });
  });

  it('keys are rotated and a node revoked, while requests run: none is lost, and nothing that the revoked node ran is endorsed', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) ids.push(await load());
    const gateway = await network.connect('AuroraMSP');
    try {
      await changeKeysUnderLoad(network, gateway.getNetwork('main').getContract('diamonds'), ids);
    } finally {
      gateway.close();
    }
  });

  it('what lies under older keys is re-encrypted while requests run; then nothing needs the older keys any more', async () => {
    await reEncryptUnderLoad(network, 'diamonds', { kept: 'STONE-1', stones: ['STONE-2', 'STONE-3'] });
  });

  it('starts again from its folder with everything that was committed, and ends its processes when it stops', async () => {
    const before: readonly NodeInfo[] = network.nodes();
    await network.stop();
    expect(before.filter(({ pid }) => isRunning(pid)).map(({ name }) => name)).toEqual([]);
    expect(existsSync(layoutOf(directory).processesFile)).toBe(false);
    network = await createDevNetwork({ directory });
    expect(network.nodes().map(({ name, address }) => [name, address])).toEqual(before.map(({ name, address }) => [name, address]));
    expect(await priceOf('STONE-1')).toMatchObject({ id: 'STONE-1' });
    expect(await priceOf(await load())).toMatchObject({ price: 1_000 });
  });

  it('keeps package ids stable: nothing was installed twice', async () => {
    const { program, admin, plan } = network.fabric!;
    const installed = await queryInstalled(program, admin('NorthMSP'));
    expect(installed.map((id) => id.split(':')[0]).sort()).toEqual(plan().chaincodes.filter(({ mspId }) => mspId === 'NorthMSP').map(({ chaincode }) => chaincode).sort());
  });
});
