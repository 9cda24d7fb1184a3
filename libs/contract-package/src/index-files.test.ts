import { toHex } from '@selvedge/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectPackage } from './collect.js';
import { readDeclaredIndexes } from './index-files.js';
import { createTestTree, type TestTree } from './test-tree.js';

const FOLDER = 'META-INF/statedb/couchdb';
const INDEX = { index: { fields: ['docType', 'owner'] }, ddoc: 'indexOwnerDoc', name: 'indexOwner', type: 'json' };

let tree: TestTree;
let out: TestTree;
beforeEach(async () => {
  out = await createTestTree();
  tree = await createTestTree({
    'package.json': { name: 'assets', version: '1.0.0' },
    [`${FOLDER}/indexes/indexOwner.json`]: INDEX,
    [`${FOLDER}/collections/secrets/indexes/indexOwner.json`]: INDEX,
  });
});
afterEach(async () => {
  await tree.remove();
  await out.remove();
});

describe('declared indexes', () => {
  test('are part of the package and of its hash', async () => {
    const before = await collectPackage(tree.path('.'), out.path('1'));
    expect([...(await readDeclaredIndexes(out.path('1'))).keys()].sort()).toEqual(['', 'secrets']);
    await tree.write({ [`${FOLDER}/indexes/indexOwner.json`]: { ...INDEX, name: 'other' } });
    const after = await collectPackage(tree.path('.'), out.path('2'));
    expect(toHex(after.codeHash)).not.toBe(toHex(before.codeHash));
  });

  test('are none where the folder is absent', async () => {
    await expect(readDeclaredIndexes(out.path('.'))).resolves.toEqual(new Map());
  });

  test.each<[string, object | string, string]>([
    ['a definition that is none', { index: {} }, ': not a valid index definition'],
    ['a file that is too long', ' '.repeat(131_073), ' is longer than 131072 bytes'],
  ])('%s is refused by file', async (_name, content, text) => {
    await tree.write({ [`${FOLDER}/indexes/bad.json`]: content });
    await expect(readDeclaredIndexes(tree.path('.'))).rejects.toMatchObject({ code: 'MANIFEST_INVALID', message: expect.stringContaining(`indexes/bad.json${text}`) as string });
  });

  test('too many files', async () => {
    await tree.write(Object.fromEntries(Array.from({ length: 256 }, (_, index) => [`${FOLDER}/indexes/${String(index)}.json`, INDEX])));
    await expect(readDeclaredIndexes(tree.path('.'))).rejects.toMatchObject({ code: 'MANIFEST_INVALID', message: `META-INF/statedb/couchdb/ has more than 256 index files` });
  });
});
