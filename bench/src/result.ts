import type { CryptoFloor } from './crypto-floor.js';
import type { Machine, Versions } from './machine.js';
import type { OverloadResult } from './overload/measure-overload.js';
import type { Measurement } from './points.js';
import { isReached, type Ratio } from './ratios.js';

/** All that one run found. */
export interface BenchResult {
  readonly ledger: 'embedded' | 'fabric';
  /** ISO 8601. */
  readonly startedAt: string;
  /** Arguments of the command that repeats it. */
  readonly arguments: readonly string[];
  readonly machine: Machine;
  readonly versions: Versions;
  readonly method: string;
  readonly floor: CryptoFloor;
  readonly measurements: readonly Measurement[];
  /** At the end, by process. */
  readonly memoryMiB: Readonly<Record<string, number>>;
  /** Of the experiment `overload`. */
  readonly overload?: OverloadResult;
  readonly ratios: readonly Ratio[];
}

/** The content of the file of `--json`: `ratios` by name alone, what they mean under `ratioDetails`. A number that does not exist is null. */
export function toJson({ ratios, ...rest }: BenchResult): string {
  const content = {
    ...rest,
    ratios: Object.fromEntries(ratios.map(({ name, value }) => [name, value])),
    ratioDetails: Object.fromEntries(ratios.map(({ name, ...details }) => [name, { ...details, reached: isReached({ name, ...details }) }])),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
