// What is published: few packages that work by themselves. Every other workspace is inside them.
import { COMMAND_ENTRY, DEVELOPMENT, PRODUCTION, serviceNames, TEE_SERVICES } from '../build.mjs';

/** Under these conditions the command looks for services in the packages that it depends on, not in this repository. */
const PUBLISHED = ['selvedge-published', ...DEVELOPMENT];

const isChaincode = (name) => name.endsWith('-chaincode');

/** Bundles of services, and by which names they are found. */
function services(names) {
  const programs = names.flatMap((name) => [
    { service: name, file: `dist/${name}.mjs`, conditions: DEVELOPMENT },
    ...(TEE_SERVICES.includes(name) ? [{ service: name, file: `dist/${name}.production.mjs`, conditions: PRODUCTION }] : []),
  ]);
  const exports = Object.fromEntries(programs.map(({ file }) => [file.replace('dist/', './').replace('.mjs', ''), `./${file}`]));
  return { programs, exports };
}

/**
 * The published packages. `programs` are bundled with all that they import; `library` is bundled without packages of others, which
 * its users share with it, and has declarations. `also` are the other published packages that it starts programs of.
 */
export const PACKAGES = [
  {
    folder: 'client',
    name: '@selvedge/client',
    description: 'Client library of Selvedge: private transactions on Hyperledger Fabric that are computed in TEEs.',
    library: { entry: 'roles/client/src/index.ts', declarations: 'roles/client/dist/index.d.ts' },
  },
  {
    folder: 'services',
    name: '@selvedge/services',
    description: 'The roles of a Selvedge network as single-file programs: compute node, endorser, business node, key broker, viewer, submitter, sequencer.',
    ...services(serviceNames().filter((name) => !isChaincode(name))),
  },
  {
    folder: 'chaincodes',
    name: '@selvedge/chaincodes',
    description: 'The endorsement and policy chaincode of Selvedge on Hyperledger Fabric, as single-file programs.',
    ...services(serviceNames().filter(isChaincode)),
  },
  {
    folder: 'contract-test',
    name: '@selvedge/contract-test',
    description: 'Runs a chaincode in a test: compute node, endorsers, owners and a ledger of Selvedge in one process.',
    library: { entry: 'testing/contract-test/src/index.ts', declarations: 'testing/contract-test/dist/index.d.ts' },
  },
  {
    folder: 'cli',
    name: '@selvedge/cli',
    description: 'The selvedge command: development networks, contracts, policy, deployment beside Hyperledger Fabric.',
    programs: [{ entry: COMMAND_ENTRY, file: 'dist/bundle/selvedge.mjs', conditions: PUBLISHED }],
    bin: { selvedge: 'bin/selvedge.js' },
    copies: { 'apps/cli/bin': 'bin', 'apps/cli/templates': 'templates', 'apps/console/dist/page': 'dist/bundle/page' },
    also: ['@selvedge/services', '@selvedge/chaincodes'],
  },
];
