import { parseIndexDefinition, type IndexDefinition } from './index-definition.js';
import { compareUtf8 } from './json.js';

/** One file of a chaincode package. */
export interface PackageFile {
  /** Path within the package, with "/". */
  readonly path: string;
  readonly text: string;
}

/** The indexes of a contract, by dataset: '' is the world state, any other name a private data collection. */
export type DeclaredIndexes = ReadonlyMap<string, readonly IndexDefinition[]>;

// Fabric's own patterns (ccmetadata: fileValidators), which no folder below "indexes" escapes.
const WORLD_STATE_INDEX = /^META-INF\/statedb\/couchdb\/indexes\/.*\.json$/;
const COLLECTION_INDEX = /^META-INF\/statedb\/couchdb\/collections\/([A-Za-z0-9_-]+)\/indexes\/.*\.json$/;

/** Folder of a package that holds its index declarations. */
export const INDEX_FOLDER = 'META-INF/statedb/couchdb/';

/** Which dataset's index a file of the package declares; undefined: none. */
export function datasetOfIndexFile(path: string): string | undefined {
  if (WORLD_STATE_INDEX.test(path)) return '';
  return COLLECTION_INDEX.exec(path)?.[1];
}

/**
 * The indexes that a package declares. As on Fabric, files are taken in the order of their names, and of two indexes with
 * one name in one design document the later stays.
 *
 * @throws SelvedgeError MANIFEST_INVALID naming the file
 */
export function parseDeclaredIndexes(files: readonly PackageFile[]): DeclaredIndexes {
  const byDataset = new Map<string, Map<string, IndexDefinition>>();
  for (const { path, text } of [...files].sort((a, b) => compareUtf8(a.path, b.path))) {
    const dataset = datasetOfIndexFile(path);
    if (dataset === undefined) continue;
    const indexes = byDataset.get(dataset) ?? new Map<string, IndexDefinition>();
    byDataset.set(dataset, indexes);
    const definition = parseIndexDefinition(text, path);
    indexes.set(JSON.stringify([definition.designDocument, definition.name]), definition);
  }
  return new Map([...byDataset].map(([dataset, indexes]) => [dataset, [...indexes.values()]]));
}
