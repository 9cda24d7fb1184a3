import { create } from '@bufbuild/protobuf';
import { DcapTcbPolicySchema, type AppraisalPolicy } from '@selvedge/protocol';
import { DCAP_TEE_TYPES } from '../dcap/verifier.js';
import type { Claims } from '../types.js';
import { oneOf, type AppraisalFinding } from './finding.js';

const NOT_SAID = 'none';
/** What a policy admits that says nothing of it. */
const DEFAULT_STATUSES: readonly string[] = ['UpToDate'];

/** How current an Intel platform must be; no finding for other TEEs. */
export function dcapFindings(claims: Claims, policy: AppraisalPolicy): AppraisalFinding[] {
  if (!DCAP_TEE_TYPES.some((teeType) => teeType === policy.teeType)) return [];
  const { tcb } = claims;
  const terms = policy.dcapTcb ?? create(DcapTcbPolicySchema);
  const statuses = terms.statuses.length === 0 ? DEFAULT_STATUSES : terms.statuses;
  const advisories = tcb?.advisoryIds ?? [];
  const unlisted = advisories.filter((id) => !terms.advisories.includes(id));
  const minDateMs = Number(terms.minDate) * 1000;
  return [
    { rule: 'TCB status', isMet: tcb !== undefined && statuses.includes(tcb.status), seen: tcb?.status ?? NOT_SAID, expected: oneOf(statuses), code: 'TCB_STATUS_REFUSED' },
    { rule: 'advisories', isMet: tcb !== undefined && unlisted.length === 0, seen: advisories.length === 0 ? NOT_SAID : advisories.join(' '), expected: terms.advisories.length === 0 ? NOT_SAID : `no other than ${terms.advisories.join(' ')}`, code: 'TCB_ADVISORY_REFUSED' },
    { rule: 'date of the TCB level', isMet: tcb !== undefined && Date.parse(tcb.date) >= minDateMs, seen: tcb?.date ?? NOT_SAID, expected: minDateMs === 0 ? 'any' : `${new Date(minDateMs).toISOString()} or later`, code: 'TCB_BELOW_MINIMUM' },
    {
      rule: 'evaluation number of the collateral',
      isMet: tcb !== undefined && tcb.evaluationDataNumber >= terms.minEvaluationDataNumber,
      seen: String(tcb?.evaluationDataNumber ?? NOT_SAID),
      expected: terms.minEvaluationDataNumber === 0 ? 'any' : `${String(terms.minEvaluationDataNumber)} or higher`,
      code: 'TCB_BELOW_MINIMUM',
    },
  ];
}
