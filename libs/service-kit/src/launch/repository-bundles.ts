import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

/** What a service's bundle is for: `main` has the simulated TEE, `production` has not. */
export type BundleKind = 'main' | 'production';

/** A place where a bundle should be, and how it gets there. */
export interface BundlePlace {
  readonly file: string | undefined;
  readonly expected: string;
  readonly remedy: string;
}

/** Where a service's bundle lies in this repository. @param service its folder under services/ */
export function placeOfBundle(service: string, kind: BundleKind): BundlePlace {
  const expected = resolve(REPOSITORY, 'services', service, `dist/${kind}.bundle.mjs`);
  return { file: existsSync(expected) ? expected : undefined, expected, remedy: 'run "npm run build"' };
}
