import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const ANSWER = 'roles/business/src/domain/answer-state-query.ts';

type BundleService = (name: string, outfile: string, patches: readonly { readonly file: string; readonly find: string; readonly replace: string }[]) => Promise<void>;

/**
 * Bundles a business node that lies about sets when it is told to; resolves with its file, in a folder from which native modules
 * resolve. Throws when a patch does not fit the source any more.
 */
export async function buildLyingOwner(): Promise<string> {
  const { bundleService } = (await import(/* @vite-ignore */ pathToFileURL(here('../../../../scripts/build.mjs')).href)) as { bundleService: BundleService };
  const outfile = here('../../dist/lying-owner.bundle.mjs');
  const set = 'answerSet(query.contract, set, state, budget, lookup)';
  await bundleService('business', outfile, [
    { file: ANSWER, find: "import { create } from '@bufbuild/protobuf';", replace: `import { create } from '@bufbuild/protobuf'; import { lieAbout } from ${JSON.stringify(path.resolve(here('./lie.ts')))};` },
    { file: ANSWER, find: set, replace: `lieAbout(set, ${set})` },
  ]);
  return outfile;
}
