import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { placeOfBundle } from '#bundle-places';
import { SelvedgeError } from '@selvedge/errors';
import type { BundleKind } from './repository-bundles.js';

/**
 * Path of a service's single-file bundle.
 * @param service its folder under services/
 * @param given where it lies instead
 * @param kind `production` is there for the services that run in a TEE
 * Throws INVALID_CONFIGURATION when it is missing.
 */
export function findBundle(service: string, given?: string, kind: BundleKind = 'main'): string {
  const { file, expected, remedy } = given === undefined ? placeOfBundle(service, kind) : { ...placeOfBundle(service, kind), ...placeOfFile(given) };
  if (file !== undefined) return file;
  throw new SelvedgeError('INVALID_CONFIGURATION', `the bundle of ${service} is missing (${expected}); ${remedy}`, { role: 'cli' });
}

function placeOfFile(given: string): { readonly file: string | undefined; readonly expected: string } {
  const expected = resolve(given);
  return { file: existsSync(expected) ? expected : undefined, expected };
}
