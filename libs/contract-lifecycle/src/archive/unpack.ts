import { createReadStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { adoptPackage, comparePaths, hashTree, makePartial, PACKAGE_LIMITS, readManifest, type PackageLimits } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { extract, type Entry } from 'tar-stream';
import { CODE_FOLDER, MAX_ARCHIVE_BYTES, MAX_METADATA_BYTES, METADATA_FILE } from './limits.js';
import { parseMetadata, type PackageMetadata } from './metadata.js';

/** A package that was taken into a store. */
export interface UnpackedPackage extends PackageMetadata {
  /** Its tree in the store. */
  readonly directory: string;
}

interface Tally {
  files: number;
  bytes: number;
  lastPath: string;
}

const invalid = (message: string, cause?: unknown): SelvedgeError => new SelvedgeError('PACKAGE_INVALID', message, { cause });

/**
 * Takes a package file of any source into a store, under the hash of what it holds. Nothing in the file is believed: only
 * regular files with plain relative paths are written, into a folder of their own, and the tree counts only when it has
 * the hash, name and version that the file, and the caller, say.
 *
 * @param expected code hash that the caller has from elsewhere, hexadecimal
 * @throws SelvedgeError PACKAGE_INVALID, MANIFEST_INVALID
 */
export async function unpackPackageFile(file: string, store: string, options: { readonly expected?: string | undefined; readonly limits?: PackageLimits } = {}): Promise<UnpackedPackage> {
  const { expected, limits = PACKAGE_LIMITS } = options;
  await requireFile(file);
  const partial = await makePartial(store);
  await mkdir(partial);
  try {
    const metadata = await extractInto(file, partial, limits);
    const codeHash = await hashTree(partial, { limits });
    const actual = toHex(codeHash);
    if (actual !== metadata.codeHash) throw invalid(`${file}: its content has code hash ${actual}, and it says ${metadata.codeHash}`);
    if (expected !== undefined && expected !== actual) throw invalid(`${file}: its content has code hash ${actual}, and ${expected} is expected`);
    const { name, version } = await readManifest(partial);
    if (name !== metadata.name || version !== metadata.version) throw invalid(`${file}: it says ${metadata.name} ${metadata.version}, and its manifest ${name} ${version}`);
    return { ...metadata, directory: await adoptPackage(partial, store, codeHash) };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw isSelvedgeError(error) ? error : invalid(`${file} is no contract package, or was cut short`, error);
  }
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'cli', cause });
  });
  if (!found.isFile()) throw invalid(`${file} is not a file; "selvedge contract package" makes one of a directory`);
  if (found.size > MAX_ARCHIVE_BYTES) throw invalid(`${file} is larger than ${String(MAX_ARCHIVE_BYTES)} bytes`);
}

async function extractInto(file: string, directory: string, limits: PackageLimits): Promise<PackageMetadata> {
  const archive = extract();
  const source = createReadStream(file);
  source.on('error', (error) => {
    archive.destroy(error);
  });
  source.pipe(archive);
  const tally: Tally = { files: 0, bytes: 0, lastPath: '' };
  let metadata: PackageMetadata | undefined;
  try {
    for await (const entry of archive) {
      if (metadata === undefined) metadata = parseMetadata(await readMetadata(entry));
      else await writeEntry(entry, directory, tally, limits);
    }
  } finally {
    source.destroy();
  }
  if (metadata === undefined) throw invalid(`${file} is empty`);
  return metadata;
}

async function readMetadata(entry: Entry): Promise<Uint8Array> {
  const { name, type, size = 0 } = entry.header;
  if (type !== 'file' || name !== METADATA_FILE) throw invalid(`it does not begin with ${METADATA_FILE}`);
  if (size > MAX_METADATA_BYTES) throw invalid(`${METADATA_FILE} is larger than ${String(MAX_METADATA_BYTES)} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function writeEntry(entry: Entry, directory: string, tally: Tally, limits: PackageLimits): Promise<void> {
  const { name, type, size = 0, mode = 0 } = entry.header;
  if (type !== 'file') throw invalid(`${JSON.stringify(name)} is a ${String(type)}, and a package holds regular files only`);
  const path = pathOf(name, limits);
  // One order, each path once: the same package is the same file.
  if (tally.lastPath !== '' && comparePaths(tally.lastPath, path) >= 0) throw invalid(`${path} is out of order, or there twice`);
  if (mode !== 0o644 && mode !== 0o755) throw invalid(`${path} has mode ${mode.toString(8)}`);
  tally.lastPath = path;
  tally.files += 1;
  tally.bytes += size;
  if (tally.files > limits.maxFiles) throw invalid(`it has more than ${String(limits.maxFiles)} files`);
  if (tally.bytes > limits.maxBytes) throw invalid(`it holds more than ${String(limits.maxBytes)} bytes`);
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  // Never through something that is there: the folder holds only what came before from this file.
  const handle = await open(target, 'wx', mode);
  try {
    for await (const chunk of entry) await handle.write(chunk);
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

/** The path inside the tree. Throws PACKAGE_INVALID for anything but a plain relative one below code/. */
function pathOf(name: string, limits: PackageLimits): string {
  if (!name.startsWith(CODE_FOLDER)) throw invalid(`${JSON.stringify(name)} does not lie below ${CODE_FOLDER}`);
  const path = name.slice(CODE_FOLDER.length);
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..') && !/[\u0000-\u001f\u007f\\\ufffd]/u.test(path);
  if (!isPlain) throw invalid(`${JSON.stringify(name)} is not a plain relative path`);
  if (Buffer.byteLength(path) > limits.maxPathBytes) throw invalid(`a path is longer than ${String(limits.maxPathBytes)} bytes`);
  if (parts.length > limits.maxDepth) throw invalid(`${JSON.stringify(name)} is deeper than ${String(limits.maxDepth)} directories`);
  return path;
}
