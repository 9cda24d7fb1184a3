import path from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';
import DailySequencer from './scripts/daily-sequencer.mjs';
import { createKeptPool } from './scripts/kept-pool.mjs';

// Tests run the TypeScript sources of all packages, not their builds. `import`, `require` and `default` go without saying:
// said, they are handed on to Node, which then gives a package's `require` the half that is for `import`. So would be
// `module`, whose halves are for bundlers: Node does not find one of their files from the other.
const conditions = ['selvedge-source', 'node'];

/** The change that testing/mutants/run.mjs wants made to one source file as it is loaded; none in an ordinary run. */
const mutation = globalThis as { selvedgeMutant?: { readonly file: string; readonly find: string; readonly replace: string } | undefined };

function mutant(): Plugin {
  return {
    name: 'mutant',
    enforce: 'pre',
    transform(code, id) {
      const change = mutation.selvedgeMutant;
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
    sequence: { sequencer: DailySequencer },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', pool: createKeptPool().pool, setupFiles: './scripts/first-protos.mjs', include: ['{protocol,libs,roles,services,apps,examples,bench}/**/src/**/*.test.ts', 'testing/{compliance,contract-test,deploy,fixtures,dev-network,mutants}/src/**/*.test.ts'] },
      },
      {
        extends: true,
        test: { name: 'e2e', runner: './scripts/bounded-runner.mjs', include: ['testing/e2e/**/*.test.ts'], fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
  },
});
