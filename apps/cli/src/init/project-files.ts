import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DEVELOPER_PACKAGE_NAMES, type PackageSource } from './package-source.js';

/** Versions that a new project starts with: those that this release is tested with. */
export const TOOL_VERSIONS = { '@types/node': '20.19.43', typescript: '6.0.3' } as const;
export const CONTRACT_VERSIONS = { 'fabric-contract-api': '2.5.8', 'fabric-shim': '2.5.8' } as const;

/** The contract API takes ^0.4.0, whose later patch lacks a function that it calls for a contract's metadata. */
const CONTRACT_OVERRIDES = { 'class-transformer': '0.4.0' } as const;

/** npm leaves a file of its real name out of a published package. */
const RENAMED = new Map([['gitignore', '.gitignore']]);

/**
 * The files of a new contract project, by path.
 *
 * @param project absolute: links to a checkout's packages start there
 */
export function projectFiles(templates: string, project: string, name: string, source: PackageSource): ReadonlyMap<string, string> {
  const values: Readonly<Record<string, string>> = { name, source: sourceText(source) };
  const fill = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
  const files = readdirSync(templates, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file): [string, string] => [relative(templates, file), fill(readFileSync(file, 'utf8'))])
    .map(([file, text]): [string, string] => [RENAMED.get(file) ?? file, text]);
  return new Map([['package.json', packageJson(project, name, source)], ...files].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)) as [string, string][]);
}

function packageJson(project: string, name: string, source: PackageSource): string {
  const own = Object.fromEntries(DEVELOPER_PACKAGE_NAMES.map((one) => [one, source.specifier(one, project)]));
  const value = {
    name,
    version: '0.1.0',
    description: 'A Hyperledger Fabric contract.',
    private: true,
    type: 'commonjs',
    main: 'dist/index.js',
    engines: { node: '>=20.19' },
    scripts: { build: 'tsc', test: 'npm run build && node --test --test-reporter=spec test/*.test.mjs', start: 'fabric-chaincode-node start' },
    dependencies: CONTRACT_VERSIONS,
    devDependencies: { ...own, ...TOOL_VERSIONS },
    overrides: CONTRACT_OVERRIDES,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function sourceText({ kind }: PackageSource): string {
  if (kind === 'registry') return 'The packages of Selvedge under `devDependencies` come from the npm registry, in the version of the command that made this project.';
  return [
    'The packages of Selvedge under `devDependencies` are links into the checkout that made this project: `npm run build` there brings them up to date, and',
    'whoever clones this project needs a checkout at the same place beside it. With packages of the npm registry, put their version in the place of each link.',
  ].join('\n');
}
