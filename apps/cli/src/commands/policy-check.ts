import type { Command } from 'commander';
import { appraisalFindings, appraise, type AppraisalFinding, type TeeRole } from '@selvedge/attestation';
import { appraisalPolicyToJson, describeRule, DISTINCT_BY_NAMES, keyAccessToJson } from '@selvedge/policy';
import type { AppraisalPolicy, KeyAccessNamespace } from '@selvedge/protocol';
import type { CommandContext } from '../context.js';
import { COLLATERAL_HELP, readClaims, readTime } from '../evidence-files.js';
import { keyAccessWarnings, policyWarnings } from '../policy-warnings.js';
import { readPolicyFile, type PolicyFile } from '../profile-file.js';
import { table } from '../terminal.js';
import { UsageError } from '../usage-error.js';

interface CheckOptions {
  readonly evidence?: string;
  readonly collateral?: string[];
  readonly role?: string;
  readonly at?: string;
  readonly revocation: boolean;
}

const ROLES: readonly TeeRole[] = ['compute', 'key-broker', 'viewer'];

/** `policy check`: appraisal policies and key access rules by themselves, or what it says of evidence. Needs no network. */
export function addPolicyCheckCommand(policy: Command, contextOf: (command: Command) => CommandContext): void {
  policy
    .command('check')
    .description('check a file of appraisal policies and key access rules, or what the policies say of evidence; needs no network, and fetches nothing')
    .argument('<file>', 'appraisalPolicies and keyAccess in YAML or JSON, or a profile that has them')
    .option('--evidence <file>', 'a quote or report to appraise')
    .option('--collateral <file...>', COLLATERAL_HELP)
    .option('--role <role>', `what the evidence is to be admitted as: ${ROLES.join(', ')}`, 'compute')
    .option('--at <time>', 'as of this time, ISO 8601 (default: now)')
    .option('--no-revocation', 'SEV-SNP: verify without AMD’s revocation list')
    .addHelpText('after', '\nExit code 0: the file is in order and the evidence, if given, is admitted. 1: refused; the code and the rule are on standard error. 2: wrong command line.')
    .action(async (file: string, options: CheckOptions, command: Command) => {
      const context = contextOf(command);
      const at = readTime(options.at);
      const policyFile = await readPolicyFile(file);
      if (options.evidence !== undefined) await checkEvidence(context, policyFile, { ...options, evidence: options.evidence }, at);
      else if (options.collateral !== undefined) throw new UsageError('--collateral belongs to --evidence');
      else checkFile(context, file, policyFile, at);
    });
}

function checkFile(context: CommandContext, file: string, { appraisalPolicies, keyAccess }: PolicyFile, at: Date): void {
  const warnings = appraisalPolicies.flatMap((policy) => policyWarnings(policy, at).map((warning) => ({ role: policy.role, teeType: policy.teeType, warning })));
  const rows = [['role', 'TEE', 'measurements', 'platforms', 'quorum', 'ends'], ...appraisalPolicies.map(describePolicy)];
  const keyWarnings = keyAccessWarnings(keyAccess);
  const said = [...warnings.map(({ role, teeType, warning }) => `${role} on ${teeType}: ${warning}`), ...keyWarnings.map(({ contract, warning }) => `keys of ${contract}: ${warning}`)].map((warning) => `warning: ${warning}`);
  const text = [`${file}: in order`, ...(appraisalPolicies.length === 0 ? [] : [table(rows)]), ...describeKeyAccess(keyAccess), ...said];
  context.print({ valid: true, appraisalPolicies: appraisalPolicies.map(appraisalPolicyToJson), keyAccess: keyAccess.map(keyAccessToJson), warnings: [...warnings, ...keyWarnings] }, text.join('\n'));
}

/** Who gets keys, one line for each rule. */
function describeKeyAccess(namespaces: readonly KeyAccessNamespace[]): string[] {
  if (namespaces.length === 0) return [];
  return [table([['keys of', 'are for'], ...namespaces.flatMap(({ contract, rules }) => rules.map((rule) => [contract, describeRule(rule)]))])];
}

function describePolicy({ role, teeType, measurements, sgxSigners, tdRegisters, platforms, expiresAt, quorum }: AppraisalPolicy): string[] {
  const counts = [[measurements.length, ''], [sgxSigners.length, ' by signer'], [tdRegisters.length, ' by registers']] as const;
  const admitted = counts.filter(([count]) => count > 0).map(([count, how]) => `${String(count)}${how}`);
  return [role, teeType, admitted.join(', '), platforms.length === 0 ? 'any' : String(platforms.length), describeQuorum(quorum), expiresAt === 0n ? 'never' : new Date(Number(expiresAt) * 1000).toISOString()];
}

function describeQuorum(quorum: AppraisalPolicy['quorum']): string {
  return quorum === undefined ? 'none' : `${String(quorum.count)} by ${DISTINCT_BY_NAMES.get(quorum.distinctBy) ?? ''}`;
}

async function checkEvidence(context: CommandContext, { appraisalPolicies: policies, allowSimulated }: PolicyFile, options: CheckOptions & { readonly evidence: string }, at: Date): Promise<void> {
  const role = ROLES.find((known) => known === options.role);
  if (role === undefined) throw new UsageError(`--role ${options.role ?? ''}: one of ${ROLES.join(', ')} is expected`);
  if (options.collateral === undefined) throw new UsageError('--evidence needs --collateral');
  const claims = await readClaims(options.evidence, { collateral: options.collateral, at, revocation: options.revocation });
  const appraisal = { policies, allowSimulated, role, at };
  const findings = appraisalFindings(claims, appraisal);
  const admitted = findings.every(({ isMet }) => isMet);
  const rows = [['rule', '', 'seen', 'expected'], ...findings.map(describeFinding)];
  const verdict = admitted ? `admitted as ${role}, as of ${at.toISOString()}. What the evidence is bound to was not checked.` : `REFUSED as ${role}, as of ${at.toISOString()}`;
  context.print({ admitted, role, teeType: claims.teeType, at: at.toISOString(), findings }, `${table(rows)}\n${verdict}`);
  // Says it again as every other refusal is said: with its code, and exit code 1.
  appraise(claims, appraisal);
}

function describeFinding({ rule, isMet, seen, expected }: AppraisalFinding): string[] {
  return [rule, isMet ? 'met' : 'NOT MET', seen, expected];
}
