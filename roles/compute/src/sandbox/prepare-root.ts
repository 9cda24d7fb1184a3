import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bind } from './confine.js';

/**
 * Makes the empty tree that becomes the root of confined processes: a directory or an empty file for each thing that is
 * mounted over it. It is never written to afterwards, so processes share it.
 */
export async function prepareRoot(root: string, binds: readonly Bind[]): Promise<void> {
  for (const { target, kind } of binds) {
    const path = join(root, target);
    await makeOpen(root, kind === 'directory' ? target : dirname(target));
    if (kind !== 'directory') await writeFile(path, '', { flag: 'a' });
  }
  await makeOpen(root, '/tmp');
}

/** Makes a directory that another uid may pass through, whatever the umask is. */
async function makeOpen(root: string, target: string): Promise<void> {
  await mkdir(join(root, target), { recursive: true });
  for (let path = target; ; path = dirname(path)) {
    await chmod(join(root, path), 0o755);
    if (path === '/') return;
  }
}
