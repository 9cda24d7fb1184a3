import { toHex } from '@selvedge/crypto';
import type { AppraisalPolicy, DcapTcbPolicy, SnpPolicy, TdRegisters } from '@selvedge/protocol';
import { DISTINCT_BY_NAMES } from '../compute-quorum.js';

/**
 * Readable form of an appraisal policy: bytes as hex, times as ISO 8601 in UTC, names of Intel's and AMD's specifications;
 * what is left at its default is left out.
 */
export function appraisalPolicyToJson(policy: AppraisalPolicy): Record<string, unknown> {
  const { role, teeType, measurements, sgxSigners, tdRegisters, expiresAt, platforms, dcapTcb, snp, quorum } = policy;
  return {
    role,
    teeType,
    ...listed('measurements', measurements.map(toHex)),
    ...listed('signers', sgxSigners.map(({ mrSigner, isvProdId, minIsvSvn }) => ({ mrSigner: toHex(mrSigner), isvProdId, minimumIsvSvn: minIsvSvn }))),
    ...listed('registers', tdRegisters.map(writeRegisters)),
    ...(expiresAt === 0n ? {} : { expires: instant(expiresAt) }),
    ...listed('platforms', platforms.map(toHex)),
    ...(dcapTcb === undefined ? {} : { tcb: writeDcapTcb(dcapTcb) }),
    ...(snp === undefined ? {} : { snp: writeSnp(snp) }),
    ...(quorum === undefined ? {} : { quorum: { count: quorum.count, distinctBy: DISTINCT_BY_NAMES.get(quorum.distinctBy) } }),
  };
}

function listed(name: string, items: readonly unknown[]): Record<string, unknown> {
  return items.length === 0 ? {} : { [name]: items };
}

const instant = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString();

function writeRegisters(registers: TdRegisters): Record<string, string> {
  const names = ['mrTd', 'rtMr0', 'rtMr1', 'rtMr2', 'rtMr3', 'mrConfigId', 'mrOwner', 'mrOwnerConfig'] as const;
  return Object.fromEntries(names.filter((name) => registers[name].length > 0).map((name) => [name, toHex(registers[name])]));
}

function writeDcapTcb({ statuses, advisories, minDate, minEvaluationDataNumber }: DcapTcbPolicy): Record<string, unknown> {
  return {
    ...listed('statuses', statuses),
    ...listed('advisories', advisories),
    ...(minDate === 0n ? {} : { minimumDate: instant(minDate) }),
    ...(minEvaluationDataNumber === 0 ? {} : { minimumEvaluationDataNumber: minEvaluationDataNumber }),
  };
}

function writeSnp({ minimumTcb, vmpls, allowMigration, minGuestSvn }: SnpPolicy): Record<string, unknown> {
  return {
    minimumTcb: minimumTcb.map(({ product, fmc, bootloader, tee, snp, microcode }) => ({ product, ...(product === 'Turin' ? { fmc } : {}), bootloader, tee, snp, microcode })),
    ...listed('vmpls', vmpls),
    ...(allowMigration ? { allowMigration } : {}),
    ...(minGuestSvn === 0 ? {} : { minimumGuestSvn: minGuestSvn }),
  };
}
