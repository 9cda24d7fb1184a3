import type { AppraisalPolicy, KeyAccessNamespace } from '@selvedge/protocol';

/** What is allowed, and yet should be known by who signs it. */
export function policyWarnings(policy: AppraisalPolicy, at: Date): string[] {
  const { teeType, expiresAt, dcapTcb, snp, platforms } = policy;
  const warnings: string[] = [];
  if (teeType === 'simulated') warnings.push('simulated TEEs protect nothing: for development only');
  if (expiresAt !== 0n && at.getTime() >= Number(expiresAt) * 1000) warnings.push('it has ended, and admits nothing');
  if (expiresAt === 0n && teeType !== 'simulated') warnings.push('it has no end: it is in force until a newer profile replaces it');
  if (platforms.length === 0 && teeType !== 'simulated') warnings.push('any machine of this kind is admitted, also one whose owner can attack it physically');
  for (const status of dcapTcb?.statuses ?? []) if (status.startsWith('OutOfDate')) warnings.push(`${status} platforms are admitted: known attacks may work on them`);
  if (dcapTcb?.minEvaluationDataNumber === 0 || (dcapTcb === undefined && (teeType === 'sgx' || teeType === 'tdx'))) warnings.push('no least evaluation number: a host may show older collateral as long as it is valid');
  if (snp?.allowMigration === true) warnings.push('guests may be moved by a migration agent, which then has to be trusted as well');
  if (snp?.vmpls.some((vmpl) => vmpl > 0) === true) warnings.push('reports of less privileged levels are admitted: whoever runs there in the guest can attest');
  return warnings;
}

/** What rules shut out, perhaps without meaning to: who has any denies every other role. */
export function keyAccessWarnings(namespaces: readonly KeyAccessNamespace[]): { readonly contract: string; readonly warning: string }[] {
  return namespaces.flatMap(({ contract, rules }) =>
    ['compute', 'viewer'].filter((role) => !rules.some((rule) => rule.role === role)).map((role) => ({ contract, warning: `no rule is for role ${role}, so none gets any` })),
  );
}
