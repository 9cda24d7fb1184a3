import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { findFabricBinaries } from '@selvedge/dev-network';

/** Where a run took place. */
export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryGiB: number;
  readonly system: string;
}

/** What ran. */
export interface Versions {
  readonly node: string;
  /** The commit of this checkout, with `+changes` where it has changes; absent outside a checkout. */
  readonly commit?: string;
  readonly fabric?: string;
}

export function describeMachine(): Machine {
  const [cpu] = cpus();
  return { cores: cpus().length, model: cpu?.model ?? 'unknown', memoryGiB: Math.round(totalmem() / 2 ** 30), system: `${type()} ${release()}` };
}

/** Throws INVALID_CONFIGURATION when Fabric is the ledger and its programs are not on PATH. */
export function readVersions(ledger: 'embedded' | 'fabric', directory: string): Versions {
  const commit = output('git', ['rev-parse', '--short=12', 'HEAD'], directory);
  const changes = output('git', ['status', '--porcelain', '--untracked-files=no'], directory);
  const fabric = ledger === 'fabric' ? /Version:\s*(\S+)/.exec(output(findFabricBinaries().peer, ['version'], directory) ?? '')?.[1] : undefined;
  return {
    node: process.versions.node,
    ...(commit === undefined ? {} : { commit: changes === '' ? commit : `${commit}+changes` }),
    ...(fabric === undefined ? {} : { fabric }),
  };
}

/** What a program prints, trimmed; undefined when it fails or is not there. */
function output(program: string, args: readonly string[], cwd: string): string | undefined {
  const { status, stdout } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
