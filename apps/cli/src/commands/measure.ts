import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { measureFile } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import { findBundle } from '@selvedge/service-kit/launch';
import type { CommandContext } from '../context.js';
import { table } from '../terminal.js';
import { UsageError } from '../usage-error.js';

/** Services that run in a TEE, by folder under services/. */
const TEE_SERVICES = ['compute', 'key-broker', 'viewer'] as const;

/** What one file measures as. */
interface Measured {
  /** `compute`, or `compute (production)`; of a file that was given, its name. */
  readonly code: string;
  /** 48 bytes, hexadecimal: what a simulated TEE states in its evidence. */
  readonly measurement: string;
  /** Of the file alone, hexadecimal: what an image or a manifest of hardware names. */
  readonly sha256: string;
  readonly file: string;
}

/** `attest measure`: what the code of TEEs measures as, for comparison before it is approved. */
export function addMeasureCommand(attest: Command, contextOf: (command: Command) => CommandContext): void {
  attest
    .command('measure')
    .description('print what code that runs in TEEs measures as, for comparison before it is approved')
    .argument('[bundle...]', 'files to measure (default: the programs of compute node, key broker and viewer that are here)')
    .option('--node <version>', 'version of Node that shall run it, such as v20.20.2 (default: the one that runs this command)')
    .action((files: string[], options: { readonly node?: string }, command: Command) => {
      const nodeVersion = options.node ?? process.version;
      if (!/^v\d+\.\d+\.\d+$/.test(nodeVersion)) throw new UsageError('--node: a version such as v20.20.2 is expected');
      const measured = (files.length === 0 ? ownBundles() : files.map((file) => ({ code: file, file: resolve(file) }))).map((bundle) => measure(bundle, nodeVersion));
      contextOf(command).print({ node: nodeVersion, measured }, describe(nodeVersion, measured));
    });
}

function ownBundles(): { readonly code: string; readonly file: string }[] {
  return TEE_SERVICES.flatMap((service) => [
    { code: service, file: findBundle(service) },
    { code: `${service} (production)`, file: findBundle(service, undefined, 'production') },
  ]);
}

function measure({ code, file }: { readonly code: string; readonly file: string }, nodeVersion: string): Measured {
  const measurement = toHex(measureFile(file, nodeVersion));
  return { code, measurement, sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), file };
}

function describe(nodeVersion: string, measured: readonly Measured[]): string {
  return [
    table([['code', 'SHA-256 of the file', 'measurement in a simulated TEE'], ...measured.map(({ code, sha256, measurement }) => [code, sha256, measurement])]),
    '',
    `A simulated TEE measures the file together with the version of Node, here ${nodeVersion}. Hardware measures all that it loads: the file is a part of that.`,
  ].join('\n');
}
