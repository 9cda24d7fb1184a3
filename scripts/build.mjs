// Compiles every package, then bundles each service into one file: what a TEE measures is exactly what it runs. The command is
// bundled too: it starts in less than half the time; and the console's page, which the command serves.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, root, run } from './setup.mjs';

/** Services that run in a TEE: each also has a bundle for production, which is measured in its stead. */
export const TEE_SERVICES = ['compute', 'key-broker', 'viewer'];

/** Under these conditions packages leave out what belongs to development alone: the simulated TEE. */
export const PRODUCTION = ['selvedge-production', 'selvedge-source'];
export const DEVELOPMENT = ['selvedge-source'];

/** Where a service's bundle lies. */
export function bundlePath(name, kind = 'main') {
  return path.join(root, 'services', name, `dist/${kind}.bundle.mjs`);
}

/** Native modules cannot be bundled; only what runs outside a TEE uses them. */
const EXTERNAL = ['lmdb', 'pkcs11js'];

export const COMMAND_ENTRY = path.join(root, 'apps/cli/src/index.ts');
/** Where the command's bundle lies: as deep in the tree as what it holds, which finds other files by that. */
const COMMAND_BUNDLE = path.join(root, 'apps/cli/dist/bundle/selvedge.mjs');

const BANNER = [
  "import { createRequire as createRequireForBundle } from 'node:module';",
  "import { fileURLToPath as pathOfBundle } from 'node:url';",
  "import { dirname as folderOfBundle } from 'node:path';",
  'const require = createRequireForBundle(import.meta.url);',
  'const __filename = pathOfBundle(import.meta.url);',
  'const __dirname = folderOfBundle(__filename);',
].join('\n');

/** Names of the services that have a main. */
export function serviceNames() {
  return readdirSync(path.join(root, 'services')).filter((name) => existsSync(path.join(root, 'services', name, 'src/main.ts')));
}

/**
 * Bundles one service. `patches` replace source text while bundling ({file, find, replace}); tests build faulty nodes
 * with them. Resolves with esbuild's metafile. Throws when a patch does not apply exactly once.
 */
export async function bundleService(name, outfile = bundlePath(name), patches = [], conditions = DEVELOPMENT) {
  const applied = new Set();
  const plugin = {
    name: 'patches',
    setup(context) {
      context.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
        const relative = path.relative(root, file);
        const own = patches.filter((patch) => patch.file === relative);
        if (own.length === 0) return undefined;
        let contents = readFileSync(file, 'utf8');
        for (const patch of own) {
          if (contents.split(patch.find).length !== 2) throw new Error(`${patch.file}: patch text must occur exactly once: ${patch.find}`);
          contents = contents.replace(patch.find, () => patch.replace);
          applied.add(patch);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
  const metafile = await bundle(path.join(root, 'services', name, 'src/main.ts'), outfile, conditions, { plugins: patches.length === 0 ? [] : [plugin] });
  if (applied.size !== patches.length) throw new Error('a patch names a file that is not in the bundle');
  return metafile;
}

/** Bundles one entry point for Node into one file, with further options of esbuild. Resolves with esbuild's metafile. Paths in it are relative to the root, wherever that lies. */
export async function bundle(entryPoint, outfile, conditions, options = {}) {
  const esbuild = await import('esbuild');
  mkdirSync(path.dirname(outfile), { recursive: true });
  const { metafile } = await esbuild.build({
    entryPoints: [entryPoint],
    outfile,
    absWorkingDir: root,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions,
    external: EXTERNAL,
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  });
  return metafile;
}

/** Builds the console's page into apps/console/dist/page. Nothing in it is inline, so that its content security policy can be strict. */
export async function buildPage() {
  const { build: viteBuild } = await import('vite');
  await viteBuild({
    root: path.join(root, 'apps/console/page'),
    configFile: false,
    logLevel: 'warn',
    build: { outDir: path.join(root, 'apps/console/dist/page'), emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  });
}

export async function build() {
  run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '--build']);
  await Promise.all(serviceNames().map((name) => bundleService(name)));
  await bundle(COMMAND_ENTRY, COMMAND_BUNDLE, DEVELOPMENT);
  await buildPage();
  await Promise.all(TEE_SERVICES.map((name) => bundleService(name, bundlePath(name, 'production'), [], PRODUCTION)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  await build();
}
