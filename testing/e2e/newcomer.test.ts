import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestNetwork, type TestNetwork } from './src/network.js';
import { runCommand } from './src/run-command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/bin/selvedge.js');
const TIMEOUT_MS = 600_000;
const PATIENCE = { timeout: 180_000, interval: 100 };

/** A project of `selvedge init`, with this repository's own packages in the place of installed ones. */
describe('the mistakes of a first hour', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-newcomer-'));
  const project = path.join(folder, 'offers');
  let test: TestNetwork;
  let original: Map<string, string>;

  const at = (...names: string[]): string => path.join(project, ...names);
  const write = (file: string, text: string): void => { writeFileSync(at(file), text); };
  const change = (file: string, find: string | RegExp, replace: string): void => {
    const text = readFileSync(at(file), 'utf8');
    expect(text).toMatch(find);
    write(file, text.replace(find, replace));
  };
  const dev = (): ReturnType<typeof runCommand> => runCommand('--dir', test.directory, '--json', 'dev', '--once', project);
  const call = (kind: 'invoke' | 'query', args: readonly string[], name = 'offers'): ReturnType<typeof runCommand> => runCommand('--dir', test.directory, '--json', kind, '-n', name, '-c', JSON.stringify({ Args: args }));
  const refused = (code: string, message: RegExp): object => ({ code: 1, value: { error: { code, message: expect.stringMatching(message) as string } } });

  beforeAll(async () => {
    test = await startTestNetwork();
    expect((await runCommand('init', project)).code).toBe(0);
    const files = ['package.json', 'tsconfig.json', 'collections_config.json', 'selvedge.json', 'src/index.ts', 'src/asset-contract.ts'];
    original = new Map(files.map((file) => [file, readFileSync(at(file), 'utf8')]));
  }, TIMEOUT_MS);
  beforeEach(() => {
    for (const [file, text] of original) write(file, text);
  });
  afterAll(async () => {
    await test.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('no network', async () => {
    expect(await runCommand('--dir', path.join(folder, 'none'), '--json', 'dev', '--once', project)).toMatchObject(refused('INVALID_CONFIGURATION', /holds no network; "selvedge up" makes one/));
  });

  it('dependencies that are not installed', async () => {
    mkdirSync(at('dist'), { recursive: true });
    write('dist/index.js', '');
    change('package.json', '"build": "tsc",', '');
    expect(await dev()).toMatchObject(refused('PACKAGE_DEPENDENCY_MISSING', /run "npm install" in .*offers first: fabric-/));
    symlinkSync(path.join(ROOT, 'node_modules'), at('node_modules'));
  });

  it('a project that is not built', async () => {
    rmSync(at('dist'), { recursive: true });
    expect(await runCommand('--dir', test.directory, '--json', 'deploy', project)).toMatchObject(refused('PACKAGE_INVALID', /dist\/index\.js, which package\.json names as "main", is missing: build the chaincode first, such as by "npm run build"/));
  });

  it('code that does not compile', async () => {
    change('src/asset-contract.ts', 'return JSON.stringify(await readAsset(ctx, id));', 'return readAsset(ctx, id);');
    expect(await dev()).toMatchObject(refused('PACKAGE_INVALID', /the build failed:\nsrc\/asset-contract\.ts\(\d+,5\): error TS2322: /));
  });

  it('a contract that is not exported', async () => {
    change('src/index.ts', '[AssetContract]', '[]');
    expect(await dev()).toMatchObject(refused('PACKAGE_INVALID', /has no contract with a function: the module that package\.json names as "main" has to export "contracts"/));
    change('src/index.ts', /export const contracts.*/, 'void AssetContract;\nexport {};');
    expect(await dev()).toMatchObject(refused('CHAINCODE_START_FAILED', /it printed:\n(.*\n)*.*contract/i));
  });

  it('a contract that fails while it loads', async () => {
    change('src/index.ts', 'export const', "if (process.env.PRICE_LIST === undefined) throw new Error('PRICE_LIST is not set');\nexport const");
    expect(await dev()).toMatchObject(refused('CHAINCODE_START_FAILED', /ended while it started \(exit code 1\); it printed:\n(.*\n)*.*Error: PRICE_LIST is not set/));
  });

  it('syntax that is newer than the compute node’s Node', async () => {
    change('package.json', '"build": "tsc",', '');
    mkdirSync(at('dist'), { recursive: true });
    write('dist/index.js', 'const contracts = [] |> list;\n');
    expect(await dev()).toMatchObject(refused('CHAINCODE_START_FAILED', /SyntaxError: Unexpected token/));
  });

  it('another start script', async () => {
    change('package.json', 'fabric-chaincode-node start', 'ts-node src/index.ts');
    expect(await dev()).toMatchObject(refused('PACKAGE_INVALID', /scripts\.start of package\.json must be "fabric-chaincode-node start"/));
  });

  it('a broken collections file', async () => {
    change('collections_config.json', '"policy": ', '"policy" ');
    expect(await dev()).toMatchObject(refused('MANIFEST_INVALID', /^collections_config\.json is not JSON: /));
    write('collections_config.json', (original.get('collections_config.json') ?? '').replace("OR('AuroraMSP.member')", "AND('AuroraMSP.member')"));
    expect(await dev()).toMatchObject(refused('MANIFEST_INVALID', /^collections_config\.json: appraisals\.policy must be OR\('Org1MSP\.member', …\): it is not an OR of organisations/));
  });

  it('a collection of organisations that are not here', async () => {
    change('collections_config.json', 'AuroraMSP', 'Org1MSP');
    expect(await dev()).toMatchObject(refused('MANIFEST_INVALID', /collection appraisals: .*Org1MSP need a business node; this network has those of AuroraMSP, BorealisMSP, CelestaMSP/));
  });

  it('none at all: the contract is in force, and its functions are named', async () => {
    expect(await dev()).toMatchObject({ code: 0, value: { kind: 'deployed', name: 'offers', changed: true, policyVersion: '1', contracts: [{ name: 'AssetContract', functions: ['create', 'read', 'appraise', 'appraisal'] }] } });
    expect(await call('invoke', ['create', 'asset1', 'blue'])).toMatchObject({ code: 0 });
  }, TIMEOUT_MS);

  it('a function that is not there, and a contract that is not', async () => {
    expect(await call('query', ['Read', 'asset1'])).toMatchObject(refused('CHAINCODE_ERROR', /function that does not exist: Read/));
    expect(await call('query', ['read', 'asset1'], 'offer')).toMatchObject(refused('CONTRACT_UNKNOWN', /offer/));
  });

  it('another project of the same name', async () => {
    write('collections_config.json', '[]');
    expect(await dev()).toMatchObject(refused('CONTRACT_DATASET_DROPPED', /contract offers: dataset appraisals /));
  });

  it('a watch goes on after each of them, and keeps the state', async () => {
    const child = spawn(process.execPath, [CLI, '--dir', test.directory, 'dev', project], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let shown = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { shown += chunk.toString('utf8'); });
    const ended = new Promise<number | null>((resolve) => { child.once('close', resolve); });
    const untilShown = async (pattern: RegExp): Promise<void> => {
      await expect.poll(() => shown, PATIENCE).toMatch(new RegExp(`${pattern.source}(.*\\n)*waiting for a change …`));
      shown = '';
    };
    try {
      await untilShown(/contract offers 0\.1\.0 is in force already: nothing has changed/);
      change('src/asset-contract.ts', 'exists already', 'exists already`);\n  oh no; (`');
      await untilShown(/the build failed; the network keeps what it has\n {2}src\/asset-contract\.ts\(\d+,\d+\): error TS/);
      write('src/asset-contract.ts', (original.get('src/asset-contract.ts') ?? '').replace("'AssetContract'", "(() => { throw new Error('not today'); })()"));
      await untilShown(/CHAINCODE_START_FAILED \(refused by: compute\): (.*\n)*.*not today/);
      write('src/asset-contract.ts', (original.get('src/asset-contract.ts') ?? '').replace('return JSON.stringify(await readAsset(ctx, id))', "return JSON.stringify({ ...(await readAsset(ctx, id)), changed: 'yes' })"));
      await untilShown(/is in force as policy version 2; code hash/);
      expect(await call('query', ['read', 'asset1'])).toMatchObject({ code: 0, value: { result: '{"id":"asset1","colour":"blue","owner":"AuroraMSP","changed":"yes"}' } });
    } finally {
      child.kill('SIGINT');
      expect(await ended).toBe(0);
    }
  }, TIMEOUT_MS);

  it('a network that has been stopped', async () => {
    await test.network.stop();
    expect(await dev()).toMatchObject(refused('VIEW_QUORUM_UNREACHABLE', /does the network in .* run\? "selvedge status" tells/));
  }, TIMEOUT_MS);
});
