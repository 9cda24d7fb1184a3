import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const ANSWER = 'roles/business/src/plaintext/answer-plaintext.ts';
const LEGACY = 'if (value !== undefined && equalBytes(sha256(value), expected)) return';
const SERVED = "servedOf(packet, version, found ?? { key: '', value: new Uint8Array(0) })";

type BundleService = (name: string, outfile: string, patches: readonly { readonly file: string; readonly find: string; readonly replace: string }[]) => Promise<void>;

/**
 * Bundles a business node that lies about values that it keeps in plaintext or in collections that are taken over, when it is told to; resolves with its file, in a folder from
 * which native modules resolve. Throws when a patch does not fit the source any more.
 */
export async function buildLyingKeeper(): Promise<string> {
  const { bundleService } = (await import(/* @vite-ignore */ pathToFileURL(here('../../../../scripts/build.mjs')).href)) as { bundleService: BundleService };
  const outfile = here('../../dist/lying-keeper.bundle.mjs');
  await bundleService('business', outfile, [
    { file: ANSWER, find: "import { create } from '@bufbuild/protobuf';", replace: `import { create } from '@bufbuild/protobuf'; import { lieAboutLegacy, lieAboutValue } from ${JSON.stringify(path.resolve(here('./lie.ts')))};` },
    { file: ANSWER, find: SERVED, replace: `lieAboutValue(${SERVED})` },
    { file: ANSWER, find: `${LEGACY} value;`, replace: `${LEGACY} lieAboutLegacy(value);` },
  ]);
  return outfile;
}
