import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const LIE = JSON.stringify(path.resolve(here('./lie.ts')));

type BundleService = (name: string, outfile: string, patches: readonly { readonly file: string; readonly find: string; readonly replace: string }[]) => Promise<void>;

/**
 * Bundles a submitter that lies to its clients when it is told to; resolves with its file. Throws when a patch does not fit the
 * source any more.
 */
export async function buildLyingSubmitter(): Promise<string> {
  const { bundleService } = (await import(/* @vite-ignore */ pathToFileURL(here('../../../../scripts/build.mjs')).href)) as { bundleService: BundleService };
  const outfile = here('../../dist/lying-submitter.bundle.mjs');
  const [node, items] = ['roles/client/src/adapters/submitter-node.ts', 'roles/client/src/batching/commit-items.ts'];
  await bundleService('submitter', outfile, [
    { file: node, find: "import { openSession, type", replace: `import { lieTo } from ${LIE}; import { openSession, type` },
    { file: node, find: 'submitter.submit(request, peer, signal)', replace: 'lieTo(submitter.submit(request, peer, signal))' },
    { file: items, find: "import { toHex } from '@selvedge/crypto';", replace: `import { toHex } from '@selvedge/crypto'; import { isToldTo } from ${LIE};` },
    { file: items, find: '    await carried.submit();', replace: "    if (!isToldTo('claim')) await carried.submit();" },
  ]);
  return outfile;
}
