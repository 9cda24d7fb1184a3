import { execFileSync } from 'node:child_process';
import { chmod, readFile, rm, stat, symlink } from 'node:fs/promises';
import { toHex } from '@selvedge/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectPackage } from './collect.js';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.js';
import { installPackage, packagePath } from './store.js';
import { createTestTree, makePipe, type TestTree } from './test-tree.js';
import { listTree } from './tree.js';

const packageJson = (name: string, dependencies: Record<string, string> = {}, more: object = {}): object => ({ name, version: '1.0.0', dependencies, ...more });
/** A module that shows which copies of its dependencies it finds. */
const shows = (version: string, ...names: string[]): string => `module.exports = '${version}' + [${names.map((name) => `'(' + require('${name}') + ')'`).join(',')}].join('')`;

let tree: TestTree;
let out: TestTree;
beforeEach(async () => {
  out = await createTestTree();
  // A workspace: the contract's dependencies lie above it; c needs a version of b of its own, whose d differs too.
  tree = await createTestTree({
    'contract/package.json': packageJson('contract', { a: '*', c: '*' }, { devDependencies: { dev: '*' }, peerDependencies: { absent: '*' }, optionalDependencies: { gone: '*' } }),
    'contract/index.js': shows('contract', 'a', 'c'),
    'contract/.npmrc': 'token=secret',
    'contract/.env': 'secret',
    'contract/.selvedge/organisations/AuroraMSP/unlock-key.json': 'a network started in the contract’s folder',
    'contract/.tsbuildinfo': 'x',
    'contract/node_modules/dev/package.json': packageJson('dev'),
    'node_modules/a/package.json': packageJson('a', { b: '*' }),
    'node_modules/a/index.js': shows('a1', 'b'),
    'node_modules/b/package.json': packageJson('b', { d: '*' }),
    'node_modules/b/index.js': shows('b1', 'd'),
    'node_modules/d/package.json': packageJson('d', { b: '*' }),
    'node_modules/d/index.js': `module.exports = 'd1'`,
    'node_modules/c/package.json': packageJson('c', { b: '*', d: '*' }),
    'node_modules/c/index.js': shows('c1', 'b', 'd'),
    'node_modules/c/node_modules/b/package.json': packageJson('b', { d: '*' }),
    'node_modules/c/node_modules/b/index.js': shows('b2', 'd'),
    'node_modules/c/node_modules/d/package.json': packageJson('d'),
    'node_modules/c/node_modules/d/index.js': `module.exports = 'd2'`,
  });
});
afterEach(async () => {
  await tree.remove();
  await out.remove();
});
const collect = (name = 'out'): ReturnType<typeof collectPackage> => collectPackage(tree.path('contract'), out.path(name));
const INVALID = { code: 'PACKAGE_INVALID' };

describe('the closure', () => {
  test('every package finds the copies that it found before, and nothing else is taken along', async () => {
    await collect();
    const run = (directory: string): string => execFileSync(process.execPath, ['-p', 'require("./index.js")'], { cwd: directory, encoding: 'utf8' }).trim();
    expect(run(out.path('out'))).toBe('contract(a1(b1(d1)))(c1(b2(d2))(d2))');
    expect(run(out.path('out'))).toBe(run(tree.path('contract')));
    const paths = (await listTree(out.path('out'))).map((file) => file.path);
    expect(paths).toHaveLength(14);
    expect(paths.filter((path) => /dev|npmrc|\.env|\.selvedge|tsbuildinfo/.test(path))).toEqual([]);
  });

  test('a linked workspace package is copied', async () => {
    await tree.write({ 'libs/e/package.json': packageJson('e', { d: '*' }), 'libs/e/index.js': shows('e1', 'd'), 'node_modules/a/package.json': packageJson('a', { e: '*' }), 'node_modules/a/index.js': shows('a1', 'e') });
    await symlink('../libs/e', tree.path('node_modules/e'));
    await collect();
    expect((await stat(out.path('out/node_modules/e/index.js'))).isFile()).toBe(true);
  });

  test('the same input gives the same hash', async () => {
    const [first, second] = [await collect('1'), await collect('2')];
    expect(toHex(first.codeHash)).toBe(toHex(second.codeHash));
    expect(first.files).toBe(14);
  });

  test('modes are reduced to the executable bit', async () => {
    await chmod(tree.path('contract/index.js'), 0o711);
    await collect();
    expect((await stat(out.path('out/index.js'))).mode & 0o777).toBe(0o755);
    expect((await stat(out.path('out/package.json'))).mode & 0o777).toBe(0o644);
  });
});

describe('refusals', () => {
  test('a dependency that is not installed, and what to do', async () => {
    await rm(tree.path('node_modules/d'), { recursive: true });
    await expect(collect()).rejects.toMatchObject({ code: 'PACKAGE_DEPENDENCY_MISSING', message: `run "npm install" in ${tree.path('contract')} first: d, which b needs, is not installed` });
  });

  test.each<[string, string]>([
    ['a link out of the package', '../../../node_modules/a/index.js'],
    ['a link out of the tree', '/etc/hostname'],
    ['a link to nothing', 'nowhere.js'],
    ['a link to a directory', '.'],
    ['a link to what is left out', '../.npmrc'],
  ])('%s', async (_name, target) => {
    await tree.write({ 'contract/lib/x.js': '' });
    await symlink(target, tree.path('contract/lib/link.js'));
    await expect(collect()).rejects.toMatchObject(INVALID);
    await expect(stat(out.path('out'))).rejects.toThrow('ENOENT');
  });

  test('a link inside the package becomes a file', async () => {
    await symlink('index.js', tree.path('contract/link.js'));
    await collect();
    expect(await readFile(out.path('out/link.js'), 'utf8')).toContain('contract');
    expect(await listTree(out.path('out'))).toHaveLength(15);
  });

  test('a named pipe', async () => {
    makePipe(tree.path('contract/pipe'));
    await expect(collect()).rejects.toMatchObject(INVALID);
  });

  // The texts are those of the copy: it must stop by itself, not leave it to the hash that comes after.
  test.each<[Partial<PackageLimits>, string]>([
    [{ maxFiles: 13 }, 'the package and its dependencies have more than 13 files'],
    [{ maxBytes: 100 }, 'the package and its dependencies are larger than 100 bytes'],
    [{ maxDepth: 0 }, 'contract/lib is deeper than 0 directories'],
  ])('a package beyond %o', async (limits, text) => {
    await tree.write({ 'contract/lib/x.js': '' });
    await expect(collectPackage(tree.path('contract'), out.path('out'), { ...PACKAGE_LIMITS, ...limits })).rejects.toMatchObject({ ...INVALID, message: expect.stringContaining(text) as string });
  });

  test('a directory without package.json, a name that leads elsewhere, a package.json that is not JSON', async () => {
    await expect(collectPackage(out.directory, out.path('out'))).rejects.toMatchObject(INVALID);
    await expect(collectPackage(tree.path('nowhere'), out.path('out'))).rejects.toMatchObject(INVALID);
    await tree.write({ 'contract/package.json': packageJson('contract', { '../../libs': '*' }) });
    await expect(collect()).rejects.toMatchObject(INVALID);
    await tree.write({ 'contract/package.json': '{' });
    await expect(collect()).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});

describe('the store', () => {
  test('names a package by its hash and keeps one copy', async () => {
    const [first, second] = [await installPackage(tree.path('contract'), out.path('store')), await installPackage(tree.path('contract'), out.path('store'))];
    expect(first.directory).toBe(out.path('store', toHex(first.codeHash)));
    expect(second.directory).toBe(first.directory);
    expect((await listTree(out.path('store'))).length).toBe(14);
  });

  test('a hash has 32 bytes', () => {
    expect(() => packagePath('store', new Uint8Array(31))).toThrow('32 bytes');
  });
});
