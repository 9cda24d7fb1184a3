import { createRequire } from 'node:module';
import type * as repository from './repository-bundles.js';

/**
 * What stands in published packages in place of the repository's folders (package.json, condition "selvedge-published"): bundles are
 * looked for in the packages that the command depends on, by name, and nowhere else.
 */
export const placeOfBundle: typeof repository.placeOfBundle = (service, kind) => {
  const name = service.endsWith('-chaincode') ? '@selvedge/chaincodes' : '@selvedge/services';
  const expected = `${name}/${service}${kind === 'production' ? '.production' : ''}`;
  return { file: resolved(expected), expected, remedy: `install ${name}` };
};

function resolved(specifier: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(specifier);
  } catch {
    return undefined;
  }
}
