import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AppraisalPolicySchema, ComputeQuorumSchema, DcapTcbPolicySchema, SgxSignerSchema, SnpMinimumTcbSchema, SnpPolicySchema, TdRegistersSchema } from '@selvedge/protocol';
import { DISTINCT_BY_NAMES } from '../compute-quorum.js';
import type { JsonField } from '../profile-json/fields.js';

/** One appraisal policy in its readable form (see appraisalPolicyToJson). Throws PROFILE_INVALID naming the field. */
export function readAppraisalPolicy(field: JsonField): MessageInitShape<typeof AppraisalPolicySchema> {
  const { role, teeType, measurements, signers, registers, expires, platforms, tcb, snp, quorum } = field.object(['role', 'teeType', 'measurements', 'signers', 'registers', 'expires', 'platforms', 'tcb', 'snp', 'quorum']);
  return {
    role: role.text(),
    teeType: teeType.text(),
    measurements: measurements.list((item) => item.hex()),
    sgxSigners: signers.list(readSigner),
    tdRegisters: registers.list(readRegisters),
    expiresAt: expires.isAbsent ? 0n : expires.instant(),
    platforms: platforms.list((item) => item.hex()),
    ...(tcb.isAbsent ? {} : { dcapTcb: readDcapTcb(tcb) }),
    ...(snp.isAbsent ? {} : { snp: readSnp(snp) }),
    ...(quorum.isAbsent ? {} : { quorum: readQuorum(quorum) }),
  };
}

function readQuorum(field: JsonField): MessageInitShape<typeof ComputeQuorumSchema> {
  const { count, distinctBy } = field.object(['count', 'distinctBy']);
  return { count: count.count(), ...(distinctBy.isAbsent ? {} : { distinctBy: distinctBy.oneOf(DISTINCT_BY_NAMES) }) };
}

function readSigner(field: JsonField): MessageInitShape<typeof SgxSignerSchema> {
  const { mrSigner, isvProdId, minimumIsvSvn } = field.object(['mrSigner', 'isvProdId', 'minimumIsvSvn']);
  return { mrSigner: mrSigner.hex(), isvProdId: isvProdId.count(), minIsvSvn: minimumIsvSvn.count() };
}

function readRegisters(field: JsonField): MessageInitShape<typeof TdRegistersSchema> {
  const { mrConfigId, mrOwner, mrOwnerConfig, ...always } = field.object(['mrTd', 'rtMr0', 'rtMr1', 'rtMr2', 'rtMr3', 'mrConfigId', 'mrOwner', 'mrOwnerConfig']);
  const optional = (item: JsonField): Uint8Array => (item.isAbsent ? new Uint8Array(0) : item.hex());
  return {
    mrTd: always.mrTd.hex(),
    rtMr0: always.rtMr0.hex(),
    rtMr1: always.rtMr1.hex(),
    rtMr2: always.rtMr2.hex(),
    rtMr3: always.rtMr3.hex(),
    mrConfigId: optional(mrConfigId),
    mrOwner: optional(mrOwner),
    mrOwnerConfig: optional(mrOwnerConfig),
  };
}

function readDcapTcb(field: JsonField): MessageInitShape<typeof DcapTcbPolicySchema> {
  const { statuses, advisories, minimumDate, minimumEvaluationDataNumber } = field.object(['statuses', 'advisories', 'minimumDate', 'minimumEvaluationDataNumber']);
  return {
    statuses: statuses.list((item) => item.text()),
    advisories: advisories.list((item) => item.text()),
    minDate: minimumDate.isAbsent ? 0n : minimumDate.instant(),
    minEvaluationDataNumber: minimumEvaluationDataNumber.isAbsent ? 0 : minimumEvaluationDataNumber.count(),
  };
}

function readSnp(field: JsonField): MessageInitShape<typeof SnpPolicySchema> {
  const { minimumTcb, vmpls, allowMigration, minimumGuestSvn } = field.object(['minimumTcb', 'vmpls', 'allowMigration', 'minimumGuestSvn']);
  return {
    minimumTcb: minimumTcb.list(readMinimumTcb),
    vmpls: vmpls.list((item) => item.count()),
    allowMigration: allowMigration.isAbsent ? false : allowMigration.flag(),
    minGuestSvn: minimumGuestSvn.isAbsent ? 0 : minimumGuestSvn.count(),
  };
}

function readMinimumTcb(field: JsonField): MessageInitShape<typeof SnpMinimumTcbSchema> {
  const { product, fmc, bootloader, tee, snp, microcode } = field.object(['product', 'fmc', 'bootloader', 'tee', 'snp', 'microcode']);
  return { product: product.text(), fmc: fmc.isAbsent ? 0 : fmc.count(), bootloader: bootloader.count(), tee: tee.count(), snp: snp.count(), microcode: microcode.count() };
}
