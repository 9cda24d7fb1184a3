import { SelvedgeError } from '@selvedge/errors';
import { DCAP_TEE_TYPES } from '../dcap/verifier.js';
import { SEV_SNP_TEE_TYPE } from '../sev-snp/verifier.js';
import { dcapCollateralOf } from './dcap-folder.js';
import { createCollateralFiles } from './files.js';
import { snpCollateralOf } from './snp-folder.js';

/** Where collateral comes from that evidence is sent with. Fetches nothing. */
export interface CollateralSource {
  /**
   * What the verification of a quote or report needs, as Evidence carries it.
   * @param hostCertificates beside a SEV-SNP report: the host's table, as configfs-tsm gives it in auxblob
   * Throws COLLATERAL_MISSING, COLLATERAL_MALFORMED, COLLATERAL_EXPIRED, COLLATERAL_CRL_MISSING, COLLATERAL_CRL_EXPIRED, EVIDENCE_MALFORMED.
   */
  collateralOf(teeType: string, quote: Uint8Array, options: { readonly at: Date; readonly hostCertificates?: Uint8Array | undefined }): Uint8Array[];
}

/**
 * Collateral out of a folder that somebody else fills, for networks without a way out. Files are read anew each time, so that a
 * newer one counts at once. Its layout is in libs/attestation/README.md.
 */
export function createCollateralFolder(folder: string): CollateralSource {
  const files = createCollateralFiles(folder);
  return {
    collateralOf(teeType, quote, { at, hostCertificates }) {
      const dcap = DCAP_TEE_TYPES.find((known) => known === teeType);
      if (dcap !== undefined) return [dcapCollateralOf(dcap, quote, files, at)];
      if (teeType === SEV_SNP_TEE_TYPE) return snpCollateralOf(quote, hostCertificates, files, at);
      throw new SelvedgeError('EVIDENCE_MALFORMED', 'there is no collateral for this type of TEE');
    },
  };
}
