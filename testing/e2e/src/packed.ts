import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A published package as `npm run pack` made it. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** Of the tarball. */
  readonly file: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Packs everything that is published into a folder. */
export async function packInto(folder: string): Promise<readonly PackedPackage[]> {
  const script = (await import(pathToFileURL(path.join(ROOT, 'scripts/pack.mjs')).href)) as { pack(target: string): Promise<readonly PackedPackage[]> };
  return script.pack(folder);
}

/** What a user's shell would pass on, and nothing of this test's process. */
const environment = (): Record<string, string | undefined> => Object.fromEntries(['PATH', 'HOME', 'TMPDIR', 'npm_config_cache'].map((name) => [name, process.env[name]]));

/** Runs a program in a folder of a user's. */
export function runIn(folder: string, program: string, ...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, env: environment(), encoding: 'utf8', timeout: 120_000, maxBuffer: 16 * 1024 * 1024 });
  return { code: status, out: stdout, err: stderr };
}

/** Starts a program in a folder of a user's; its standard output can be read. */
export function startIn(folder: string, program: string, ...args: readonly string[]): ChildProcess {
  return spawn(program, args, { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Unpacks a tarball into a folder, which must be there. Returns the folder of what was in it. */
export function unpack(tarball: string, folder: string): string {
  const { code, err } = runIn(folder, 'tar', '-xzf', tarball);
  if (code !== 0) throw new Error(err);
  return path.join(folder, 'package');
}
