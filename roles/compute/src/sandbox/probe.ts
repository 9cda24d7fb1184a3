import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DROP_PRIVILEGES } from './drop-privileges.js';
import { LAYERS, type Layer, type MissingLayer, type SandboxPlatform } from './layers.js';
import { findProgram, runProgram, type ProgramResult } from './run-program.js';

const PROGRAMS = ['sh', 'unshare', 'mount', 'setpriv', 'prlimit', 'ip', 'hostname', 'ldd', 'true'] as const;

/** Above every account of an ordinary system; the second is for containers that map the first 65,536 uids only. */
const HIGH_UIDS = 0x7000_0000;
const LOW_UIDS = 61_000;
/** Nodes on one machine shall not share uids, since limits on processes count by uid. */
const UIDS_PER_NODE = 256;

/**
 * Tries each mechanism once, on real processes, and reports which of them this platform has. Works as root and as an
 * ordinary user with user namespaces. What a container forbids shows here, whatever is installed.
 */
export async function probeSandbox(): Promise<SandboxPlatform> {
  const programs = Object.fromEntries((await Promise.all(PROGRAMS.map(async (name) => [name, await findProgram(name)] as const))).filter(([, path]) => path !== undefined)) as Record<string, string>;
  const missing: MissingLayer[] = [];
  const lacks = (layer: Layer, reason: string): void => {
    missing.push({ layer, mechanism: LAYERS[layer], reason });
  };
  const attempt = (program: string, ...args: string[]): Promise<ProgramResult> => {
    const path = programs[program];
    return path === undefined ? Promise.resolve({ isSuccess: false, output: '', reason: `${program} is not installed` }) : runProgram([path, ...args]);
  };

  const isRoot = process.geteuid?.() === 0;
  const user = isRoot ? [] : ['--user', '--map-root-user'];
  const trial = (...options: string[]): Promise<ProgramResult> => attempt('unshare', ...user, ...options, programs.true ?? '/bin/true');
  const namespaces: string[] = [...user];
  const tryNamespaces = async (layer: Layer, ...options: string[]): Promise<void> => {
    const result = await trial(...options);
    if (result.isSuccess) namespaces.push(...options);
    else lacks(layer, result.reason);
  };

  if (!isRoot) {
    const result = await trial();
    if (!result.isSuccess) lacks('user', result.reason);
  }
  await tryNamespaces('network', '--net');
  await tryNamespaces('processes', '--pid', '--fork', '--kill-child');
  await tryNamespaces('ipc', '--ipc', '--uts');
  const mounts = await tryMount(attempt, user, programs.sh ?? '/bin/sh');
  if (mounts.isSuccess) namespaces.push('--mount');
  else lacks('files', mounts.reason);

  const privileges = await attempt('setpriv', ...DROP_PRIVILEGES, programs.true ?? '/bin/true');
  // An ordinary user outside of a user namespace has no bounding set to clear, and none that matters.
  if (!privileges.isSuccess && isRoot) lacks('privileges', privileges.reason);
  if (!isRoot && programs.setpriv === undefined) lacks('privileges', 'setpriv is not installed');
  const firstUid = isRoot && mounts.isSuccess ? await findUids(attempt) : undefined;
  // Without a root of its own, another uid could not reach the package either.
  if (isRoot && firstUid === undefined) lacks('user', mounts.isSuccess ? 'no other uid can be taken' : 'needs a root of its own');
  const limits = await attempt('prlimit', '--nofile=64', '--', programs.true ?? '/bin/true');
  if (!limits.isSuccess) lacks('limits', limits.reason);
  const permissionFlag = ['--permission', '--experimental-permission'].find((flag) => process.allowedNodeEnvironmentFlags.has(flag));
  if (permissionFlag === undefined) lacks('permissions', `Node ${process.version} has none`);

  const lacking = new Set(missing.map(({ layer }) => layer));
  return {
    missing,
    has: (layer) => !lacking.has(layer),
    namespaces: isRoot || !lacking.has('user') ? namespaces : [],
    firstUid,
    programs,
    libraries: await listLibraries(attempt, [process.execPath, programs.setpriv]),
    permissionFlag,
  };
}

type Attempt = (program: string, ...args: string[]) => Promise<ProgramResult>;

/** Binds a directory read-only onto itself and must then fail to write there. */
async function tryMount(attempt: Attempt, user: readonly string[], sh: string): Promise<ProgramResult> {
  const directory = await mkdtemp(join(tmpdir(), 'sv-probe-'));
  try {
    const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro,nosuid,nodev "$1" && if ( : > "$1/probe" ) 2>/dev/null; then echo "a read-only mount can be written" >&2; exit 1; fi';
    return await attempt('unshare', ...user, '--mount', sh, '-c', script, 'sh', directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function findUids(attempt: Attempt): Promise<number | undefined> {
  const offset = UIDS_PER_NODE * (process.pid % 4096);
  for (const first of [HIGH_UIDS + offset, LOW_UIDS + (offset % 4096)]) {
    const uid = String(first);
    if ((await attempt('setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '/bin/true')).isSuccess) return first;
  }
  return undefined;
}

/** What the dynamic linker loads for our own programs; nothing for those that are linked statically. */
async function listLibraries(attempt: Attempt, programs: readonly (string | undefined)[]): Promise<string[]> {
  const found = new Set<string>();
  for (const program of programs) {
    if (program === undefined) continue;
    const { output } = await attempt('ldd', await realpath(program));
    for (const line of output.split('\n')) {
      const path = /(?:=>\s*|^\s*)(\/\S+) \(0x/.exec(line)?.[1];
      if (path !== undefined) found.add(path);
    }
  }
  return [...found].sort();
}
