import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StartCommand } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import type { Bind, SandboxPlatform } from '../sandbox/index.js';
import { findProgram } from '../sandbox/run-program.js';
import type { ChaincodeLimits } from './limits.js';
import { PRELOAD_PEER } from './preload/source.js';

/** Where things stand for a chaincode process: inside its own root, or outside where it has none. */
export interface Places {
  readonly tree: string;
  readonly socket: string;
  readonly preload: string;
  readonly relay: string;
  readonly node: string;
}

/** The places inside a root of its own: the same on every node. */
export const INSIDE: Places = { tree: '/chaincode', socket: '/peer.sock', preload: '/selvedge/preload.cjs', relay: '/selvedge/relay.cjs', node: '/bin/node' };

/** What differs from one chaincode process to the next. */
export interface ProgramSettings {
  readonly start: StartCommand;
  readonly chaincodeId: string;
  readonly mspId: string;
  /** Seed of randomness outside of transactions, hex. */
  readonly idleSeed: string;
  readonly limits: ChaincodeLimits;
  readonly places: Places;
}

/** A runtime as this machine has it. */
export interface Runtime {
  /** What it reads of the system, beside the package. */
  readonly binds: readonly Bind[];
  readonly hasLoopback: boolean;
  readonly tmpMiB: number;
  /** Processes of a chaincode that has started none. */
  readonly processes: number;
  plan(settings: ProgramSettings): { readonly command: readonly [string, ...string[]]; readonly environment: Readonly<Record<string, string>>; readonly input: string };
}

/** Where programs that are no Node chaincode find their shared libraries. */
const LIBRARY_DIRECTORIES = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];
const DEVICES = ['/dev/null', '/dev/random', '/dev/urandom'];
const JAVA_TMP_MIB = 16;

/** Locale, time zone and what Fabric's peer tells each chaincode; nothing of this process's own. */
const commonEnvironment = ({ chaincodeId, mspId }: ProgramSettings): Record<string, string> => ({
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  HOME: '/nonexistent',
  PATH: '/bin',
  CORE_PEER_LOCALMSPID: mspId,
  CORE_PEER_TLS_ENABLED: 'false',
  CORE_CHAINCODE_ID_NAME: chaincodeId,
});

/**
 * Finds a runtime on this machine.
 *
 * @throws SelvedgeError CHAINCODE_START_FAILED when it is not installed, or Java lacks what its relay needs
 */
export async function findRuntime(name: StartCommand['runtime'], platform: SandboxPlatform): Promise<Runtime> {
  const programs = await Promise.all([realpath(process.execPath), ...(platform.programs.setpriv === undefined ? [] : [realpath(platform.programs.setpriv)])]);
  const [node, setpriv] = programs;
  const base: Bind[] = [
    { source: node, target: INSIDE.node, kind: 'file' },
    ...(setpriv === undefined ? [] : [{ source: setpriv, target: '/bin/setpriv', kind: 'file' } as const]),
    ...DEVICES.map((path): Bind => ({ source: path, target: path, kind: 'device' })),
  ];
  const ownLibraries = platform.libraries.map((path): Bind => ({ source: path, target: path, kind: 'file' }));
  if (name === 'node') return { binds: [...base, ...ownLibraries], hasLoopback: false, tmpMiB: 0, processes: 1, plan: (settings) => planNode(settings, platform) };
  const libraries = await existingDirectories(LIBRARY_DIRECTORIES);
  if (name === 'binary') return { binds: [...base, ...libraries], hasLoopback: false, tmpMiB: 0, processes: 1, plan: planBinary };
  return findJava(platform, [...base, ...libraries]);
}

function planNode(settings: ProgramSettings, platform: SandboxPlatform): ReturnType<Runtime['plan']> {
  const { start, places, limits, chaincodeId, idleSeed } = settings;
  const { permissionFlag } = platform;
  const permissions = permissionFlag === undefined ? [] : [permissionFlag, '--allow-fs-read=*', '--no-warnings'];
  return {
    command: [
      // Processes of several contracts share a node's cores: a thread that helps one collect its garbage is missing to another.
      places.node, '--single-threaded-gc', `--max-old-space-size=${String(limits.maxHeapMiB)}`, ...permissions, '--require', places.preload,
      start.program, ...(start.runtime === 'node' ? start.args : []), `--peer.address=${PRELOAD_PEER.host}:${String(PRELOAD_PEER.port)}`, `--chaincode-id-name=${chaincodeId}`,
    ],
    environment: { ...commonEnvironment(settings), NODE_ENV: 'production', CORE_CHAINCODE_LOGGING_LEVEL: 'CRITICAL' },
    input: idleSeed,
  };
}

function planBinary(settings: ProgramSettings): ReturnType<Runtime['plan']> {
  const address = `unix://${settings.places.socket}`;
  // Go's collector then works harder before the kernel refuses memory.
  const goLimit = `${String(Math.floor(settings.limits.maxMemoryMiB * 0.8))}MiB`;
  return {
    command: [join(settings.places.tree, settings.start.program), '-peer.address', address],
    environment: { ...commonEnvironment(settings), CORE_PEER_ADDRESS: address, GOMEMLIMIT: goLimit },
    input: '',
  };
}

async function findJava(platform: SandboxPlatform, base: readonly Bind[]): Promise<Runtime> {
  const missing = (what: string): SelvedgeError => new SelvedgeError('CHAINCODE_START_FAILED', `this compute node cannot run Java chaincode: ${what}`, { role: 'compute' });
  const java = await findProgram('java');
  if (java === undefined) throw missing('java is not installed');
  if (platform.has('network') && platform.programs.ip === undefined) throw missing('ip is not installed, which brings up the loopback interface of its network namespace');
  const program = await realpath(java);
  const home = dirname(dirname(program));
  // Debian keeps its configuration elsewhere, behind links.
  const configuration = await realpath(join(home, 'conf', 'security', 'java.security')).then((file) => dirname(dirname(file)), () => home);
  const places = [...new Set([home, configuration])].filter((path) => !base.some(({ target }) => path.startsWith(`${target}/`)));
  return {
    binds: [...base, ...places.map((path): Bind => ({ source: path, target: path, kind: 'directory' }))],
    hasLoopback: platform.has('network'),
    tmpMiB: JAVA_TMP_MIB,
    processes: 2,
    plan: (settings) => {
      const { limits } = settings;
      return {
        command: [
          settings.places.node, settings.places.relay, String(PRELOAD_PEER.port), settings.places.socket,
          program, `-Xmx${String(limits.maxHeapMiB)}m`, '-XX:+ExitOnOutOfMemoryError', '-XX:-UsePerfData', '-XX:TieredStopAtLevel=1', '-XX:+DisableAttachMechanism', '-Djava.net.preferIPv4Stack=true',
          '-jar', join(settings.places.tree, settings.start.program),
        ],
        // Without /proc the linker cannot tell where the program lies, which the JVM's own libraries are found by.
        environment: { ...commonEnvironment(settings), LD_LIBRARY_PATH: `${join(home, 'lib')}:${join(home, 'lib', 'server')}`, CORE_PEER_ADDRESS: `${PRELOAD_PEER.host}:${String(PRELOAD_PEER.port)}` },
        input: '',
      };
    },
  };
}

async function existingDirectories(paths: readonly string[]): Promise<Bind[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return paths.flatMap((path, index): Bind[] => {
    const source = found[index];
    return source === undefined ? [] : [{ source, target: path, kind: 'directory' }];
  });
}
