import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { datasetOfIndexFile, INDEX_FOLDER, parseDeclaredIndexes, RICH_QUERY_LIMITS, type DeclaredIndexes } from '@selvedge/rich-query';
import { listTree } from './tree.js';

const MAX_INDEX_FILES = 256;

/**
 * Reads the CouchDB indexes that a package declares, in META-INF/statedb/couchdb as for Fabric.
 *
 * @throws SelvedgeError MANIFEST_INVALID naming the file, PACKAGE_INVALID for a tree that is none
 */
export async function readDeclaredIndexes(directory: string): Promise<DeclaredIndexes> {
  const folder = join(directory, INDEX_FOLDER);
  if (!existsSync(folder)) return new Map();
  const tree = (await listTree(folder)).map((file) => ({ ...file, path: INDEX_FOLDER + file.path }));
  const files = tree.filter(({ path }) => datasetOfIndexFile(path) !== undefined);
  if (files.length > MAX_INDEX_FILES) throw new SelvedgeError('MANIFEST_INVALID', `${INDEX_FOLDER} has more than ${String(MAX_INDEX_FILES)} index files`);
  for (const { path, lengthBytes } of files) {
    if (lengthBytes > RICH_QUERY_LIMITS.maxQueryBytes) throw new SelvedgeError('MANIFEST_INVALID', `${path} is longer than ${String(RICH_QUERY_LIMITS.maxQueryBytes)} bytes`);
  }
  return parseDeclaredIndexes(await Promise.all(files.map(async ({ path }) => ({ path, text: await readFile(join(directory, path), 'utf8') }))));
}
