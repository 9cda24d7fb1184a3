import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Its name changes with its content. */
  readonly isImmutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads the built page, by path; nothing else of the disk is ever served. Rejects with INVALID_CONFIGURATION where it is not built. */
export async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new SelvedgeError('INVALID_CONFIGURATION', 'the console’s page is not built; run "npm run build"', { role: 'console', cause });
  });
  const files = entries.filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined);
  const assets = await Promise.all(files.map(async ({ parentPath, name }): Promise<[string, Asset]> => {
    const path = relative(folder, join(parentPath, name)).split(sep).join('/');
    return [`/${path}`, { type: TYPES[extname(name)] ?? '', body: new Uint8Array(await readFile(join(parentPath, name))), isImmutable: path.startsWith('assets/') }];
  }));
  return new Map(assets);
}
