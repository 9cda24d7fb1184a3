import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork, type TestNetwork } from '../src/network.js';

const CLI = fileURLToPath(new URL('../../../apps/cli/bin/selvedge.js', import.meta.url));
const SAMPLES = process.env.SELVEDGE_FABRIC_SAMPLES;
const CHAINCODE = path.join(SAMPLES ?? '', 'asset-transfer-basic/chaincode-javascript');

if (!existsSync(CHAINCODE)) {
  console.log('fabric-samples: skipped, because SELVEDGE_FABRIC_SAMPLES does not name a checkout of hyperledger/fabric-samples');
}

/** The JavaScript asset-transfer-basic of fabric-samples, unmodified, through the selvedge command. */
describe.runIf(existsSync(CHAINCODE))('asset-transfer-basic of fabric-samples', () => {
  let test: TestNetwork;
  let folder: string;

  interface Answer {
    readonly status: number | null;
    readonly json: { readonly result?: unknown; readonly error?: { readonly code: string; readonly message: string } };
  }

  const selvedge = (...args: string[]): Answer => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, '--dir', test.directory, '--json', ...args], { encoding: 'utf8' });
    return { status, json: JSON.parse(stdout === '' ? stderr : stdout) as Answer['json'] };
  };
  const call = (verb: 'invoke' | 'query', ...Args: string[]): Answer => selvedge(verb, '-C', 'main', '-n', 'asset-transfer-basic', '-c', JSON.stringify({ Args }));
  const assets = (): Record<string, unknown>[] => {
    const { json } = call('query', 'GetAllAssets');
    return (typeof json.result === 'string' ? JSON.parse(json.result) : json.result) as Record<string, unknown>[];
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'selvedge-samples-'));
    cpSync(CHAINCODE, path.join(folder, 'chaincode'), { recursive: true });
    spawnSync('npm', ['install', '--omit=dev', '--no-audit', '--no-fund'], { cwd: path.join(folder, 'chaincode'), stdio: 'ignore' });
    test = await startTestNetwork();
    expect(selvedge('deploy', path.join(folder, 'chaincode')).status).toBe(0);
  });

  afterAll(async () => {
    await test.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('InitLedger and GetAllAssets', () => {
    expect(call('invoke', 'InitLedger').status).toBe(0);
    expect(assets().map((asset) => asset.ID)).toEqual(['asset1', 'asset2', 'asset3', 'asset4', 'asset5', 'asset6']);
  });

  it('CreateAsset, UpdateAsset, TransferAsset, DeleteAsset', () => {
    expect(call('invoke', 'CreateAsset', 'asset7', 'purple', '7', 'Ann', '700').status).toBe(0);
    expect(call('invoke', 'UpdateAsset', 'asset7', 'red', '8', 'Bob', '800').status).toBe(0);
    expect(call('invoke', 'TransferAsset', 'asset7', 'Cleo').status).toBe(0);
    expect(assets().find((asset) => asset.ID === 'asset7')).toMatchObject({ Color: 'red', Owner: 'Cleo' });
    expect(call('invoke', 'DeleteAsset', 'asset7').status).toBe(0);
    expect(assets().some((asset) => asset.ID === 'asset7')).toBe(false);
  });

  it('errors arrive as on Fabric', () => {
    const again = call('invoke', 'CreateAsset', 'asset1', 'blue', '5', 'Tomoko', '300');
    expect(again.status).toBe(1);
    expect(again.json.error).toMatchObject({ code: 'CHAINCODE_ERROR', message: 'chaincode response 500, The asset asset1 already exists' });
    expect(call('query', 'ReadAsset', 'nothing').json.error?.message).toBe('chaincode response 500, The asset nothing does not exist');
  });
});
