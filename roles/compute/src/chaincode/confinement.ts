import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartCommand } from '@selvedge/contract-package';
import { confine, fstabOf, prepareRoot, type Bind, type SandboxPlatform } from '../sandbox/index.js';
import type { ChaincodeLimits } from './limits.js';
import { preloadSource } from './preload/source.js';
import { relaySource } from './preload/relay.js';
import { findRuntime, INSIDE, type Places, type ProgramSettings, type Runtime } from './runtimes.js';

/** One chaincode program, ready to be launched. */
export interface ConfinedProgram {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  /** Processes below the launched one while the chaincode has started none of its own. */
  readonly processes: number;
}

/** What one process gets. */
export interface ConfinedStart extends Omit<ProgramSettings, 'places' | 'limits'> {
  /** The verified package tree. */
  readonly treeDirectory: string;
  /** Directory of this process alone. */
  readonly directory: string;
  readonly socketPath: string;
}

/** Prepares chaincode programs for the sandbox of this platform. */
export interface Confiner {
  /** @throws SelvedgeError CHAINCODE_START_FAILED when the runtime is not installed */
  prepare(start: ConfinedStart): Promise<ConfinedProgram>;
}

/** Uids that processes of this node take in turn; far more than run at the same time. */
const UIDS = 256;

/**
 * Builds the confiner of a node.
 *
 * @param directory directory of this node alone, for what all processes share
 */
export function createConfiner(platform: SandboxPlatform, directory: string, limits: ChaincodeLimits): Confiner {
  const hasRoot = platform.has('files') && platform.namespaces.includes('--mount');
  const shared = new Map<StartCommand['runtime'], Promise<{ runtime: Runtime; root: string; binds: readonly Bind[] }>>();
  let started = 0;

  const share = async (name: StartCommand['runtime']): Promise<{ runtime: Runtime; root: string; binds: readonly Bind[] }> => {
    const runtime = await findRuntime(name, platform);
    const own = join(directory, name);
    await mkdir(own, { recursive: true });
    const files = { preload: join(own, 'preload.cjs'), relay: join(own, 'relay.cjs') };
    // Without a root of its own each process has its socket elsewhere, so the preload is written for each; see places.
    await writeFile(files.preload, preloadSource(INSIDE.socket));
    await writeFile(files.relay, relaySource());
    for (const file of Object.values(files)) await chmod(file, 0o444);
    const binds: Bind[] = [
      ...runtime.binds,
      { source: files.preload, target: INSIDE.preload, kind: 'file' },
      { source: files.relay, target: INSIDE.relay, kind: 'file' },
    ];
    const root = join(own, 'root');
    await prepareRoot(root, [...binds, { source: '', target: INSIDE.tree, kind: 'directory' }, { source: '', target: INSIDE.socket, kind: 'file' }]);
    return { runtime, root, binds };
  };

  const shareOnce = (name: StartCommand['runtime']): ReturnType<typeof share> => {
    const known = shared.get(name) ?? share(name);
    shared.set(name, known);
    known.catch(() => shared.delete(name));
    return known;
  };

  return {
    prepare: async (start) => {
      const { runtime, root, binds } = await shareOnce(start.start.runtime);
      const places = hasRoot ? INSIDE : await outsidePlaces(start);
      const { command, environment, input } = runtime.plan({ ...start, limits, places });
      const fstab = join(start.directory, 'fstab');
      if (hasRoot) {
        const own: Bind[] = [{ source: start.treeDirectory, target: INSIDE.tree, kind: 'directory' }, { source: start.socketPath, target: INSIDE.socket, kind: 'file' }];
        await writeFile(fstab, fstabOf(root, [...binds, ...own], runtime.tmpMiB), { mode: 0o600 });
      }
      started += 1;
      return {
        command: confine(platform, {
          command,
          directory: places.tree,
          root: hasRoot ? root : undefined,
          fstab: hasRoot ? fstab : undefined,
          uid: platform.firstUid === undefined ? undefined : platform.firstUid + (started % UIDS),
          hasLoopback: runtime.hasLoopback,
          tmpMiB: runtime.tmpMiB,
          limits: { maxMemoryMiB: limits.maxMemoryMiB, maxThreads: limits.maxThreads, maxOpenFiles: limits.maxOpenFiles },
        }),
        directory: start.treeDirectory,
        environment,
        input,
        // The shell that set it up, and unshare before it where there are namespaces.
        processes: runtime.processes + 1 + (platform.namespaces.includes('--fork') ? 1 : 0),
      };
    },
  };
}

/** Without a root of its own a process sees everything where it is. */
async function outsidePlaces({ directory, treeDirectory, socketPath }: ConfinedStart): Promise<Places> {
  const places = { tree: treeDirectory, socket: socketPath, preload: join(directory, 'preload.cjs'), relay: join(directory, 'relay.cjs'), node: process.execPath };
  await writeFile(places.preload, preloadSource(socketPath), { mode: 0o444 });
  await writeFile(places.relay, relaySource(), { mode: 0o444 });
  return places;
}
