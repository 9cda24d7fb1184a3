import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { NodeInfo } from '@selvedge/dev-network';
import type { Finding, Search } from '../canary/search.js';
import { levelDbContent } from './level-db.js';

/** Where a peer keeps things, below its data folder: its ledger's parts, and what passes through between endorsement and commit. */
export const STORES = { blocks: 'ledgersData/chains', privateData: 'ledgersData/pvtdataStore', state: 'ledgersData/stateLeveldb', transient: 'transientstore' } as const;

/** Folders of a peer, below its data folder (its log counts as one), in which bytes lie on disk; sorted, each once. */
export function foldersHolding({ dataDirectory, logFile }: NodeInfo, bytes: Uint8Array): string[] {
  const needle = Buffer.from(bytes);
  const inData = filesBelow(dataDirectory).filter((file) => readFileSync(file).includes(needle) || levelDbContent(file)?.includes(needle) === true);
  const folders = inData.map((file) => {
    const parts = path.relative(dataDirectory, file).split(path.sep);
    return parts.slice(0, parts[0] === 'ledgersData' ? 2 : 1).join('/');
  });
  return [...new Set([...folders, ...(readFileSync(logFile).includes(needle) ? ['log'] : [])])].sort();
}

/** Looks into the LevelDB files of a peer or an orderer; what lies in files as it is, the search of folders finds. */
export function searchLevelDb({ name, dataDirectory }: NodeInfo, search: Search): Finding[] {
  return filesBelow(dataDirectory).flatMap((file) => {
    const content = levelDbContent(file);
    return content === undefined ? [] : search.bytes(`store: ${name}, content of ${file}`, content);
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []));
}
