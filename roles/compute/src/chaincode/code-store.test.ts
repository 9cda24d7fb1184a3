import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packagePath } from '@selvedge/contract-package';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BEHAVIOURS, openTestHost, type TestHost } from './testdata/test-host.js';

let it: TestHost;
let packageDirectory: string;
beforeEach(async () => {
  it = await openTestHost(BEHAVIOURS);
  packageDirectory = packagePath(join(it.directory, 'store'), it.codeHash);
});
afterEach(async () => {
  await it.close();
});
const count = (creatorMspId = 'AuroraMSP'): Promise<string> => it.text(['count'], { creatorMspId });

test('a package that is not in the store', async () => {
  await expect(it.host.prepare('behaviours', new Uint8Array(32))).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISSING' });
  await expect(it.run(['count'], { codeHash: new Uint8Array(32) })).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISSING' });
});

test('one byte more in any file, dependencies included, and nothing runs', async () => {
  await appendFile(join(packageDirectory, 'node_modules/fabric-shim/lib/handler.js'), '\n');
  await expect(it.host.prepare('behaviours', it.codeHash)).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
  await expect(count()).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
});

test('a file more, a file less, a link', async () => {
  await writeFile(join(packageDirectory, 'more.js'), '');
  await expect(count()).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
  await rm(join(packageDirectory, 'more.js'));
  await symlink('/etc/hostname', join(packageDirectory, 'link.js'));
  await expect(count()).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
  await rm(join(packageDirectory, 'link.js'));
  await rm(join(packageDirectory, 'package.json'));
  await expect(count()).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
});

test('a mended package runs, without waiting', async () => {
  const file = join(packageDirectory, 'index.cjs');
  const original = await readFile(file);
  await writeFile(file, 'module.exports = {}');
  await expect(count()).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
  await writeFile(file, original);
  expect(await count()).toBe('1');
});

test('what is put into the store after the hash was checked does not run', async () => {
  await it.host.prepare('behaviours', it.codeHash);
  await writeFile(join(packageDirectory, 'index.cjs'), 'process.exit(3)');
  expect(await count()).toBe('1');
});

test('a chaincode that changes its own code is not started again from it', async () => {
  expect(await count()).toBe('1');
  await rm(join(it.directory, 'run/code', Buffer.from(it.codeHash).toString('hex'), 'index.cjs'));
  await mkdir(join(it.directory, 'run/code', Buffer.from(it.codeHash).toString('hex'), 'index.cjs'));
  await expect(count('BorealisMSP')).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISMATCH' });
  expect(await count('BorealisMSP')).toBe('1');
});
