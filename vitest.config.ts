import { defineConfig } from 'vitest/config';

// Tests run the TypeScript sources of all packages, not their builds.
const conditions = ['selvedge-source', 'module', 'node', 'import', 'default'];

export default defineConfig({
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
        test: { name: 'e2e', include: ['testing/e2e/src/**/*.test.ts'], fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
  },
});
