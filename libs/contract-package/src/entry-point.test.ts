import { afterEach, expect, test } from 'vitest';
import { verifyEntryPoint } from './entry-point.js';
import { createTestTree, type TestTree } from './test-tree.js';

const SHIM = { 'node_modules/fabric-shim/package.json': { name: 'fabric-shim', version: '2.5.8', bin: { 'fabric-chaincode-node': './cli.js' } }, 'node_modules/fabric-shim/cli.js': '' };
let tree: TestTree | undefined;
afterEach(async () => {
  await tree?.remove();
});
const verify = async (main: string | undefined, files: Record<string, string> = {}, start = 'fabric-chaincode-node start'): Promise<void> => {
  tree = await createTestTree({ 'package.json': { main, scripts: { start } }, ...SHIM, ...files });
  await verifyEntryPoint(tree.directory);
};
const refusal = (text: string): object => ({ code: 'PACKAGE_INVALID', message: expect.stringContaining(text) as string });

test.each([['dist/index.js', 'dist/index.js'], ['./lib', 'lib/index.js'], ['lib/main', 'lib/main.js']])('main %s may be %s', async (main, file) => {
  await expect(verify(main, { [file]: '' })).resolves.toBeUndefined();
});

test('a project that is not built says so', async () => {
  await expect(verify('dist/index.js')).rejects.toMatchObject(refusal('dist/index.js, which package.json names as "main", is missing: build the chaincode first'));
});

test('the shim loads nothing without a main', async () => {
  await expect(verify(undefined)).rejects.toMatchObject(refusal('package.json has no "main"'));
});

test('a module that starts by itself needs none', async () => {
  await expect(verify(undefined, { 'index.js': '' }, 'node index.js')).resolves.toBeUndefined();
});
