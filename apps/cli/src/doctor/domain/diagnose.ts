import { checkCertificates } from './certificates.js';
import type { DeploymentFacts, DoctorLimits } from './facts.js';
import { errorOf, type Finding } from './findings.js';
import { checkCode, checkLag, checkMembers, checkProfiles } from './ledger.js';
import { checkClocks, checkDisks } from './machines.js';
import { checkReach, checkReadiness, checkRevocations, checkTees } from './nodes.js';

/** What the doctor says of a deployment. */
export interface Diagnosis {
  /** No error was found. */
  readonly healthy: boolean;
  /** Errors first, each fault of a subject once. */
  readonly findings: readonly Finding[];
  /** What could not be looked at, and why. */
  readonly unchecked: readonly string[];
}

/** Judges what was seen of a deployment. */
export function diagnose(facts: DeploymentFacts, limits: DoctorLimits): Diagnosis {
  const { nodes, ledger } = facts;
  const all = [
    ...checkReach(nodes),
    ...checkCertificates(facts.certificates, facts.at, limits),
    ...checkClocks(nodes, limits),
    ...checkDisks(nodes, limits),
    ...checkLag(nodes, limits),
    ...('refusal' in ledger ? [errorOf('LEDGER_UNREADABLE', 'policy', `the policy on the ledger cannot be read: ${ledger.refusal}`)] : checkProfiles(nodes, facts.profile, ledger)),
    ...('refusal' in ledger ? [] : [...checkRevocations(nodes, ledger), ...checkMembers(ledger.contracts, facts.businessOrganisations), ...checkCode(nodes, ledger.contracts)]),
    ...checkTees(nodes, ('refusal' in ledger ? undefined : ledger.profile) ?? facts.profile),
    ...checkReadiness(nodes),
  ];
  const once = all.filter((finding, i) => all.findIndex(({ code, subject, text }) => code === finding.code && subject === finding.subject && text === finding.text) === i);
  const errors = once.filter(({ severity }) => severity === 'error');
  return { healthy: errors.length === 0, findings: [...errors, ...once.filter(({ severity }) => severity === 'warning')], unchecked: uncheckedOf(facts) };
}

function uncheckedOf({ nodes, ledger }: DeploymentFacts): string[] {
  const withoutClock = nodes.filter(({ clock, refusal }) => clock === undefined && refusal === undefined).map(({ name }) => name);
  return [
    ...(withoutClock.length === 0 ? [] : [`clock and readiness of ${withoutClock.join(', ')}: no monitoring page (docs/operating-metrics.md)`]),
    ...('refusal' in ledger ? ['revocations, members, code hashes and profiles: the policy on the ledger cannot be read'] : []),
  ];
}
