import { compareBytes, toHex } from '@selvedge/crypto';
import { compareText, type AppraisalPolicy, type SgxSigner, type SnpMinimumTcb, type TdRegisters } from '@selvedge/protocol';

/** Order of appraisal policies: role, TEE type. */
export function compareAppraisalPolicies(a: AppraisalPolicy, b: AppraisalPolicy): number {
  return compareText(a.role, b.role) || compareText(a.teeType, b.teeType);
}

/** What signers are sorted by. */
export function orderOfSigner({ mrSigner, isvProdId, minIsvSvn }: SgxSigner): string {
  return [toHex(mrSigner), ...[isvProdId, minIsvSvn].map((number) => String(number).padStart(5, '0'))].join(' ');
}

/** What registers of TDs are sorted by. */
export function orderOfTdRegisters({ mrTd, rtMr0, rtMr1, rtMr2, rtMr3, mrConfigId, mrOwner, mrOwnerConfig }: TdRegisters): string {
  return [mrTd, rtMr0, rtMr1, rtMr2, rtMr3, mrConfigId, mrOwner, mrOwnerConfig].map(toHex).join(' ');
}

/** The same policies with every list in the order that a profile has. */
export function orderAppraisalPolicies(policies: readonly AppraisalPolicy[]): AppraisalPolicy[] {
  return policies.map(ordered).sort(compareAppraisalPolicies);
}

function ordered(policy: AppraisalPolicy): AppraisalPolicy {
  const { dcapTcb, snp } = policy;
  return {
    ...policy,
    measurements: [...policy.measurements].sort(compareBytes),
    platforms: [...policy.platforms].sort(compareBytes),
    sgxSigners: [...policy.sgxSigners].sort((a, b) => compareText(orderOfSigner(a), orderOfSigner(b))),
    tdRegisters: [...policy.tdRegisters].sort((a, b) => compareText(orderOfTdRegisters(a), orderOfTdRegisters(b))),
    ...(dcapTcb === undefined ? {} : { dcapTcb: { ...dcapTcb, statuses: [...dcapTcb.statuses].sort(compareText), advisories: [...dcapTcb.advisories].sort(compareText) } }),
    ...(snp === undefined ? {} : { snp: { ...snp, minimumTcb: [...snp.minimumTcb].sort(compareProducts), vmpls: [...snp.vmpls].sort((a, b) => a - b) } }),
  };
}

const compareProducts = (a: SnpMinimumTcb, b: SnpMinimumTcb): number => compareText(a.product, b.product);
