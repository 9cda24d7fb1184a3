import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the built page: the one beside this file in the published command, which holds this package; else this package's own. */
export function pageFolder(): string {
  const beside = fileURLToPath(new URL('./page', import.meta.url));
  return existsSync(beside) ? beside : join(dirname(createRequire(import.meta.url).resolve('@selvedge/console/package.json')), 'dist/page');
}
