// Lays a published package out in a folder: bundles, declarations, manifest, licences, SBOM.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundle, bundleService, DEVELOPMENT } from '../build.mjs';
import { root } from '../setup.mjs';
import { copyDeclarations } from './declarations.mjs';
import { bundledFolders, importedPackages, licenceTexts, packageOf, readLock, readManifest } from './origins.mjs';
import { createSbom } from './sbom.mjs';

/** What dependencies would use if it were there, and nothing here needs: another driver of pg, hardware tokens of fabric-gateway. */
const OPTIONAL = ['pg-native', 'pkcs11js'];

/**
 * Lays a package out in `target`, which is empty. The same sources give the same bytes, wherever root and target lie.
 * Resolves with its manifest and its SBOM, CycloneDX JSON.
 * @param published an entry of PACKAGES
 */
export async function stagePackage(published, target) {
  const { folder, name, description, bin, library: imported, exports = {}, copies = {}, also = [] } = published;
  const { version, license, engines } = readManifest('.');
  const metafiles = await Promise.all((published.programs ?? []).map((program) => bundleProgram(program, target)));
  const library = imported === undefined ? undefined : await stageLibrary(imported, target);
  if (library !== undefined) metafiles.push(library.metafile);

  const versions = declaredVersions();
  const needed = [...new Set([...importedPackages(metafiles), ...(library?.packages ?? [])])].filter((other) => !OPTIONAL.includes(other)).sort();
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    ...(bin === undefined ? {} : { bin }),
    exports: { ...(library?.exports ?? {}), ...exports, './package.json': './package.json' },
    dependencies: Object.fromEntries([...also.map((other) => [other, version]), ...needed.map((other) => [other, versionOf(versions, other)])]),
  };
  const write = (file, text) => {
    writeFileSync(path.join(target, file), text);
  };
  for (const [from, to] of Object.entries(copies)) cpSync(path.join(root, from), path.join(target, to), { recursive: true });
  cpSync(path.join(root, 'packages', folder, 'README.md'), path.join(target, 'README.md'));
  cpSync(path.join(root, 'LICENSE'), path.join(target, 'LICENSE'));
  const bundled = bundledFolders(metafiles);
  const foreign = bundled.filter((place) => place.startsWith('node_modules/') || place.includes('/node_modules/'));
  if (foreign.length > 0) write('THIRD-PARTY.txt', thirdPartyText(foreign));
  const sbom = await createSbom({ manifest, bundled, needed });
  write('sbom.cdx.json', sbom);
  write('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
  return { manifest, sbom };
}

function bundleProgram({ service, entry, file, conditions }, target) {
  const outfile = path.join(target, file);
  return service === undefined ? bundle(entry, outfile, conditions) : bundleService(service, outfile, [], conditions);
}

/** What is loaded later stays apart; packages of others are left to the installation, so that there is one copy of each. */
async function stageLibrary({ entry, declarations }, target) {
  const others = {
    name: 'packages of others',
    setup(context) {
      context.onResolve({ filter: /^[^./#]/ }, ({ path: specifier }) => {
        const name = packageOf(specifier);
        return name === undefined || name.startsWith('@selvedge/') ? undefined : { path: specifier, external: true };
      });
    },
  };
  const options = { outfile: undefined, outdir: path.join(target, 'dist'), splitting: true, chunkNames: 'chunks/[name]-[hash]', banner: {}, plugins: [others] };
  const metafile = await bundle(path.join(root, entry), path.join(target, 'dist/index.js'), DEVELOPMENT, options);
  const types = path.join(target, 'types');
  mkdirSync(types, { recursive: true });
  const { entry: first, packages } = copyDeclarations(declarations, types);
  return { metafile, packages, exports: { '.': { types: `./types/${first}`, default: './dist/index.js' } } };
}

/** Versions by name, as the workspaces' manifests pin them. */
function declaredVersions() {
  const found = new Map();
  for (const [folder, { dependencies = {} }] of Object.entries(readLock())) {
    if (folder === '' || folder.includes('node_modules/')) continue;
    for (const [name, version] of Object.entries(dependencies)) found.set(name, (found.get(name) ?? new Set()).add(version));
  }
  return found;
}

function versionOf(versions, name) {
  const [version, ...others] = versions.get(name) ?? [];
  if (version === undefined) throw new Error(`${name} is imported by a published package, and no workspace declares it`);
  if (others.length > 0) throw new Error(`${name}: workspaces declare several versions: ${[version, ...others].join(', ')}`);
  return version;
}

function thirdPartyText(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license = 'see below' } = readManifest(folder);
    return `${name} ${version} (${license})\n\n${licenceTexts(folder).join('\n\n') || 'This package has no licence file.'}\n`;
  });
  return `The programs of this package hold code of the packages below.\n\n${[...new Set(parts)].join(`\n${'-'.repeat(80)}\n\n`)}`;
}
