import { equalBytes, toHex } from '@selvedge/crypto';
import type { AppraisalPolicy, SgxSigner, TdRegisters } from '@selvedge/protocol';
import { oneOf, type AppraisalFinding } from './finding.js';
import type { Claims } from '../types.js';

/** The code that runs is one of the policy's reference values: by measurement, SGX signer or registers of a TD. */
export function measurementFinding(claims: Claims, policy: AppraisalPolicy): AppraisalFinding {
  const isListed = policy.measurements.some((reference) => equalBytes(reference, claims.measurement));
  const isMet = isListed || policy.sgxSigners.some((signer) => isSignedBy(claims, signer)) || policy.tdRegisters.some((registers) => differingRegisters(claims, registers).length === 0);
  return {
    rule: `measurement of role ${policy.role} on ${policy.teeType}`,
    isMet,
    seen: describeMeasurement(claims, policy),
    expected: oneOf([...policy.measurements.map(toHex), ...policy.sgxSigners.map(describeSigner), ...policy.tdRegisters.map((registers) => describeRegisters(claims, registers))]),
    code: 'APPRAISAL_REFUSED',
  };
}

function isSignedBy({ fields }: Claims, { mrSigner, isvProdId, minIsvSvn }: SgxSigner): boolean {
  return fields.mrSigner === toHex(mrSigner) && fields.isvProdId === String(isvProdId) && isAtLeast(fields.isvSvn, minIsvSvn);
}

/** Whether a claim in decimal is there and not below a floor. */
export function isAtLeast(claim: string | undefined, floor: number): boolean {
  return claim !== undefined && /^\d+$/.test(claim) && Number(claim) >= floor;
}

const REGISTERS = ['mrTd', 'rtMr0', 'rtMr1', 'rtMr2', 'rtMr3', 'mrConfigId', 'mrOwner', 'mrOwnerConfig'] as const;
const ZEROS = '00'.repeat(48);
const registerOf = (registers: TdRegisters, name: (typeof REGISTERS)[number]): string => (registers[name].length === 0 ? ZEROS : toHex(registers[name]));

function differingRegisters({ fields }: Claims, registers: TdRegisters): (typeof REGISTERS)[number][] {
  return REGISTERS.filter((name) => fields[name] !== registerOf(registers, name));
}

function describeMeasurement(claims: Claims, policy: AppraisalPolicy): string {
  const { mrSigner = 'none', isvProdId = 'none', isvSvn = 'none' } = claims.fields;
  const signer = policy.sgxSigners.length === 0 ? '' : `, signer ${mrSigner} with ISVPRODID ${isvProdId} and ISVSVN ${isvSvn}`;
  const registers = REGISTERS.filter((name) => policy.tdRegisters.some((entry) => differingRegisters(claims, entry).includes(name)));
  return `${toHex(claims.measurement)}${signer}${registers.map((name) => `, ${name} ${claims.fields[name] ?? 'none'}`).join('')}`;
}

function describeSigner({ mrSigner, isvProdId, minIsvSvn }: SgxSigner): string {
  return `signer ${toHex(mrSigner)} with ISVPRODID ${String(isvProdId)} and ISVSVN ${String(minIsvSvn)} at least`;
}

/** The registers in which a TD differs, as eight of them are more than anybody compares. */
function describeRegisters(claims: Claims, registers: TdRegisters): string {
  return differingRegisters(claims, registers).map((name) => `${name} ${registerOf(registers, name)}`).join(' with ') || 'the registers that were seen';
}
