import type { Command } from 'commander';
import { readEvidence, verifyStoredEvidence, type Claims } from '@selvedge/attestation';
import { equalBytes, fromHex, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-file.js';
import { table } from '../terminal.js';
import { UsageError } from '../usage-error.js';

interface VerifyOptions {
  readonly collateral: string[];
  readonly at?: string;
  readonly reportData?: string;
  readonly revocation: boolean;
}

const PEM_BLOCK = /-----BEGIN (CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** `attest verify` and `attest explain`: evidence of SGX, TDX and SEV-SNP out of files. */
export function addAttestCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const attest = program.command('attest').description('evidence of TEEs: Intel SGX and TDX quotes, AMD SEV-SNP reports');
  attest
    .command('verify')
    .description('verify evidence with collateral out of files, and print its claims; nothing is fetched')
    .argument('<evidence>', 'file of a quote or report, as the TEE gave it')
    .requiredOption('--collateral <file...>', 'DCAP: the JSON of a PCCS client; SEV-SNP: VCEK or VLEK, ASK or ASVK, ARK, revocation list, as DER or PEM, in this order')
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
}

async function verify(context: CommandContext, file: string, options: VerifyOptions): Promise<void> {
  const at = options.at === undefined ? new Date() : new Date(options.at);
  if (Number.isNaN(at.getTime())) throw new UsageError(`--at ${options.at ?? ''}: a time such as 2026-01-31T12:00:00Z is expected`);
  if (options.reportData !== undefined && !/^[0-9a-fA-F]{128}$/.test(options.reportData)) throw new UsageError('--report-data: 128 hex digits are expected');
  const collateral = (await Promise.all(options.collateral.map(readInput))).flatMap(splitPem);
  const claims = verifyStoredEvidence({ quote: await readInput(file), collateral, at, requireRevocationList: options.revocation });
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

/** Each block of a PEM file; any other file as it is. */
function splitPem(bytes: Uint8Array): Uint8Array[] {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM_BLOCK)].map((block) => new Uint8Array(Buffer.from(block[2] ?? '', 'base64')));
  const isPem = Buffer.from(bytes.subarray(0, 11)).toString('latin1') === '-----BEGIN ';
  return isPem && blocks.length > 0 ? blocks : [bytes];
}
