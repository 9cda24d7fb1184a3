// Checks the import graph: no cycle, no import across roles, nothing outside the importing package's manifest, and nothing in it that is not needed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

/** Every workspace import must be in the importing package's manifest and in its TypeScript references. */
function undeclaredWorkspaceImports() {
  const wrong = [];
  for (const folder of workspaces()) {
    const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const runtime = new Set(Object.keys(manifest.dependencies ?? {}));
    const any = new Set([...runtime, ...Object.keys(manifest.devDependencies ?? {}), manifest.name]);
    for (const file of sources(path.join(root, folder, 'src'))) {
      const allowed = file.endsWith('.test.ts') || file.includes('/testdata/') ? any : runtime;
      for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(@selvedge\/[a-z0-9-]+)(?:\/[a-z-]+)?'/g)) {
        if (!allowed.has(name)) wrong.push(`${path.relative(root, file)} imports ${name}, which ${folder}/package.json does not declare`);
      }
    }
  }
  return wrong;
}

/** Packages whose command is what is needed: `fabric-chaincode-node` starts a chaincode. */
const NEEDED_FOR_A_COMMAND = ['fabric-shim'];

/** What a manifest declares stands in some other file of its package. Types of others' packages are imported under their names. */
function unusedDependencies() {
  return workspaces().flatMap((folder) => {
    const manifestFile = path.join(root, folder, 'package.json');
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(manifestFile, 'utf8'));
    const texts = filesOf(path.join(root, folder)).filter((file) => file !== manifestFile && /\.(ts|tsx|mts|mjs|js|json)$/.test(file)).map((file) => readFileSync(file, 'utf8'));
    // The name, or something below it, and not the beginning of a longer one.
    const isNamed = (name) => [`'${name}'`, `"${name}"`, `'${name}/`, `"${name}/`].some((quoted) => texts.some((text) => text.includes(quoted)));
    const isUsed = (name) => name.startsWith('@types/') || NEEDED_FOR_A_COMMAND.includes(name) || isNamed(name);
    return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !isUsed(name)).map((name) => `${folder}/package.json declares ${name}, which nothing there needs`);
  });
}

function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : filesOf(file);
    return entry.isFile() ? [file] : [];
  });
}

function workspaces() {
  const { workspaces: patterns } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`);
  });
}

function sources(folder) {
  return existsSync(folder) ? filesOf(folder).filter((file) => file.endsWith('.ts')) : [];
}

const faults = [...undeclaredWorkspaceImports(), ...unusedDependencies()];
for (const line of faults) console.error(line);

const result = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), '--config', '.dependency-cruiser.cjs', 'protocol', 'libs', 'roles', 'services', 'apps', 'testing', 'bench', 'examples'],
  { cwd: root, stdio: 'inherit' },
);
process.exit(faults.length > 0 ? 1 : (result.status ?? 1));
