// Where what is in a bundle comes from, by esbuild's metafile.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { root } from '../setup.mjs';

/** Name of the package that a specifier is in; undefined for files, and for what Node has itself. */
export function packageOf(specifier) {
  if (/^[./#]/.test(specifier) || isBuiltin(specifier)) return undefined;
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Folders, relative to the root, of the packages whose code is in the outputs: only what is left of them counts. */
export function bundledFolders(metafiles) {
  const files = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file)));
  return [...new Set(files.map(manifestFolder))].sort();
}

/** Packages that the outputs import at run time. */
export function importedPackages(metafiles) {
  const specifiers = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external === true).map(({ path: specifier }) => specifier)));
  return [...new Set(specifiers.map(packageOf).filter((name) => name !== undefined))].sort();
}

/** The nearest folder above with a manifest that has a name: some packages have others without one within. */
function manifestFolder(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(root, folder, 'package.json')) && readManifest(folder).name !== undefined) return folder;
    if (folder === '.') throw new Error(`${file}: no package holds it`);
  }
}

/** Manifest of the package in a folder relative to the root. */
export function readManifest(folder) {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
}

/** What a package in node_modules says of its licence: the texts of its LICENSE and NOTICE files, in the order of their names. */
export function licenceTexts(folder) {
  const names = readdirSync(path.join(root, folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  return names.map((name) => readFileSync(path.join(root, folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

/** Entries of the lockfile by folder: version and integrity of what is in node_modules. */
export function readLock() {
  return JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
}
