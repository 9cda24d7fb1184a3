import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { profileToJson } from '@selvedge/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, run } from './run.js';

let folder: string;
let consortium: TestConsortium;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-cli-'));
  consortium = await createTestConsortium();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['--dir', folder, ...args], { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('selvedge', () => {
  it('shows what there is', async () => {
    const { code, out } = await cli('--help');
    expect(code).toBe(EXIT_OK);
    for (const command of ['up', 'down', 'status', 'doctor', 'deploy', 'contract', 'invoke', 'query', 'profile', 'policy', 'attest', 'keys']) expect(out).toContain(`  ${command}`);
  });

  it('says its version', async () => {
    expect(await cli('--version')).toMatchObject({ code: EXIT_OK, out: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string });
  });

  it.each([['nonsense'], ['query'], ['query', '-n', 'kv'], ['query', '-n', 'kv', '-c', 'x'], ['invoke', '-n', 'kv', '-c', '{"Args":["f"]}', '--transient', '{"a":"%"}'], ['up', '--compute-nodes', '0'], ['up', '--ledger', 'paper'], ['up', '--keepers', 'all'], ['doctor', '--nonsense'], ['policy', 'propose', '--output', 'x'], ['contract'], ['contract', 'deploy'], ['contract', 'install', 'x', '--hash', 'ab'], ['contract', 'commit', 'x', '--wait', 'long'], ['broker', 'rotate', '--output', 'x'], ['broker', 'revoke', '--output', 'x'], ['broker', 'revoke', '--epoch', 'diamonds', '--output', 'x'], ['broker', 'revoke', '--platform', 'xyz', '--output', 'x'], ['broker', 'audit', 'verify', 'x'], ['keys'], ['keys', 'epochs'], ['keys', 're-encrypt', '-n', 'kv', '--keys-per-transaction', 'many'], ['keys', 're-encrypt', '-n', 'kv', '--pause', '-1']])(
    'exits with 2 for the wrong command line %j',
    async (...args) => {
      const { code, err } = await cli(...args);
      expect(code).toBe(EXIT_USAGE);
      expect(err).not.toBe('');
    },
  );

  it('exits with 1 for a refusal, with its code, its role and what to do', async () => {
    const { code, err } = await cli('query', '-n', 'kv', '-c', '{"Args":["f"]}');
    expect(code).toBe(EXIT_REFUSED);
    expect(err).toMatch(/^INVALID_CONFIGURATION \(refused by: cli\): .*holds no network; "selvedge up" makes one/);
    expect(err).toContain('Mend the setting');
  });

  it('gives the same refusal to machines', async () => {
    const { err } = await cli('--json', 'deploy', folder);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'INVALID_CONFIGURATION', role: 'cli', action: expect.any(String) as string } });
  });

  it('says which of Fabric’s programs are missing before it makes anything', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      const { code, err } = await cli('up', '--ledger', 'fabric');
      expect(code).toBe(EXIT_REFUSED);
      expect(err).toMatch(/INVALID_CONFIGURATION.*not on PATH: peer, orderer, configtxgen, osnadmin.*github\.com\/hyperledger\/fabric\/releases/);
    } finally {
      process.env.PATH = path;
    }
    expect((await cli('status')).err).toContain('holds no network');
  });

  it('says that nothing runs', async () => {
    expect((await cli('status')).code).toBe(EXIT_REFUSED);
    expect(await cli('down')).toMatchObject({ code: EXIT_OK, out: `no network runs in ${folder}` });
    expect(JSON.parse((await cli('down', '--json')).out)).toEqual({ stopped: [] });
  });

  it('prints the code hash of a package without a network', async () => {
    const contract = join(folder, 'contract');
    const shim = join(contract, 'node_modules', 'fabric-shim');
    await mkdir(shim, { recursive: true });
    const start = 'fabric-chaincode-node start';
    await writeFile(join(contract, 'package.json'), JSON.stringify({ name: 'kv', version: '2.0.0', main: 'index.js', scripts: { start }, dependencies: { 'fabric-shim': '2.5.8' } }));
    await writeFile(join(contract, 'index.js'), 'module.exports.contracts = [];');
    await writeFile(join(shim, 'package.json'), JSON.stringify({ name: 'fabric-shim', version: '2.5.8', bin: { 'fabric-chaincode-node': 'cli.js' } }));
    await writeFile(join(shim, 'cli.js'), '');
    const file = join(folder, 'kv.tar');
    const { code, out, err } = await cli('contract', 'package', contract, '-o', file, '--json');
    expect([code, err]).toEqual([EXIT_OK, '']);
    const packed = JSON.parse(out) as { codeHash: string };
    expect(packed).toMatchObject({ name: 'kv', version: '2.0.0', file, codeHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, files: 4 });
    expect(JSON.parse((await cli('contract', 'install', file, '--hash', packed.codeHash, '--json')).out)).toEqual({ name: 'kv', version: '2.0.0', codeHash: packed.codeHash });
    expect(await cli('contract', 'install', file, '--hash', '0'.repeat(64))).toMatchObject({ code: EXIT_REFUSED, err: expect.stringContaining('PACKAGE_INVALID') as string });
  });

  it('shows a profile file and who signed it', async () => {
    const file = join(folder, 'profile.bin');
    await writeFile(file, consortium.signedProfile);
    const { out } = await cli('profile', 'show', file);
    expect(out).toContain('signed by AuroraMSP, BorealisMSP, CelestaMSP, EastMSP, NorthMSP, OrdererMSP, SouthMSP');
    expect(out).toContain('SIMULATED TEEs are allowed');
    expect(JSON.parse((await cli('profile', 'show', file, '--json')).out)).toEqual(profileToJson(consortium.profile.bytes));
  });

  it('refuses to show a profile with a signature that does not verify', async () => {
    const file = join(folder, 'forged.bin');
    const forged = Buffer.from(consortium.signedProfile);
    forged[forged.length - 1]! ^= 1;
    await writeFile(file, forged);
    expect(await cli('profile', 'show', file)).toMatchObject({ code: EXIT_REFUSED, out: '' });
    expect((await readFile(file)).length).toBe(forged.length);
  });
});
