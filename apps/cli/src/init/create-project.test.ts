import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readManifest } from '@selvedge/contract-package';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run.js';
import { createProject } from './create-project.js';
import { commandDirectory, findPackageSource } from './package-source.js';
import { CONTRACT_VERSIONS, TOOL_VERSIONS } from './project-files.js';
import { projectName } from './project-name.js';

const ROOT = path.resolve(commandDirectory(), '../..');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selvedge-init-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const create = (directory: string, isForced = false): ReturnType<typeof createProject> => createProject({ directory, name: undefined, isForced });
const read = (...names: string[]): Promise<string> => readFile(path.join(folder, ...names), 'utf8');

describe('a new project', () => {
  it('has what a deployment reads, under the folder’s name', async () => {
    const created = await create(path.join(folder, 'Offers'));
    expect(created).toMatchObject({ name: 'offers', kept: [], packages: 'checkout', checkout: ROOT });
    expect(created.files).toEqual(['.gitignore', 'README.md', 'collections_config.json', 'package.json', 'selvedge.json', 'src/asset-contract.ts', 'src/index.ts', 'test/asset-contract.test.mjs', 'tsconfig.json']);
    expect(await read('Offers', 'README.md')).not.toMatch(/\{\{/);
    await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'Offers/node_modules'));
    await mkdir(path.join(folder, 'Offers/dist'));
    await writeFile(path.join(folder, 'Offers/dist/index.js'), '');
    expect(await readManifest(path.join(folder, 'Offers'))).toMatchObject({ name: 'offers', version: '0.1.0', collections: [{ name: 'appraisals', members: ['AuroraMSP'] }] });
  });

  it('has links into the checkout that made it, and the versions that this release is tested with', async () => {
    await create(path.join(folder, 'offers'));
    const { dependencies, devDependencies } = JSON.parse(await read('offers', 'package.json')) as { dependencies: Record<string, string>; devDependencies: Record<string, string> };
    for (const [name, specifier] of Object.entries(devDependencies).filter(([name]) => name.startsWith('@selvedge/'))) {
      const target = path.resolve(folder, 'offers', specifier.replace(/^file:/, ''));
      expect(JSON.parse(await readFile(path.join(target, 'package.json'), 'utf8'))).toMatchObject({ name });
    }
    const own = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
    for (const [name, version] of Object.entries(TOOL_VERSIONS)) expect([name, devDependencies[name], own.devDependencies[name]]).toEqual([name, version, version]);
    expect(dependencies).toEqual(CONTRACT_VERSIONS);
    const diamonds = createRequire(import.meta.url)(path.join(ROOT, 'examples/contracts/diamonds/package.json')) as { dependencies: unknown };
    expect(diamonds.dependencies).toEqual(CONTRACT_VERSIONS);
  });

  it('has the registry’s packages when the command was installed from there', async () => {
    const installed = path.join(folder, 'app/node_modules/@selvedge/cli');
    await mkdir(installed, { recursive: true });
    await cp(path.join(commandDirectory(), 'package.json'), path.join(installed, 'package.json'));
    const source = findPackageSource(installed);
    expect([source.kind, source.specifier('@selvedge/client', folder)]).toEqual(['registry', '0.1.0']);
  });
});

describe('a folder that holds something', () => {
  it('is left as it is', async () => {
    await writeFile(path.join(folder, 'package.json'), '{}');
    await expect(createProject({ directory: folder, name: 'offers', isForced: false })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('holds package.json') as string });
    await expect(create(path.join(folder, 'package.json'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('is a file') as string });
    expect(await read('package.json')).toBe('{}');
  });

  it('keeps its files when the project is forced into it, and counts as empty when it holds .git alone', async () => {
    await writeFile(path.join(folder, 'package.json'), '{}');
    const forced = await createProject({ directory: folder, name: 'offers', isForced: true });
    expect([forced.kept, await read('package.json')]).toEqual([['package.json'], '{}']);
    await mkdir(path.join(folder, 'fresh/.git'), { recursive: true });
    expect((await create(path.join(folder, 'fresh'))).kept).toEqual([]);
  });
});

it('names are a contract’s and a package’s', () => {
  expect(projectName('/home/alice/Offers', undefined)).toBe('offers');
  expect(projectName('/', 'a-b_1')).toBe('a-b_1');
  expect(() => projectName('/home/alice/my offers', undefined)).toThrow('give one by --name');
  for (const name of ['Offers', '../x', '', '-a', 'a'.repeat(65), '@a/b', 'a b']) expect(() => projectName('/x', name)).toThrow(`--name ${name}`);
});

it('the command says what comes next, to people and to machines', async () => {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { out: (text: string) => out.push(text), err: (text: string) => err.push(text) };
  expect(await run(['init', path.join(folder, 'one')], terminal)).toBe(0);
  expect(out.join('\n')).toMatch(/next:\n {2}cd .*\n {2}npm install\n {2}npm test .*\n {2}npx selvedge up .*\n {2}npx selvedge dev /);
  out.length = 0;
  expect(await run(['init', path.join(folder, 'two'), '--json'], terminal)).toBe(0);
  expect(JSON.parse(out.join(''))).toMatchObject({ name: 'two', packages: 'checkout', next: [expect.stringMatching(/^cd /) as string, 'npm install', 'npm test', 'npx selvedge up', 'npx selvedge dev'] });
  expect([await run(['init', folder], terminal), await run(['init', path.join(folder, 'x'), '--name', 'Not A Name'], terminal)]).toEqual([1, 2]);
});
