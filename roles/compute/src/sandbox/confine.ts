import type { SandboxPlatform } from './layers.js';
import { DROP_PRIVILEGES } from './drop-privileges.js';

/** Something of the outside that is shown inside. */
export interface Bind {
  /** Absolute path outside. */
  readonly source: string;
  /** Absolute path inside the confined root. */
  readonly target: string;
  readonly kind: 'file' | 'directory' | 'device';
}

/** Bounds that the kernel enforces. Units are in the names. */
export interface ResourceLimits {
  readonly maxMemoryMiB: number;
  readonly maxThreads: number;
  readonly maxOpenFiles: number;
}

/** A program and all that it is to see of the system. */
export interface Confinement {
  /** As it stands inside. */
  readonly command: readonly [string, ...string[]];
  /** Directory inside, where it starts. */
  readonly directory: string;
  /** The empty tree of mount points that becomes its root; see prepareRoot. Undefined without a root of its own. */
  readonly root: string | undefined;
  /** File that lists its mounts; see fstabOf. */
  readonly fstab: string | undefined;
  /** Own uid, or undefined for this process's. */
  readonly uid: number | undefined;
  /** Whether it needs its loopback interface; nothing else is reachable there. */
  readonly hasLoopback: boolean;
  /** Size of a /tmp of its own, 0 for none. */
  readonly tmpMiB: number;
  readonly limits: ResourceLimits;
}

/**
 * Runs as the first process of the namespaces: mounts, names the host, and starts the program. It stays, since the kernel
 * ends every process of the namespace with it. Arguments: fstab, ip program, whether the host name is its own, command.
 */
const SETUP = `
set -e
[ -z "$1" ] || mount -a -T "$1"
[ -z "$2" ] || "$2" link set lo up
[ -z "$3" ] || hostname chaincode 2>/dev/null || :
shift 3
"$@"
exit $?
`;

/** The whole command line that starts a confined program with the layers that the platform has. */
export function confine(platform: SandboxPlatform, confinement: Confinement): readonly [string, ...string[]] {
  const { programs, namespaces } = platform;
  const { unshare, prlimit } = programs;
  const [first, ...rest] = [
    ...(unshare === undefined || namespaces.length === 0 ? [] : [unshare, ...namespaces, '--']),
    programs.sh ?? '/bin/sh', '-c', SETUP, 'sh',
    confinement.fstab ?? '',
    confinement.hasLoopback ? (programs.ip ?? '') : '',
    namespaces.includes('--uts') ? 'yes' : '',
    ...(prlimit === undefined ? [] : [prlimit, ...limitOptions(platform, confinement), '--']),
    ...(confinement.root === undefined || unshare === undefined ? [] : [unshare, `--root=${confinement.root}`, `--wd=${confinement.directory}`, '--']),
    ...privilegeOptions(platform, confinement),
    ...confinement.command,
  ];
  return [first ?? '', ...rest];
}

function limitOptions(platform: SandboxPlatform, { limits, uid, tmpMiB }: Confinement): string[] {
  // The kernel counts processes by uid, and in a user namespace apart; elsewhere others' would count as well.
  const isCountedApart = uid !== undefined || platform.namespaces.includes('--user');
  return [
    '--core=0',
    `--fsize=${String(tmpMiB * 1024 * 1024)}`,
    `--nofile=${String(limits.maxOpenFiles)}`,
    `--data=${String(limits.maxMemoryMiB * 1024 * 1024)}`,
    '--memlock=0',
    '--msgqueue=0',
    ...(isCountedApart ? [`--nproc=${String(limits.maxThreads)}`] : []),
  ];
}

/** Inside a root of its own, setpriv stands at its own place there. */
function privilegeOptions(platform: SandboxPlatform, { root, uid }: Confinement): string[] {
  const setpriv = root === undefined ? platform.programs.setpriv : SETPRIV;
  if (setpriv === undefined) return [];
  const identity = uid === undefined ? [] : [`--reuid=${String(uid)}`, `--regid=${String(uid)}`, '--clear-groups'];
  const mayDrop = platform.has('privileges') && (process.geteuid?.() === 0 || platform.namespaces.includes('--user'));
  return [setpriv, ...identity, ...(mayDrop ? DROP_PRIVILEGES : ['--no-new-privs'])];
}

/** Where setpriv stands inside. */
export const SETPRIV = '/bin/setpriv';

/**
 * The mounts of a confined root, in fstab(5)'s form: the root itself first, read-only, and everything else onto it.
 * Devices keep their own options: with nodev they would not work.
 */
export function fstabOf(root: string, binds: readonly Bind[], tmpMiB: number): string {
  const lines = [
    mountLine(root, root, 'none', 'bind,ro,nosuid,nodev'),
    ...binds.map(({ source, target, kind }) => mountLine(source, root + target, 'none', kind === 'device' ? 'bind' : 'bind,ro,nosuid,nodev')),
    ...(tmpMiB === 0 ? [] : [mountLine('tmpfs', `${root}/tmp`, 'tmpfs', `size=${String(tmpMiB)}m,nr_inodes=1k,mode=1777,nosuid,nodev,noexec`)]),
  ];
  return lines.join('');
}

const mountLine = (source: string, target: string, type: string, options: string): string => `${escape(source)} ${escape(target)} ${type} ${options} 0 0\n`;

const escape = (path: string): string => path.replace(/[ \t\n\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
