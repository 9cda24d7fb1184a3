import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork, type TestNetwork } from './src/network.js';

const CLI = fileURLToPath(new URL('../../apps/cli/bin/selvedge.js', import.meta.url));

/** Packages of asset-transfer-basic of fabric-samples in other languages, built beside the project. */
const RUNTIMES = [
  { language: 'Go', variable: 'SELVEDGE_GO_CHAINCODE', what: 'a directory with its executable', key: 'ID' },
  { language: 'Java', variable: 'SELVEDGE_JAVA_CHAINCODE', what: 'a directory with its jar', key: 'assetID' },
] as const;

for (const { language, variable, what } of RUNTIMES) {
  if (!existsSync(process.env[variable] ?? '')) console.log(`${language} chaincode: skipped, because ${variable} does not name ${what}`);
}

interface Answer {
  readonly status: number | null;
  readonly json: { readonly result?: unknown; readonly error?: { readonly code: string; readonly message: string } };
}

// Skipped and not left out: a file without any test counts as failed.
describe.each(RUNTIMES)('asset-transfer-basic in $language', ({ variable, language, key }) => {
  const isNamed = existsSync(process.env[variable] ?? '');
  const name = `basic-${language.toLowerCase()}`;
  let test: TestNetwork;

  const selvedge = (...args: string[]): Answer => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, '--dir', test.directory, '--json', ...args], { encoding: 'utf8' });
    return { status, json: JSON.parse(stdout === '' ? stderr : stdout) as Answer['json'] };
  };
  const call = (verb: 'invoke' | 'query', ...Args: string[]): Answer => selvedge(verb, '-C', 'main', '-n', name, '-c', JSON.stringify({ Args }));
  const assets = (): Record<string, unknown>[] => {
    const { json } = call('query', 'GetAllAssets');
    return (typeof json.result === 'string' ? JSON.parse(json.result) : json.result) as Record<string, unknown>[];
  };

  beforeAll(async () => {
    if (!isNamed) return;
    test = await startTestNetwork();
    expect(selvedge('deploy', process.env[variable] ?? '', '--name', name)).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    if (isNamed) await test.end();
  });

  it.runIf(isNamed)('InitLedger and GetAllAssets', () => {
    expect(call('invoke', 'InitLedger')).toMatchObject({ status: 0 });
    expect(assets().map((asset) => asset[key])).toEqual(['asset1', 'asset2', 'asset3', 'asset4', 'asset5', 'asset6']);
  });

  it.runIf(isNamed)('CreateAsset, UpdateAsset, TransferAsset, DeleteAsset', () => {
    expect(call('invoke', 'CreateAsset', 'asset7', 'purple', '7', 'Ann', '700')).toMatchObject({ status: 0 });
    expect(call('invoke', 'UpdateAsset', 'asset7', 'red', '8', 'Bob', '800')).toMatchObject({ status: 0 });
    expect(call('invoke', 'TransferAsset', 'asset7', 'Cleo')).toMatchObject({ status: 0 });
    expect(JSON.stringify(assets().find((asset) => asset[key] === 'asset7'))).toMatch(/red.*Cleo|Cleo.*red/);
    expect(call('invoke', 'DeleteAsset', 'asset7')).toMatchObject({ status: 0 });
    expect(assets().some((asset) => asset[key] === 'asset7')).toBe(false);
  });

  it.runIf(isNamed)('errors are the chaincode’s own', () => {
    const again = call('invoke', 'CreateAsset', 'asset1', 'blue', '5', 'Tomoko', '300');
    expect(again).toMatchObject({ status: 1, json: { error: { code: 'CHAINCODE_ERROR', message: expect.stringContaining('already exists') as string } } });
    expect(call('query', 'ReadAsset', 'nothing').json.error?.message).toContain('does not exist');
  });
});
