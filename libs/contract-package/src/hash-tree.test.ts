import { chmod, mkdir, rename, symlink, utimes } from 'node:fs/promises';
import { toHex } from '@selvedge/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashTree } from './hash-tree.js';
import { PACKAGE_LIMITS } from './limits.js';
import { createTestTree, makePipe, type TestTree } from './test-tree.js';

const FILES = { 'package.json': '{}', 'lib/a.js': 'a', 'lib/b.js': 'bb' };
let tree: TestTree;
let other: TestTree;
beforeEach(async () => {
  tree = await createTestTree(FILES);
  other = await createTestTree(FILES);
});
afterEach(async () => {
  await tree.remove();
  await other.remove();
});
const hash = async (of: TestTree): Promise<string> => toHex(await hashTree(of.directory));

describe('the hash', () => {
  test('is of the content alone: not of times, empty directories or other mode bits', async () => {
    await utimes(other.path('lib/a.js'), 1, 1);
    await mkdir(other.path('empty'));
    await chmod(other.path('lib/a.js'), 0o600);
    expect(await hash(other)).toBe(await hash(tree));
  });

  test('does not change from release to release', async () => {
    expect(await hash(tree)).toBe('f0d35798b2706469631caf41e294230a3e5d4af7af0947e3437a56c57142394e');
  });

  test.each<[string, (of: TestTree) => Promise<void>]>([
    ['a byte of content', (of) => of.write({ 'lib/a.js': 'b' })],
    ['a length', (of) => of.write({ 'lib/a.js': 'aa' })],
    ['a path', (of) => rename(of.path('lib/a.js'), of.path('lib/c.js'))],
    ['the executable bit', (of) => chmod(of.path('lib/a.js'), 0o755)],
    ['a file more', (of) => of.write({ 'lib/c.js': '' })],
    ['content that moves between files', (of) => of.write({ 'lib/a.js': 'ab', 'lib/b.js': 'b' })],
  ])('changes with %s', async (_name, change) => {
    await change(other);
    expect(await hash(other)).not.toBe(await hash(tree));
  });

  test('covers files larger than one chunk', async () => {
    await tree.write({ big: 'x'.repeat(700_000) + 'a' });
    await other.write({ big: 'x'.repeat(700_000) + 'b' });
    expect(await hash(other)).not.toBe(await hash(tree));
  });
});

describe('a tree with anything but plain files is refused', () => {
  test.each<[string, (of: TestTree) => Promise<void> | void]>([
    ['a link to a file', (of) => symlink('a.js', of.path('lib/link.js'))],
    ['a link to a directory', (of) => symlink('lib', of.path('link'))],
    ['a named pipe', (of) => { makePipe(of.path('pipe')); }],
    ['a name with a backslash', (of) => of.write({ 'a\\b': '' })],
    ['a name with a line feed', (of) => of.write({ 'a\nb': '' })],
  ])('%s', async (_name, add) => {
    await add(tree);
    await expect(hashTree(tree.directory)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  test.each([{ maxFiles: 2 }, { maxBytes: 4 }, { maxDepth: 0 }, { maxPathBytes: 7 }])('a tree beyond %o', async (limits) => {
    await expect(hashTree(tree.directory, { limits: { ...PACKAGE_LIMITS, ...limits } })).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });
});
