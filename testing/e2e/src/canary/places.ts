import { readdirSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { toBinary, toJsonString } from '@bufbuild/protobuf';
import { loadTls } from '@selvedge/client';
import { hashTree } from '@selvedge/contract-package';
import { equalBytes, toHex } from '@selvedge/crypto';
import { layoutOf } from '@selvedge/dev-network';
import { isSelvedgeError } from '@selvedge/errors';
import { Compute, ComputeHealthSchema } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import type { ObservedNetwork } from './observed-network.js';
import { commandLine, environment, openFiles, withDescendants } from './processes.js';
import type { Finding, Search } from './search.js';

/** Everywhere that the network leaves bytes. A finding's place begins with one of them. */
export const PLACES = ['store', 'log', 'file', 'name of', 'capture', 'metadata', 'temporary folder', 'trace', 'span', 'command line', 'environment', 'open file', 'metric', 'error'] as const;
export type Place = (typeof PLACES)[number];

export function findingsIn(place: Place, findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.place.startsWith(place));
}

/** Looks at everything of the network as it is now: it must still run. */
export async function lookEverywhere(observed: ObservedNetwork, search: Search): Promise<Finding[]> {
  return [...searchFolders(observed, search), ...searchProcesses(observed, search), ...(await searchMetrics(observed, search))];
}

function searchFolders(observed: ObservedNetwork, search: Search): Finding[] {
  const { captures, temporary, traces, spans } = observed;
  return [
    ...searchNetworkFolder(observed, search),
    ...search.folder((name) => (name.endsWith('.headers') ? 'metadata' : 'capture'), captures),
    ...search.folder(() => 'temporary folder', temporary),
    ...search.folder(() => 'trace', traces),
    ...search.folder(() => 'span', spans),
  ];
}

/** Stores, logs and all other files of a network, but for the contract's code. */
export function searchNetworkFolder({ directory, deployment }: Pick<ObservedNetwork, 'directory' | 'deployment'>, search: Search): Finding[] {
  const leftOut = new Set([...codeTrees(directory, deployment.codeHash)].map((name) => path.relative(directory, name)));
  const isLeftOut = (name: string): boolean => [...leftOut].some((folder) => name === folder || name.startsWith(folder + path.sep));
  const placeInNetwork = (name: string): Place | undefined => {
    if (isLeftOut(name)) return undefined;
    const [top, , what] = name.split(path.sep);
    if (top !== 'nodes') return 'file';
    return what === 'data' ? 'store' : what === 'log' ? 'log' : 'file';
  };
  return search.folder(placeInNetwork, directory);
}

/** Copies of the contract's package: tens of megabytes that hold what they held before there was a secret. */
export function codeTrees(directory: string, codeHash: Uint8Array): string[] {
  const nodes = path.join(directory, 'nodes');
  const copies = readdirSync(nodes).filter((name) => name.startsWith('compute-')).map((name) => path.join(nodes, name, 'data', 'code', toHex(codeHash)));
  return [path.join(layoutOf(directory).packages, toHex(codeHash)), ...copies];
}

/** Whether every copy of the package still is what was approved, file by file. */
export async function areCodeTreesUnchanged({ directory, deployment }: ObservedNetwork): Promise<boolean> {
  const hashes = await Promise.all(codeTrees(directory, deployment.codeHash).map((tree) => hashTree(tree)));
  return hashes.every((hash) => equalBytes(hash, deployment.codeHash));
}

function searchProcesses({ network, directory }: ObservedNetwork, search: Search): Finding[] {
  return network.nodes().flatMap(({ name, pid }) =>
    withDescendants([pid]).flatMap((member) => [
      ...search.bytes(`command line of ${name}`, commandLine(member)),
      ...search.bytes(`environment of ${name}`, environment(member)),
      // What lies in the folder is searched there.
      ...openFiles(member).filter(({ target }) => !target.startsWith(directory + path.sep)).flatMap(({ link, target }) => search.file(`open file of ${name}, ${target}`, link)),
    ]),
  );
}

const PAGES = ['metrics', 'readyz', 'healthz'] as const;

/** What nodes tell of themselves: pages for their operators, and the health of compute nodes. */
async function searchMetrics(observed: ObservedNetwork, search: Search): Promise<Finding[]> {
  return [...(await searchPages(observed, search)), ...(await searchHealth(observed, search))];
}

async function searchPages({ network }: ObservedNetwork, search: Search): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, monitoring, running } of network.nodes()) {
    if (monitoring === undefined || !running) continue;
    for (const page of PAGES) findings.push(...search.bytes(`metric of ${name} at /${page}`, Buffer.from(await (await fetch(`http://${monitoring}/${page}`)).arrayBuffer())));
  }
  return findings;
}

async function searchHealth({ network }: ObservedNetwork, search: Search): Promise<Finding[]> {
  const answers = await Promise.all(
    network.connectionProfile().computeNodes.map(async ({ nodeId, address }) => {
      const connection = connectRpc(address, { tls: loadTls(network.connectionProfile()) });
      try {
        const health = await connection.client(Compute).health({});
        return [...search.bytes(`metric of ${nodeId}`, toBinary(ComputeHealthSchema, health)), ...search.bytes(`metric of ${nodeId}`, Buffer.from(toJsonString(ComputeHealthSchema, health)))];
      } finally {
        connection.close();
      }
    }),
  );
  return answers.flat();
}

/** An error with everything that hangs on it: text, stack, details and causes. */
export function searchError(name: string, error: unknown, search: Search): Finding[] {
  const shown = inspect(error, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  return search.bytes(`error of ${name}`, Buffer.from(`${shown}\n${isSelvedgeError(error) ? JSON.stringify(error) : ''}`));
}
