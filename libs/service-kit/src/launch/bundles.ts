import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SelvedgeError } from '@selvedge/errors';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

/** Path of a service's single-file bundle. @param service its folder under services/. Throws INVALID_CONFIGURATION when it is missing. */
export function findBundle(service: string, given?: string): string {
  const file = resolve(given ?? resolve(REPOSITORY, 'services', service, 'dist/main.bundle.mjs'));
  if (existsSync(file)) return file;
  throw new SelvedgeError('INVALID_CONFIGURATION', `the bundle of ${service} is missing (${file}); run "npm run build"`, { role: 'cli' });
}
