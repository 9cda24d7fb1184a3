import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashTree, PACKAGE_LIMITS } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMetadata, parseMetadata } from './metadata.js';
import { packageFileName, writePackageFile } from './pack.js';
import { craftArchive, type CraftedEntry } from './testdata/craft.js';
import { unpackPackageFile } from './unpack.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sv-archive-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const LONG = `src/${'long-name-'.repeat(14)}é.js`;
const FILES: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'kv', version: '2.0.0', main: 'index.js', scripts: { start: 'fabric-chaincode-node start' }, dependencies: { 'fabric-shim': '2.5.8' } }),
  'index.js': 'module.exports.contracts = [];',
  [LONG]: '// a path that takes a pax header',
  'empty.txt': '',
  'node_modules/fabric-shim/package.json': JSON.stringify({ name: 'fabric-shim', version: '2.5.8', bin: { 'fabric-chaincode-node': 'cli.js' } }),
  'node_modules/fabric-shim/cli.js': '#!/usr/bin/env node',
};

async function writeTree(directory: string, files: readonly string[] = Object.keys(FILES)): Promise<string> {
  for (const path of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), FILES[path] ?? '');
  }
  await chmod(join(directory, 'node_modules/fabric-shim/cli.js'), 0o755);
  return directory;
}

async function packed(): Promise<{ readonly file: string; readonly codeHash: string; readonly bytes: Buffer }> {
  const tree = await writeTree(join(folder, 'tree'));
  const codeHash = toHex(await hashTree(tree));
  const file = join(folder, 'kv.tar');
  await writePackageFile(tree, { name: 'kv', version: '2.0.0', codeHash }, file);
  return { file, codeHash, bytes: await readFile(file) };
}

const unpack = (file: string, expected?: string): ReturnType<typeof unpackPackageFile> => unpackPackageFile(file, join(folder, 'store'), { expected });

/** Unpacks something else than a package and sees that it leaves nothing. */
async function refusalOf(file: string, expected?: string): Promise<string> {
  const refusal = await unpack(file, expected).then(() => 'nothing was refused', (error: unknown) => error as { code: string; message: string });
  expect(existsSync(join(folder, 'store')) ? readdirSync(join(folder, 'store')) : []).toEqual([]);
  return typeof refusal === 'string' ? refusal : `${refusal.code}: ${refusal.message}`;
}

/** An archive of the usual content with these entries after it, or instead of it. */
async function crafted(entries: readonly CraftedEntry[], metadata?: Uint8Array): Promise<string> {
  const file = join(folder, 'crafted.tar');
  await writeFile(file, craftArchive([{ name: 'metadata.json', content: metadata ?? encodeMetadata({ name: 'kv', version: '2.0.0', codeHash: '0'.repeat(64) }) }, ...entries]));
  return file;
}

describe('a package file', () => {
  it('is unpacked into the store as the tree that it was made of', async () => {
    const { file, codeHash } = await packed();
    const installed = await unpack(file, codeHash);
    expect(installed).toMatchObject({ name: 'kv', version: '2.0.0', codeHash, directory: join(folder, 'store', codeHash) });
    expect(toHex(await hashTree(installed.directory))).toBe(codeHash);
    expect(await readFile(join(installed.directory, LONG), 'utf8')).toBe(FILES[LONG]);
    expect((await stat(join(installed.directory, 'node_modules/fabric-shim/cli.js'))).mode & 0o777).toBe(0o755);
    // Again: what is there stays.
    expect((await unpack(file)).directory).toBe(installed.directory);
    expect(readdirSync(join(folder, 'store'))).toEqual([codeHash]);
  });

  it('has the same bytes whatever order, times and places its files have, and others when a bit of them is another', async () => {
    const { bytes, codeHash } = await packed();
    const again = await writeTree(join(folder, 'again'), Object.keys(FILES).reverse());
    await utimes(join(again, 'index.js'), 1, 1);
    await chmod(join(again, 'index.js'), 0o600);
    await writePackageFile(again, { name: 'kv', version: '2.0.0', codeHash: toHex(await hashTree(again)) }, join(folder, 'again.tar'));
    expect(bytes.equals(await readFile(join(folder, 'again.tar')))).toBe(true);
    await chmod(join(again, 'index.js'), 0o755);
    expect(toHex(await hashTree(again))).not.toBe(codeHash);
  });

  it('is named after what it is', () => {
    expect(packageFileName({ name: 'kv', version: '2.0.0-rc/1', codeHash: 'ab'.repeat(32) })).toBe('kv-2.0.0-rc_1-abababababab.tar');
  });

  it('says of itself what parses, and nothing else', () => {
    const metadata = { name: 'kv', version: '1', codeHash: 'ab'.repeat(32) };
    expect(parseMetadata(encodeMetadata(metadata))).toMatchObject(metadata);
    for (const bytes of ['', '{}', '[', '{"format":"selvedge-contract-package/2"}', JSON.stringify({ ...metadata, format: 'selvedge-contract-package/1', more: 1 })]) {
      expect(() => parseMetadata(Buffer.from(bytes))).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
    }
  });
});

describe('a hostile package file', () => {
  it('with another content than it says is refused, and so is one with another hash than is expected', async () => {
    const { file, bytes, codeHash } = await packed();
    expect(await refusalOf(file, 'f'.repeat(64))).toMatch(/^PACKAGE_INVALID: .* is expected/);
    const at = bytes.indexOf('module.exports');
    bytes[at] = 0x4d;
    await writeFile(file, bytes);
    expect(await refusalOf(file)).toMatch(new RegExp(`^PACKAGE_INVALID: .*it says ${codeHash}`));
  });

  it('with another name or version than its manifest is refused', async () => {
    const tree = await writeTree(join(folder, 'tree'));
    const codeHash = toHex(await hashTree(tree));
    for (const about of [{ name: 'other', version: '2.0.0' }, { name: 'kv', version: '2.0.1' }]) {
      await writePackageFile(tree, { ...about, codeHash }, join(folder, 'kv.tar'));
      expect(await refusalOf(join(folder, 'kv.tar'))).toMatch(/^PACKAGE_INVALID: .*and its manifest kv 2\.0\.0/);
    }
  });

  it('that is cut short anywhere is refused', async () => {
    const { file, bytes } = await packed();
    for (let length = 0; length < bytes.length - 1_024; length += 487) {
      await writeFile(file, bytes.subarray(0, length));
      expect([length, (await refusalOf(file)).slice(0, 15)]).toEqual([length, 'PACKAGE_INVALID']);
    }
  });

  it('with a flipped byte is refused, or is the same package', async () => {
    const { file, bytes, codeHash } = await packed();
    for (let place = 0; place < bytes.length; place += 61) {
      const flipped = Buffer.from(bytes);
      flipped[place]! ^= 0xff;
      await writeFile(file, flipped);
      const outcome = await unpack(file).then((installed) => installed.codeHash, (error: unknown) => (error as { code: string }).code);
      expect([codeHash, 'PACKAGE_INVALID', 'MANIFEST_INVALID']).toContain(outcome);
    }
    expect(readdirSync(join(folder, 'store')).filter((name) => name !== codeHash)).toEqual([]);
  });

  it.each<[string, CraftedEntry[], RegExp]>([
    ['leads out of its folder', [{ name: 'code/../../evil' }], /not a plain relative path/],
    ['has an absolute path', [{ name: '/tmp/evil' }], /does not lie below code/],
    ['has an absolute path below code', [{ name: 'code//tmp/evil' }], /not a plain relative path/],
    ['lies beside the code', [{ name: 'evil' }], /does not lie below code/],
    ['has a backslash in its path', [{ name: 'code/..\\evil' }], /not a plain relative path/],
    ['has a control character in its path', [{ name: 'code/a\nb' }], /not a plain relative path/],
    ['is the folder itself', [{ name: 'code/' }], /not a plain relative path|is a directory/],
    ['is a symbolic link', [{ name: 'code/a', type: '2', linkname: '/etc/passwd' }], /is a symlink/],
    ['is a hard link', [{ name: 'code/a', type: '1', linkname: 'metadata.json' }], /is a link/],
    ['is a device', [{ name: 'code/a', type: '3' }], /character-device/],
    ['is a pipe', [{ name: 'code/a', type: '6' }], /fifo/],
    ['is a directory', [{ name: 'code/a/', type: '5' }], /is a directory|plain/],
    ['is there twice', [{ name: 'code/a' }, { name: 'code/a' }], /out of order, or there twice/],
    ['is out of order', [{ name: 'code/b' }, { name: 'code/a' }], /out of order/],
    ['is a file and a folder', [{ name: 'code/a' }, { name: 'code/a/b' }], /no contract package/],
    ['is set-user-id', [{ name: 'code/a', mode: 0o4755 }], /has mode 4755/],
    ['is too deep', [{ name: `code/${'d/'.repeat(64)}f` }], /deeper than 64/],
    ['claims more bytes than a package may have', [{ name: 'code/a', size: PACKAGE_LIMITS.maxBytes + 1 }], /more than 268435456 bytes/],
    ['claims a huge size', [{ name: 'code/a', size: 0o77777777777 }], /more than 268435456 bytes/],
  ])('in which a file %s is refused', async (_what, entries, reason) => {
    const text = await refusalOf(await crafted(entries));
    expect(text).toMatch(/^PACKAGE_INVALID: /);
    expect(text).toMatch(reason);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  it('with too many files is refused while it is read', async () => {
    const file = await crafted([{ name: 'code/a' }, { name: 'code/b' }, { name: 'code/c' }]);
    await expect(unpackPackageFile(file, join(folder, 'store'), { limits: { ...PACKAGE_LIMITS, maxFiles: 2 } })).rejects.toMatchObject({ code: 'PACKAGE_INVALID', message: 'it has more than 2 files' });
  });

  it('that does not begin with its metadata, or with too much of it, is refused', async () => {
    const file = join(folder, 'crafted.tar');
    await writeFile(file, craftArchive([{ name: 'code/a' }]));
    expect(await refusalOf(file)).toMatch(/does not begin with metadata\.json/);
    expect(await refusalOf(await crafted([], new Uint8Array(16 * 1024 + 1)))).toMatch(/metadata\.json is larger/);
    expect(await refusalOf(await crafted([], Buffer.from('{}')))).toMatch(/not that of a contract package/);
  });

  it('that is no archive, or no file, is refused', async () => {
    await writeFile(join(folder, 'text'), 'not an archive'.repeat(100));
    expect(await refusalOf(join(folder, 'text'))).toMatch(/^PACKAGE_INVALID/);
    await writeFile(join(folder, 'empty'), '');
    expect(await refusalOf(join(folder, 'empty'))).toMatch(/^PACKAGE_INVALID/);
    expect(await refusalOf(folder)).toMatch(/is not a file/);
    expect(await refusalOf(join(folder, 'none'))).toMatch(/^INVALID_CONFIGURATION: cannot read/);
  });
});
