import { SelvedgeError } from '@selvedge/errors';
import type { TdReportBody } from './report-body.js';

/** TD attributes (Intel TDX module base architecture specification, section 3.4.1): TUD in bits 0 to 7, SEC in 8 to 31, OTHER in 32 to 63. */
const SEPT_VE_DISABLE = 1n << 28n;
const TUD = 0xffn;
/** Defined bits outside TUD: SEPT_VE_DISABLE, PKS, KL, PERFMON. */
const DEFINED = SEPT_VE_DISABLE | (1n << 30n) | (1n << 31n) | (1n << 63n);

const attributesOf = (td: TdReportBody): bigint => Buffer.from(td.tdAttributes).readBigUInt64LE();

/** Whether anything of a TD can be observed or changed from outside: any bit of the group "TD under debug". */
export const isDebugTd = (td: TdReportBody): boolean => (attributesOf(td) & TUD) !== 0n;

/**
 * What a TD must have whatever its policy says: exceptions that the host cannot inject by its page tables, no attribute whose
 * meaning is not known here, and no service TD that could move it elsewhere.
 * Throws EVIDENCE_INVALID.
 */
export function verifyTdAttributes(td: TdReportBody): void {
  const attributes = attributesOf(td);
  if ((attributes & SEPT_VE_DISABLE) === 0n) throw new SelvedgeError('EVIDENCE_INVALID', 'the trust domain runs without SEPT_VE_DISABLE');
  if ((attributes & ~TUD & ~DEFINED) !== 0n) throw new SelvedgeError('EVIDENCE_INVALID', 'the trust domain has attributes of unknown meaning');
  if (td.mrServiceTd?.some((byte) => byte !== 0) === true) throw new SelvedgeError('EVIDENCE_INVALID', 'a service TD is bound to the trust domain');
}
