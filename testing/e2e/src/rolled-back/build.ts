import { fileURLToPath, pathToFileURL } from 'node:url';

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

type BundleService = (name: string, outfile: string, patches: readonly { readonly file: string; readonly find: string; readonly replace: string }[]) => Promise<void>;

/**
 * Bundles a business node that takes no more blocks while the file that SELVEDGE_FROZEN names is there, so that a store which was set
 * back stays so; resolves with its file, in a folder from which native modules resolve. Throws when the patch does not fit the source any more.
 */
export async function buildFreezingOwner(): Promise<string> {
  const { bundleService } = (await import(/* @vite-ignore */ pathToFileURL(here('../../../../scripts/build.mjs')).href)) as { bundleService: BundleService };
  const outfile = here('../../dist/freezing-owner.bundle.mjs');
  const follow = '        await followOnce(() => {';
  const wait = "        if (process.getBuiltinModule('node:fs').existsSync(process.env.SELVEDGE_FROZEN ?? '')) { await setTimeout(20); continue; }";
  await bundleService('business', outfile, [{ file: 'libs/embedded-ledger/src/follow.ts', find: follow, replace: `${wait}\n${follow}` }]);
  return outfile;
}
