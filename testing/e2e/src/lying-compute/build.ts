import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const EXECUTION = 'roles/compute/src/execution.ts';

type BundleService = (name: string, outfile: string, patches: readonly { readonly file: string; readonly find: string; readonly replace: string }[]) => Promise<void>;

/**
 * Bundles a compute node that lies when it is told to, and signs its lies with its genuine key; resolves with its file, in a folder
 * from which native modules resolve. Throws when a patch does not fit the source any more.
 */
export async function buildLyingCompute(): Promise<string> {
  const { bundleService } = (await import(/* @vite-ignore */ pathToFileURL(here('../../../../scripts/build.mjs')).href)) as { bundleService: BundleService };
  const outfile = here('../../dist/lying-compute.bundle.mjs');
  const invoke = 'return host.invoke(invocation, begin, signal);';
  await bundleService('compute', outfile, [
    { file: EXECUTION, find: "import { setImmediate as nextTurn } from 'node:timers/promises';", replace: `import { setImmediate as nextTurn } from 'node:timers/promises'; import { lieIn } from ${JSON.stringify(path.resolve(here('./lie.ts')))};` },
    { file: EXECUTION, find: invoke, replace: 'return lieIn((calls) => host.invoke(invocation, () => calls(begin()), signal));' },
  ]);
  return outfile;
}
