import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { watch } from 'chokidar';

/** A watch of a project's files. */
export interface ProjectWatch {
  close(): Promise<void>;
}

/** Changes that come at once, such as those of an editor or of git, count as one. */
const QUIET_MS = 150;

/** Folders whose files make no new version: what others write, and what the build itself makes. */
const IGNORED = new Set(['node_modules', 'dist', 'test', 'client', 'coverage']);

/** Whether a change of a file may change the contract. @param path relative to the project */
export function isWatched(path: string): boolean {
  const [top = '', ...rest] = path.split(sep);
  if (path === '') return true;
  return !top.startsWith('.') && !IGNORED.has(top) && !rest.some((part) => part === 'node_modules' || part.startsWith('.')) && !/\.(?:md|log|tsbuildinfo|tgz)$|~$/.test(path);
}

/**
 * Tells of files below a project's folder whose content has changed. Resolves when it has seen what is there.
 * @param onChange called with the paths that changed, relative to the project
 */
export async function watchProject(directory: string, onChange: (paths: readonly string[]) => void): Promise<ProjectWatch> {
  const watcher = watch(directory, { ignoreInitial: true, ignored: (path) => !isWatched(relative(directory, path)) });
  // A build that writes beside its sources writes the same again: that is no change.
  const seen = new Map<string, string | undefined>();
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const tell = async (): Promise<void> => {
    const paths = [...touched].sort();
    touched.clear();
    const changed: string[] = [];
    for (const path of paths) {
      const digest = await readFile(join(directory, path)).then((bytes) => toHex(sha256(bytes)), () => undefined);
      if (!seen.has(path) || seen.get(path) !== digest) changed.push(path);
      seen.set(path, digest);
    }
    if (changed.length > 0 && !isClosed) onChange(changed);
  };
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir') return;
    touched.add(relative(directory, path));
    clearTimeout(timer);
    timer = setTimeout(() => void tell(), QUIET_MS);
  });
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', resolve);
    watcher.on('error', reject);
  });
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
