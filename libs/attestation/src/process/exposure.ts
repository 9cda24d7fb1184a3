import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import type { TeeConfig } from './config.js';

/** What a process shows of its memory to its surroundings, or lets them bring into it. */
export interface ExposureInput {
  readonly kind: TeeConfig['kind'];
  /** node:inspector's url(). */
  readonly inspectorUrl: string | undefined;
  /** process.execArgv and the words of NODE_OPTIONS. */
  readonly nodeOptions: readonly string[];
  /** For tests. */
  readonly procFolder?: string;
  readonly sysFolder?: string;
}

/** Options by which Node shows its memory, or runs code that is not in the bundle. */
const EXPOSING = /^(?:--inspect|--debug|--heapsnapshot|--heap-prof|--report-|--abort-on-uncaught-exception|--cpu-prof|--prof$|--require|-r$|--import|--loader|--experimental-loader)/;

/**
 * Turns off what a process can turn off by itself, and says what is left: an open inspector, options of Node's that show memory or
 * load other code, core dumps, swap that is not encrypted. Empty when nothing is. Under Gramine the enclave's memory is in neither
 * dumps nor swap.
 */
export function closeExposure(input: ExposureInput): string[] {
  const { kind, inspectorUrl, nodeOptions, procFolder = '/proc', sysFolder = '/sys' } = input;
  const open: string[] = [];
  if (inspectorUrl !== undefined) open.push('an inspector is open');
  for (const option of nodeOptions) if (EXPOSING.test(option)) open.push(`Node runs with ${option.split('=')[0] ?? option}`);
  if (kind === 'gramine') return open;
  if (!closeCoreDumps(procFolder)) open.push('core dumps hold its memory (/proc/self/coredump_filter cannot be set to 0)');
  return [...open, ...openSwaps(procFolder, sysFolder).map((device) => `swap on ${device} is not known to be encrypted`)];
}

/**
 * closeExposure, and outside development nothing may be left open. Returns what is, for a warning.
 * @param isDevelopment whether the network's profile allows simulated TEEs
 * Throws PROCESS_EXPOSED naming everything.
 */
export function guardProcess({ isDevelopment, ...input }: ExposureInput & { readonly isDevelopment: boolean }): string[] {
  const open = closeExposure(input);
  if (open.length > 0 && !isDevelopment) throw new SelvedgeError('PROCESS_EXPOSED', open.join('; '), { details: { open: open.join('; ') } });
  return open;
}

/** No kind of memory goes into a core dump (Linux, core(5), "Controlling which mappings are written to the core dump"). */
function closeCoreDumps(procFolder: string): boolean {
  const file = path.join(procFolder, 'self/coredump_filter');
  try {
    writeFileSync(file, '0', { flag: 'r+' });
    return /^0+\s*$/.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** Swap devices that are neither memory (zram) nor encrypted (dm-crypt). */
function openSwaps(procFolder: string, sysFolder: string): string[] {
  let table: string;
  try {
    table = readFileSync(path.join(procFolder, 'swaps'), 'utf8');
  } catch (error) {
    // A kernel without swap has no such file.
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? [] : ['an unknown device'];
  }
  const devices = table.split('\n').slice(1).map((line) => line.split(/\s+/)[0] ?? '').filter((device) => device !== '');
  return devices.filter((device) => !/^\/dev\/zram\d+$/.test(device) && !isEncrypted(device, sysFolder));
}

function isEncrypted(device: string, sysFolder: string): boolean {
  const name = /^\/dev\/(dm-\d+)$/.exec(device)?.[1];
  if (name === undefined) return false;
  try {
    return readFileSync(path.join(sysFolder, 'block', name, 'dm/uuid'), 'utf8').startsWith('CRYPT-');
  } catch {
    return false;
  }
}
