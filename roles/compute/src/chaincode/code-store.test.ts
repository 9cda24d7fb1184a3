import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashTree, packagePath } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCodeStore, type CodeStore } from './code-store.js';

let directory: string;
let packageDirectory: string;
let codeHash: Uint8Array;
let code: CodeStore;

/** A package as small as the start command's rules allow; nothing here runs it. */
async function createPackage(tree: string): Promise<void> {
  await mkdir(join(tree, 'node_modules/fabric-shim'), { recursive: true });
  await writeFile(join(tree, 'package.json'), JSON.stringify({ name: 'small', scripts: { start: 'fabric-chaincode-node start' } }));
  await writeFile(join(tree, 'index.js'), 'module.exports = {}');
  await writeFile(join(tree, 'node_modules/fabric-shim/package.json'), JSON.stringify({ name: 'fabric-shim', bin: { 'fabric-chaincode-node': 'cli.js' } }));
  await writeFile(join(tree, 'node_modules/fabric-shim/cli.js'), '');
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sv-code-'));
  const tree = join(directory, 'tree');
  await createPackage(tree);
  codeHash = await hashTree(tree);
  packageDirectory = packagePath(join(directory, 'store'), codeHash);
  await createPackage(packageDirectory);
  code = createCodeStore(join(directory, 'store'), join(directory, 'private'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});
const verify = (): Promise<unknown> => code.verified(codeHash);
const MISMATCH = { code: 'CONTRACT_CODE_MISMATCH' };

test('the approved package, from the node’s own copy', async () => {
  const tree = await code.verified(codeHash);
  expect(tree.directory).toBe(join(directory, 'private', toHex(codeHash)));
  expect(tree.start.program).toBe('node_modules/fabric-shim/cli.js');
});

test('a package that is not in the store', async () => {
  await expect(code.verified(new Uint8Array(32))).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISSING' });
});

test('another approved package does not stand in for it', async () => {
  const other = packagePath(join(directory, 'store'), new Uint8Array(32));
  await createPackage(other);
  await expect(code.verified(new Uint8Array(32))).rejects.toMatchObject(MISMATCH);
});

test.each<[string, (tree: string) => Promise<void>]>([
  ['one byte more in a dependency', (tree) => appendFile(join(tree, 'node_modules/fabric-shim/cli.js'), '\n')],
  ['a file more', (tree) => writeFile(join(tree, 'more.js'), '')],
  ['a file less', (tree) => rm(join(tree, 'index.js'))],
  ['a file that may be executed', (tree) => chmod(join(tree, 'index.js'), 0o755)],
  ['a link', (tree) => symlink('/etc/hostname', join(tree, 'link.js'))],
])('%s, and nothing runs', async (_name, change) => {
  await change(packageDirectory);
  await expect(verify()).rejects.toMatchObject(MISMATCH);
});

test('a mended package is accepted at the next request', async () => {
  const original = await readFile(join(packageDirectory, 'index.js'));
  await writeFile(join(packageDirectory, 'index.js'), '');
  await expect(verify()).rejects.toMatchObject(MISMATCH);
  await writeFile(join(packageDirectory, 'index.js'), original);
  await verify();
});

test('what comes into the store after the check is never looked at', async () => {
  await verify();
  await writeFile(join(packageDirectory, 'index.js'), 'process.exit(3)');
  const tree = await code.verified(codeHash);
  expect(await readFile(join(tree.directory, 'index.js'), 'utf8')).toBe('module.exports = {}');
});

test('a copy that has changed since is refused, then made anew', async () => {
  const { directory: copy } = await code.verified(codeHash);
  await rm(join(copy, 'index.js'));
  await writeFile(join(copy, 'index.js'), 'changed');
  await expect(verify()).rejects.toMatchObject(MISMATCH);
  await verify();
});

test('concurrent requests share one copy', async () => {
  expect(new Set((await Promise.all([1, 2, 3].map(() => code.verified(codeHash)))).map((tree) => tree.directory)).size).toBe(1);
});
