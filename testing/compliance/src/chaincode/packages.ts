import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import type { Language } from './case.js';

/** A chaincode as `selvedge deploy` takes it. */
export interface ChaincodeDirectory {
  readonly directory: string;
  remove(): void;
}

/** Names the directory with the built chaincode of chaincode/go or chaincode/java: its executable, or its jar. */
export const VARIABLES = { go: 'SELVEDGE_COMPLIANCE_GO', java: 'SELVEDGE_COMPLIANCE_JAVA' } as const;

/** The chaincode of a language, or undefined where none is built. */
export function findChaincode(language: Language): ChaincodeDirectory | undefined {
  if (language === 'typescript') return buildTypeScript();
  const directory = process.env[VARIABLES[language]] ?? '';
  return existsSync(directory) ? { directory, remove: () => undefined } : undefined;
}

const SOURCES = path.join(import.meta.dirname, 'typescript');
/** Within the repository, so that the shim is found from there. */
const CACHE = path.resolve(import.meta.dirname, '../../../../node_modules/.cache');

/** What `tsc` makes of a contract, without its checks, which the build does. */
function buildTypeScript(): ChaincodeDirectory {
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(path.join(CACHE, 'compliance-'));
  const write = (name: string, content: string): void => {
    writeFileSync(path.join(directory, name), content);
  };
  for (const name of readdirSync(SOURCES).filter((file) => file.endsWith('.ts'))) {
    const source = readFileSync(path.join(SOURCES, name), 'utf8');
    write(name.replace(/\.ts$/, '.js'), transformSync(source, { loader: 'ts', format: 'cjs', platform: 'node', target: 'node20' }).code);
  }
  const dependencies = { 'fabric-contract-api': '2.5.8', 'fabric-shim': '2.5.8' };
  write('package.json', JSON.stringify({ name: 'compliance', version: '1.0.0', main: 'index.js', scripts: { start: 'fabric-chaincode-node start' }, dependencies }));
  return { directory, remove: () => { rmSync(directory, { recursive: true }); } };
}
