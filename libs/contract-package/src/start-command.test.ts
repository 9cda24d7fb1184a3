import { chmod } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { collectPackage } from './collect.js';
import { readManifest } from './manifest.js';
import { readStartCommand, type StartCommand } from './start-command.js';
import { createTestTree, type TestTree } from './test-tree.js';

const ELF = '\u007fELF and so on';
let tree: TestTree | undefined;
afterEach(async () => {
  await tree?.remove();
});
const treeOf = async (files: Record<string, string | object>, executables: string[] = []): Promise<TestTree> => {
  tree = await createTestTree(files);
  for (const file of executables) await chmod(tree.path(file), 0o755);
  return tree;
};
const read = async (files: Record<string, string | object>, executables: string[] = []): Promise<StartCommand> => readStartCommand((await treeOf(files, executables)).directory);
const refusal = (text: string): object => ({ code: 'PACKAGE_INVALID', message: expect.stringContaining(text) as string });

describe('Node chaincode', () => {
  test.each(['node index.js', 'node ./lib/main.cjs'])('that calls the shim itself: %s', async (start) => {
    const file = start.replace(/^node (?:\.\/)?/, '');
    expect(await read({ 'package.json': { scripts: { start } }, [file]: '' })).toEqual({ runtime: 'node', program: file, args: [] });
  });

  test('its module must be there', async () => {
    await expect(read({ 'package.json': { scripts: { start: 'node index.js' } } })).rejects.toMatchObject(refusal('index.js is missing'));
  });

  test.each(['node ../index.js', 'node a/../../index.js', 'node -e', 'node index.js --inspect'])('%s is no module of the package', async (start) => {
    await expect(read({ 'package.json': { scripts: { start } }, 'index.js': '' })).rejects.toMatchObject(refusal('scripts.start'));
  });
});

describe('other runtimes', () => {
  test('one executable, or one jar, shows by itself', async () => {
    expect(await read({ 'assets': ELF, 'main.go': 'package main' }, ['assets'])).toEqual({ runtime: 'binary', program: 'assets' });
    await tree?.remove();
    expect(await read({ 'assets.jar': 'PK' })).toEqual({ runtime: 'java', program: 'assets.jar' });
  });

  test('selvedge.json names the program among several', async () => {
    const files = { 'a.jar': 'PK', 'bin/cc': ELF, 'selvedge.json': { runtime: { type: 'binary', program: 'bin/cc' } } };
    expect(await read(files, ['bin/cc'])).toEqual({ runtime: 'binary', program: 'bin/cc' });
    await tree?.remove();
    await expect(read(files)).rejects.toMatchObject(refusal('not executable'));
    await tree?.remove();
    await expect(read({ 'a.jar': 'PK', 'b.jar': 'PK' })).rejects.toMatchObject(refusal('several programs'));
  });

  test.each(['../cc', '/bin/sh', 'a/../../cc', '', './cc'])('%s is no program of the package', async (program) => {
    await expect(read({ 'selvedge.json': { runtime: { type: 'binary', program } } })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('what is missing is said', async () => {
    await expect(read({ 'go.mod': 'module x', 'main.go': '' })).rejects.toMatchObject(refusal('go build'));
    await tree?.remove();
    await expect(read({ 'script': '#!/bin/sh' }, ['script'])).rejects.toMatchObject(refusal('no executable and no jar'));
    await tree?.remove();
    await expect(read({ 'selvedge.json': { runtime: { type: 'java', program: 'x.jar' } } })).rejects.toMatchObject(refusal('x.jar is missing'));
  });

  test('the program names the contract, and its bytes are in the code hash', async () => {
    const source = await treeOf({ 'asset-transfer.jar': 'PK one', 'collections_config.json': [{ name: 'c1', policy: "OR('AMSP.member')" }] });
    const first = await collectPackage(source.directory, source.path('..', `${String(process.pid)}-one`));
    const manifest = await readManifest(first.directory);
    expect(manifest).toMatchObject({ name: 'asset-transfer', version: '1.0.0', start: { runtime: 'java' }, collections: [{ name: 'c1' }] });
    await source.write({ 'asset-transfer.jar': 'PK two' });
    const second = await collectPackage(source.directory, source.path('..', `${String(process.pid)}-two`));
    expect(second.codeHash).not.toEqual(first.codeHash);
    const { rm } = await import('node:fs/promises');
    await Promise.all([first, second].map(({ directory }) => rm(directory, { recursive: true })));
  });
});
