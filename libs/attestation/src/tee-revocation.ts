import { SelvedgeError } from '@selvedge/errors';
import { facts, type FactReader } from '@selvedge/policy';
import type { AttestationResult } from './types.js';

/**
 * Throws when the ledger revokes the platform or the code of a TEE whose evidence was appraised.
 * @param code BROKER_REVOKED where it is the key broker that serves, rather than a party that it serves
 */
export function verifyTeeNotRevoked(ledger: FactReader, { platformId, measurement }: Pick<AttestationResult, 'platformId' | 'measurement'>, code: 'TEE_REVOKED' | 'BROKER_REVOKED' = 'TEE_REVOKED'): void {
  const revoked = (what: string): SelvedgeError => new SelvedgeError(code, `the ${code === 'BROKER_REVOKED' ? 'key broker’s ' : ''}${what} is revoked`);
  if (ledger.fact(facts.revokedPlatform(platformId)) !== undefined) throw revoked('platform');
  if (ledger.fact(facts.revokedMeasurement(measurement)) !== undefined) throw revoked('measurement');
}
