import { readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';

// Tests run the TypeScript sources of all packages, not their builds.
const conditions = ['selvedge-source', 'module', 'node', 'import', 'default'];

/** With SELVEDGE_MUTANT set to a JSON file {file, find, replace}, one source file is changed as it is loaded (testing/mutants). */
function mutant(): Plugin {
  const description = process.env['SELVEDGE_MUTANT'];
  const change = description === undefined ? undefined : (JSON.parse(readFileSync(description, 'utf8')) as { file: string; find: string; replace: string });
  return {
    name: 'mutant',
    enforce: 'pre',
    transform(code, id) {
      if (change === undefined || path.relative(import.meta.dirname, id.split('?')[0] as string) !== change.file) return undefined;
      if (code.split(change.find).length !== 2) throw new Error(`${change.file}: the mutant's text must occur exactly once`);
      return { code: code.replace(change.find, () => change.replace), map: null };
    },
  };
}

export default defineConfig({
  plugins: [mutant()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{protocol,libs,roles,services,apps,examples,bench}/**/src/**/*.test.ts', 'testing/{compliance,fixtures,dev-network,mutants}/src/**/*.test.ts'] },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['testing/e2e/**/*.test.ts'], fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
  },
});
