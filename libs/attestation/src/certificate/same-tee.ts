import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { AttestationResult } from '../types.js';
import type { TeeCertificate } from './verify.js';

/**
 * Throws TEE_CERTIFICATE_INVALID when a certificate says another TEE than its holder's own evidence: the key broker may certify what it
 * likes, and what the ledger revokes is looked up by what the certificate says.
 */
export function verifySameTee({ binding }: TeeCertificate, { teeType, platformId, measurement }: AttestationResult): void {
  const isSame = teeType === binding.teeType && equalBytes(platformId, binding.platformId) && equalBytes(measurement, binding.measurement);
  if (!isSame) throw new SelvedgeError('TEE_CERTIFICATE_INVALID', `the certificate of ${binding.nodeId} is of another TEE than its evidence`);
}
