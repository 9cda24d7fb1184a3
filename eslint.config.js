import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/gen/**', '**/node_modules/**', '**/*.cjs', '**/*.mjs', '**/*.d.mts', 'eslint.config.js', 'vitest.config.ts', '**/bin/*.js',  '.cache/**', '.selvedge/**', 'apps/cli/templates/**'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Configuration comes in as arguments: only services, the CLI and tests read the environment; libraries and
    // domains have no ambient clock.
    files: ['protocol/src/**', 'libs/*/src/**', 'roles/*/src/domain/**'],
    ignores: ['**/*.test.ts', 'libs/service-kit/**', 'libs/rpc/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'read the environment in services/ only' },
        { object: 'Date', property: 'now', message: 'pass a clock in' },
      ],
    },
  },
  {
    files: ['apps/cli/**', 'examples/**', 'bench/**', 'testing/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', 'testing/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/require-await': 'off' },
  },
);
