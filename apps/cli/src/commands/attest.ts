import type { Command } from 'commander';
import { readEvidence, type Claims } from '@selvedge/attestation';
import { equalBytes, fromHex, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { COLLATERAL_HELP, readClaims, readTime } from '../evidence-files.js';
import { readInput } from '../read-file.js';
import { table } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { addMeasureCommand } from './measure.js';

interface VerifyOptions {
  readonly collateral: string[];
  readonly at?: string;
  readonly reportData?: string;
  readonly revocation: boolean;
}

/** `attest verify` and `attest explain`: evidence of SGX, TDX and SEV-SNP out of files; and `attest measure`. */
export function addAttestCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const attest = program.command('attest').description('evidence of TEEs: Intel SGX and TDX quotes, AMD SEV-SNP reports');
  attest
    .command('verify')
    .description('verify evidence with collateral out of files, and print its claims; nothing is fetched')
    .argument('<evidence>', 'file of a quote or report, as the TEE gave it')
    .requiredOption('--collateral <file...>', COLLATERAL_HELP)
    .option('--at <time>', 'verify as of this time, ISO 8601 (default: now)')
    .option('--report-data <hex>', 'refuse evidence that is not bound to these 64 bytes')
    .option('--no-revocation', 'SEV-SNP: verify without AMD’s revocation list')
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      await verify(contextOf(command), file, options);
    });
  attest
    .command('explain')
    .description('print what evidence says of itself, without verifying any of it')
    .argument('<evidence>', 'file of a quote or report')
    .action(async (file: string, _options: unknown, command: Command) => {
      const said = readEvidence(await readInput(file));
      const rows = [['kind', said.teeType], ['version', String(said.version)], ['report data', toHex(said.reportData)], ...Object.entries(said.fields)];
      contextOf(command).print({ verified: false, ...said }, `NOT VERIFIED: anybody can write this.\n${table(rows)}`);
    });
  addMeasureCommand(attest, contextOf);
}

async function verify(context: CommandContext, file: string, options: VerifyOptions): Promise<void> {
  const at = readTime(options.at);
  if (options.reportData !== undefined && !/^[0-9a-fA-F]{128}$/.test(options.reportData)) throw new UsageError('--report-data: 128 hex digits are expected');
  const claims = await readClaims(file, { collateral: options.collateral, at, revocation: options.revocation });
  if (options.reportData !== undefined && !equalBytes(claims.reportData, fromHex(options.reportData.toLowerCase()))) {
    throw new SelvedgeError('EVIDENCE_UNBOUND', 'the evidence verifies, and its report data is another', { role: 'cli', details: { seen: toHex(claims.reportData) } });
  }
  context.print({ verified: true, at: at.toISOString(), isBound: options.reportData !== undefined, ...claims }, describe(claims, at, options));
}

function describe(claims: Claims, at: Date, options: VerifyOptions): string {
  const tcb = claims.tcb === undefined ? [] : [['TCB status', claims.tcb.status], ['advisories', claims.tcb.advisoryIds.join(' ') || 'none'], ['TCB date', claims.tcb.date]];
  const rows = [
    ['kind', claims.teeType],
    ['measurement', toHex(claims.measurement)],
    ['platform', toHex(claims.platformId)],
    ['debuggable', claims.debug ? 'YES: it keeps no secret' : 'no'],
    ['migratable', claims.migratable ? 'YES: it may be moved' : 'no'],
    ...tcb,
    ['report data', toHex(claims.reportData)],
    ...Object.entries(claims.fields).filter(([name]) => name !== 'measurement'),
  ];
  const bound = options.reportData === undefined ? 'What it is bound to was not checked: give --report-data.' : 'It is bound to the report data that was given.';
  return `verified as of ${at.toISOString()}\n${table(rows)}\n${bound} Whether its claims are good enough is for an appraisal policy.`;
}
