import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import type { PckExtension } from './pck-extension.js';
import type { TdReportBody } from './report-body.js';
import { hexOf, levelFields, period, svn } from './signed-statement.js';
import type { MatchedLevel } from './tcb-status.js';

const component = z.object({ svn: z.number().int().min(0).max(255) });
const components = z.array(component).length(16);
const moduleFields = { mrsigner: hexOf(48), attributes: hexOf(8), attributesMask: hexOf(8) };
const moduleIdentity = z.object({ id: z.string().max(16), ...moduleFields, tcbLevels: z.array(z.object({ tcb: z.object({ isvsvn: svn }), ...levelFields })).max(256) });

/** TCB info of a platform family (Intel PCS API version 4, Get SGX TCB Info, Get TDX TCB Info). */
export const tcbInfoSchema = z.object({
  id: z.enum(['SGX', 'TDX']),
  version: z.literal(3),
  ...period,
  fmspc: hexOf(6),
  pceId: hexOf(2),
  tcbType: z.literal(0),
  tcbEvaluationDataNumber: z.number().int().min(0),
  tdxModule: z.object(moduleFields).optional(),
  tdxModuleIdentities: z.array(moduleIdentity).max(256).default([]),
  tcbLevels: z
    .array(z.object({ tcb: z.object({ sgxtcbcomponents: components, tdxtcbcomponents: components.optional(), pcesvn: svn }), ...levelFields }))
    .min(1)
    .max(1024),
});
export type TcbInfo = z.infer<typeof tcbInfoSchema>;

interface Level {
  readonly tcbStatus: MatchedLevel['status'];
  readonly advisoryIDs: readonly string[];
  readonly tcbDate: string;
}
const matched = ({ tcbStatus, advisoryIDs, tcbDate }: Level): MatchedLevel => ({ status: tcbStatus, advisoryIds: advisoryIDs, date: tcbDate });

/**
 * The platform's TCB level: the first, in the order of the collateral, that the platform reaches in every component.
 * Throws COLLATERAL_MISMATCH when the info is of another platform family, TCB_LEVEL_UNKNOWN when no level is reached.
 */
export function matchPlatformLevel(info: TcbInfo, pck: PckExtension, td: TdReportBody | undefined): MatchedLevel {
  if (info.id !== (td === undefined ? 'SGX' : 'TDX')) throw new SelvedgeError('COLLATERAL_MISMATCH', `TCB info of ${info.id} for a quote of another kind`);
  if (!equalBytes(info.fmspc, pck.fmspc)) throw new SelvedgeError('COLLATERAL_MISMATCH', 'TCB info of another platform family (FMSPC)');
  if (!equalBytes(info.pceId, pck.pceId)) throw new SelvedgeError('COLLATERAL_MISMATCH', 'TCB info of another provisioning enclave (PCE id)');
  const level = info.tcbLevels.find(({ tcb }) => {
    if (pck.pceSvn < tcb.pcesvn || !isReached(pck.sgxComponents, tcb.sgxtcbcomponents, 0)) return false;
    return td === undefined || (tcb.tdxtcbcomponents !== undefined && isReached([...td.teeTcbSvn], tcb.tdxtcbcomponents, firstComparedTdxComponent(td)));
  });
  if (level === undefined) throw new SelvedgeError('TCB_LEVEL_UNKNOWN', 'the platform reaches no TCB level of the collateral');
  return matched(level);
}

function isReached(actual: readonly number[], required: readonly { readonly svn: number }[], from: number): boolean {
  return required.every((entry, i) => i < from || (actual[i] ?? -1) >= entry.svn);
}

/** From module major version 1 on, the first two components are the module's own SVN and version, which its identity covers. */
const firstComparedTdxComponent = (td: TdReportBody): number => (td.teeTcbSvn[1] === 0 ? 0 : 2);

/**
 * The TDX module against its identity, and its level where the collateral has levels of it (module major version 1 and later);
 * undefined otherwise. Throws TDX_MODULE_MISMATCH, TCB_LEVEL_UNKNOWN, COLLATERAL_MISMATCH.
 */
export function matchTdxModule(info: TcbInfo, td: TdReportBody): MatchedLevel | undefined {
  const [moduleSvn, majorVersion] = td.teeTcbSvn as unknown as [number, number];
  if (majorVersion === 0) {
    if (info.tdxModule === undefined) throw new SelvedgeError('COLLATERAL_MISMATCH', 'the collateral names no TDX module');
    verifyModule(info.tdxModule, td);
    return undefined;
  }
  const id = `TDX_${majorVersion.toString(16).toUpperCase().padStart(2, '0')}`;
  const identity = info.tdxModuleIdentities.find((candidate) => candidate.id === id);
  if (identity === undefined) throw new SelvedgeError('COLLATERAL_MISMATCH', `the collateral has no identity of the TDX module ${id}`);
  verifyModule(identity, td);
  const level = identity.tcbLevels.find(({ tcb }) => moduleSvn >= tcb.isvsvn);
  if (level === undefined) throw new SelvedgeError('TCB_LEVEL_UNKNOWN', 'the TDX module reaches no level of the collateral');
  return matched(level);
}

function verifyModule(expected: { readonly mrsigner: Uint8Array; readonly attributes: Uint8Array; readonly attributesMask: Uint8Array }, td: TdReportBody): void {
  if (!equalBytes(td.mrSignerSeam, expected.mrsigner)) throw new SelvedgeError('TDX_MODULE_MISMATCH', 'the TDX module has another signer');
  const masked = td.seamAttributes.map((byte, i) => byte & (expected.attributesMask[i] as number));
  if (!equalBytes(masked, expected.attributes)) throw new SelvedgeError('TDX_MODULE_MISMATCH', 'the TDX module has other attributes');
}
