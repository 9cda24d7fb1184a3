import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fabricLayoutOf } from '../fabric/folder-layout.js';
import { writeDeployment } from '../fabric/folder.js';
import { testDeployment } from '../fabric/testdata/deployments.js';
import { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, run } from '../run.js';
import { parseByOrganisation, parseNumber } from './fabric-options.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-cli-fabric-'));
  await writeDeployment(fabricLayoutOf(join(folder, 'deployed')), testDeployment());
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function cli(dir: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['--dir', join(folder, dir), ...args], { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('selvedge fabric', () => {
  it('shows what there is', async () => {
    const { code, out } = await cli('', 'fabric', '--help');
    expect(code).toBe(EXIT_OK);
    for (const command of ['init', 'start', 'deploy', 'upgrade', 'add-business-node', 'add-endorser', 'status']) expect(out).toContain(`  ${command}`);
  });

  it.each([
    [['fabric']],
    [['fabric', 'nonsense']],
    [['fabric', 'init']],
    [['fabric', 'init', '-C', 'c', '--profile', 'p', '--msp', 'Org1MSP']],
    [['fabric', 'init', '-C', 'c', '--profile', 'p', '--msp', 'Org1MSP=x', '--first-port', '70000']],
    [['fabric', 'add-endorser']],
    [['fabric', 'deploy', '--wait', 'long']],
  ])('exits with 2 for the wrong command line %j', async (args) => {
    const { code, err } = await cli('', ...args);
    expect(code).toBe(EXIT_USAGE);
    expect(err).not.toBe('');
  });

  it.each(['deploy', 'status', 'start'])('%s says that there is no deployment', async (command) => {
    const { code, err } = await cli('nowhere', 'fabric', command);
    expect(code).toBe(EXIT_REFUSED);
    expect(err).toMatch(/INVALID_CONFIGURATION \(refused by: cli\): .*"selvedge fabric init" makes one/);
  });

  it('does not write over a deployment file', async () => {
    const { code, err } = await cli('deployed', 'fabric', 'init', '-C', 'c', '--profile', 'p.json', '--msp', 'Org1MSP=x');
    expect(code).toBe(EXIT_REFUSED);
    expect(err).toContain('--force');
  });

  it('refuses the development network’s commands on a deployment, and its own before it is deployed', async () => {
    expect((await cli('deployed', 'deploy', folder)).err).toContain('use the commands of "selvedge fabric"');
    expect((await cli('deployed', 'query', '-n', 'kv', '-c', '{"Args":["f"]}')).err).toContain('is not deployed yet');
  });
});

describe('options', () => {
  it('by organisation', () => {
    expect([...parseByOrganisation('--msp', ['AMSP=a=b', 'BMSP=c'])]).toEqual([['AMSP', 'a=b'], ['BMSP', 'c']]);
    for (const wrong of [['AMSP'], ['=x'], ['AMSP='], ['AMSP=a', 'AMSP=b']]) expect(() => parseByOrganisation('--msp', wrong)).toThrow('--msp');
  });

  it('as numbers', () => {
    expect(parseNumber('--wait', '5', 0, 9)).toBe(5);
    for (const wrong of ['', '-1', '10', '1.5', 'x', '1e1']) expect(() => parseNumber('--wait', wrong, 0, 9)).toThrow('--wait');
  });
});
