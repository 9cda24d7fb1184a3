import type { Command } from 'commander';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { diagnose } from '../doctor/domain/diagnose.js';
import type { DoctorLimits } from '../doctor/domain/facts.js';
import { lookAtDeployment } from '../doctor/look/deployment.js';
import { placesOf } from '../doctor/look/places.js';
import { diagnosisText } from '../doctor/report.js';
import { parseNumber } from './fabric-options.js';

interface DoctorOptions {
  readonly maxSkew: string;
  readonly maxLag: string;
  readonly minFree: string;
  readonly warnDays: string;
}

const MIB = 1024n * 1024n;
const DAY_MS = 86_400_000;
const MAX_SKEW_SECONDS = 86_400;
const MAX_LAG_BLOCKS = 1_000_000;
const MAX_MIB = 1_000_000_000;
const MAX_DAYS = 3_650;

/** `doctor`: exit code 0 when nothing is wrong, 1 when a fault was found, 2 for a wrong command line. */
export function addDoctorCommand(program: Command, contextOf: (command: Command) => CommandContext): void {
  program
    .command('doctor')
    .description('check a deployment: certificates, clocks, disks, nodes, profile, code, lag; say what to mend; exit code 1 when a fault is found')
    .option('--max-skew <seconds>', 'how far a node’s clock may be off', '5')
    .option('--max-lag <blocks>', 'how far a node may be behind the highest', '3')
    .option('--min-free <MiB>', 'room that each node’s file system must have', '256')
    .option('--warn-days <days>', 'warn of certificates that end sooner', '30')
    .action(async (options: DoctorOptions, command: Command) => {
      const context = contextOf(command);
      const facts = await lookAtDeployment(await context.openFolder(), await placesOf(context.directory));
      const diagnosis = diagnose(facts, limitsOf(options));
      context.print({ ...diagnosis, at: facts.at, simulatedTees: facts.nodes.some(({ teeType }) => teeType === 'simulated'), nodes: facts.nodes }, diagnosisText(diagnosis, facts.nodes));
      if (!diagnosis.healthy) throw new SelvedgeError('DEPLOYMENT_FAULTY', faultsText(diagnosis.findings), { role: 'cli' });
    });
}

/** Throws UsageError. */
function limitsOf({ maxSkew, maxLag, minFree, warnDays }: DoctorOptions): DoctorLimits {
  return {
    maxSkewMs: parseNumber('--max-skew', maxSkew, 0, MAX_SKEW_SECONDS) * 1_000,
    maxLagBlocks: BigInt(parseNumber('--max-lag', maxLag, 0, MAX_LAG_BLOCKS)),
    minFreeBytes: BigInt(parseNumber('--min-free', minFree, 0, MAX_MIB)) * MIB,
    warnBeforeMs: parseNumber('--warn-days', warnDays, 0, MAX_DAYS) * DAY_MS,
  };
}

function faultsText(findings: readonly { readonly code: string; readonly severity: string; readonly subject: string }[]): string {
  return findings.filter(({ severity }) => severity === 'error').map(({ code, subject }) => `${code} at ${subject}`).join(', ');
}
