import type { AppraisalPolicy, SnpMinimumTcb } from '@selvedge/protocol';
import { SEV_SNP_TEE_TYPE } from '../sev-snp/verifier.js';
import type { Claims } from '../types.js';
import { oneOf, type AppraisalFinding } from './finding.js';
import { isAtLeast } from './measurement-rules.js';

const LEVELS = ['fmc', 'bootloader', 'tee', 'snp', 'microcode'] as const;
/** The most privileged level of a guest. */
const DEFAULT_VMPLS: readonly number[] = [0];

/** What an AMD platform and its guest must be; no finding for other TEEs. */
export function snpFindings(claims: Claims, policy: AppraisalPolicy): AppraisalFinding[] {
  if (policy.teeType !== SEV_SNP_TEE_TYPE) return [];
  const { fields } = claims;
  const { minimumTcb = [], vmpls = [], minGuestSvn = 0 } = policy.snp ?? {};
  const floor = minimumTcb.find(({ product }) => product === fields.product);
  const accepted = (vmpls.length === 0 ? DEFAULT_VMPLS : vmpls).map(String);
  return [
    {
      rule: 'TCB of the platform',
      isMet: floor !== undefined && LEVELS.every((level) => isAtLeast(fields[`tcb.${level}`], floor[level])),
      seen: `${fields.product ?? 'no product'}: ${LEVELS.map((level) => `${level} ${fields[`tcb.${level}`] ?? 'none'}`).join(', ')}`,
      expected: `at least ${oneOf(minimumTcb.map(describeFloor))}`,
      code: 'TCB_BELOW_MINIMUM',
    },
    { rule: 'VMPL', isMet: fields.vmpl !== undefined && accepted.includes(fields.vmpl), seen: fields.vmpl ?? 'none', expected: oneOf(accepted), code: 'TEE_VMPL_REFUSED' },
    { rule: 'guest SVN', isMet: isAtLeast(fields.guestSvn, minGuestSvn), seen: fields.guestSvn ?? 'none', expected: `${String(minGuestSvn)} or higher`, code: 'TCB_BELOW_MINIMUM' },
  ];
}

function describeFloor(floor: SnpMinimumTcb): string {
  return `${floor.product}: ${LEVELS.map((level) => `${level} ${String(floor[level])}`).join(', ')}`;
}
