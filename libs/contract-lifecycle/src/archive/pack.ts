import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { listTree } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import { pack, type Headers, type Pack } from 'tar-stream';
import { CODE_FOLDER, METADATA_FILE } from './limits.js';
import { encodeMetadata, type PackageMetadata } from './metadata.js';

/** What a package's file is called when nobody says otherwise. */
export function packageFileName({ name, version, codeHash }: PackageMetadata): string {
  return `${name}-${version.replaceAll(/[^A-Za-z0-9.+_-]/g, '_')}-${codeHash.slice(0, 12)}.tar`;
}

/**
 * Writes a collected tree as one file: a POSIX tar archive (IEEE Std 1003.1, pax) of its metadata and its files in the
 * order of their paths, without times, owners or compression, so that the same tree gives the same bytes everywhere.
 * @param tree a directory that hashTree has accepted
 */
export async function writePackageFile(tree: string, metadata: PackageMetadata, file: string): Promise<void> {
  const files = await listTree(tree);
  const archive = pack();
  const partial = `${file}.partial-${String(process.pid)}`;
  const fill = async (): Promise<void> => {
    const about = encodeMetadata(metadata);
    await addEntry(archive, { ...PLAIN, name: METADATA_FILE, size: about.length, mode: 0o644 }, (entry) => {
      entry.end(about);
    });
    for (const { path, executable, lengthBytes } of files) {
      const headers = { ...PLAIN, name: `${CODE_FOLDER}${path}`, size: lengthBytes, mode: executable ? 0o755 : 0o644 };
      await addEntry(archive, headers, (entry) => {
        const source = createReadStream(join(tree, path));
        source.on('error', (error) => {
          archive.destroy(error);
        });
        source.pipe(entry);
      });
    }
    archive.finalize();
  };
  try {
    await Promise.all([pipeline(archive, createWriteStream(partial)), fill()]);
    await rename(partial, file);
  } catch (error) {
    archive.destroy();
    await rm(partial, { force: true });
    throw new SelvedgeError('INVALID_CONFIGURATION', `${file} cannot be written`, { role: 'cli', cause: error });
  }
}

/** Nothing that differs from machine to machine. */
const PLAIN = { type: 'file', mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' } as const;

function addEntry(archive: Pack, headers: Headers, write: (entry: ReturnType<Pack['entry']>) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    write(archive.entry(headers, (error) => {
      if (error) reject(error);
      else resolve();
    }));
  });
}
