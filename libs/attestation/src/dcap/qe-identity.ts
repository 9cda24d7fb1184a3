import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import type { SgxReportBody } from './report-body.js';
import { hexOf, levelFields, period, svn } from './signed-statement.js';
import type { MatchedLevel } from './tcb-status.js';

/** Identity of a quoting enclave (Intel PCS API version 4, Get SGX QE Identity, Get TDX QE Identity). */
export const qeIdentitySchema = z.object({
  id: z.enum(['QE', 'TD_QE']),
  version: z.union([z.literal(2), z.literal(3)]),
  ...period,
  tcbEvaluationDataNumber: z.number().int().min(0),
  miscselect: hexOf(4),
  miscselectMask: hexOf(4),
  attributes: hexOf(16),
  attributesMask: hexOf(16),
  mrsigner: hexOf(32),
  isvprodid: svn,
  tcbLevels: z.array(z.object({ tcb: z.object({ isvsvn: svn }), ...levelFields })).min(1).max(256),
});
export type QeIdentity = z.infer<typeof qeIdentitySchema>;

/** SGX attribute flag DEBUG (Intel SDM volume 3D, section 38.7.1). */
export const isDebugEnclave = (attributes: Uint8Array): boolean => ((attributes[0] as number) & 0x02) !== 0;

/**
 * The quoting enclave against Intel's word of it, and its TCB level.
 * Throws QE_IDENTITY_MISMATCH with what differs, TCB_LEVEL_UNKNOWN.
 */
export function matchQeIdentity(identity: QeIdentity, kind: 'sgx' | 'tdx', qe: SgxReportBody): MatchedLevel {
  const mismatch = (what: string): SelvedgeError => new SelvedgeError('QE_IDENTITY_MISMATCH', `quoting enclave: ${what}`, { details: { rule: what } });
  if (identity.id !== (kind === 'sgx' ? 'QE' : 'TD_QE')) throw mismatch('an identity of the other kind of quoting enclave');
  if (!equalBytes(qe.mrSigner, identity.mrsigner)) throw mismatch('another signer');
  if (qe.isvProdId !== identity.isvprodid) throw mismatch('another product id');
  if (isDebugEnclave(qe.attributes)) throw mismatch('it can be debugged');
  const misc = Buffer.alloc(4);
  misc.writeUInt32LE(qe.miscSelect);
  if (!equalBytes(masked(misc, identity.miscselectMask), identity.miscselect)) throw mismatch('another MISCSELECT');
  if (!equalBytes(masked(qe.attributes, identity.attributesMask), identity.attributes)) throw mismatch('other attributes');
  const level = identity.tcbLevels.find(({ tcb }) => qe.isvSvn >= tcb.isvsvn);
  if (level === undefined) throw new SelvedgeError('TCB_LEVEL_UNKNOWN', 'the quoting enclave reaches no level of the collateral');
  return { status: level.tcbStatus, advisoryIds: level.advisoryIDs, date: level.tcbDate };
}

const masked = (bytes: Uint8Array, mask: Uint8Array): Uint8Array => bytes.map((byte, i) => byte & (mask[i] as number));
