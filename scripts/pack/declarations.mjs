// The declarations of a library with those of the workspaces that it is made of, so that it needs none of them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from '../setup.mjs';
import { packageOf, readManifest } from './origins.mjs';

/**
 * Copies a declaration file and all that it refers to in workspaces into `target`, by the paths that they have here, and makes
 * names of workspaces relative paths. Returns where the first lies below target, and which packages of others they name.
 * @param entry relative to the root, of a build
 */
export function copyDeclarations(entry, target) {
  const waiting = [entry];
  const seen = new Set(waiting);
  const foreign = new Set();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const text = readFileSync(path.join(root, file), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '').trimEnd();
    let written = text;
    // From the end: what is before a replacement keeps its place.
    for (const { fileName, pos } of ts.preProcessFile(text).importedFiles.toReversed()) {
      const declared = declarationOf(fileName, file);
      if (declared === undefined) {
        const name = packageOf(fileName);
        if (name !== undefined) foreign.add(name);
        continue;
      }
      if (!seen.has(declared)) waiting.push(declared);
      seen.add(declared);
      const literal = text.indexOf(fileName, pos);
      // TypeScript's place is that of the quotation mark.
      if (literal !== pos + 1) throw new Error(`${file}: ${fileName} is not where TypeScript saw it`);
      written = written.slice(0, literal) + relativeSpecifier(file, declared) + written.slice(literal + fileName.length);
    }
    const copy = path.join(target, placeOf(file));
    mkdirSync(path.dirname(copy), { recursive: true });
    writeFileSync(copy, `${written}\n`);
  }
  return { entry: placeOf(entry), packages: [...foreign].sort() };
}

/** Builds lie in folders named dist; published, they need none. */
const placeOf = (file) => file.replace('/dist/', '/');

function relativeSpecifier(from, to) {
  const relative = path.relative(path.dirname(placeOf(from)), placeOf(to)).replace(/\.d\.ts$/, '.js');
  return relative.startsWith('.') ? relative : `./${relative}`;
}

/** The declaration file that a specifier means, relative to the root; undefined outside of the workspaces. */
function declarationOf(specifier, importer) {
  if (specifier.startsWith('.')) return path.join(path.dirname(importer), specifier).replace(/\.js$/, '.d.ts');
  const folder = specifier.startsWith('#') ? importer.slice(0, importer.indexOf('/dist/')) : workspaceFolder(packageOf(specifier));
  if (folder === undefined) return undefined;
  const { exports = {}, imports = {}, name } = readManifest(folder);
  const { types } = specifier.startsWith('#') ? imports[specifier] : exports[`.${specifier.slice(name.length)}`];
  return path.join(folder, types);
}

function workspaceFolder(name) {
  if (name === undefined || !name.startsWith('@selvedge/')) return undefined;
  return path.relative(root, path.dirname(ts.sys.realpath(path.join(root, 'node_modules', name, 'package.json'))));
}
