import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { EndorsersRefused } from './endorsers-refused.js';

const refused = (...refusals: [string, RefusalCode][]): EndorsersRefused => new EndorsersRefused(refusals.map(([mspId, code]) => ({ mspId, refusal: new SelvedgeError(code, `because of ${code}`) })));

describe('EndorsersRefused', () => {
  it('has the endorsers’ code when they agree on it', () => {
    const error = refused(['NorthMSP', 'TEE_REVOKED'], ['SouthMSP', 'TEE_REVOKED']);
    expect(error).toMatchObject({ code: 'TEE_REVOKED', role: 'endorser', message: 'because of TEE_REVOKED', details: { mspId: 'NorthMSP, SouthMSP' } });
    expect(isSelvedgeError(error, 'TEE_REVOKED')).toBe(true);
  });

  it('takes stale reads and stale guards for one refusal', () => {
    expect(refused(['NorthMSP', 'STALE_GUARD'], ['SouthMSP', 'STALE_READ']).code).toBe('STALE_GUARD');
    expect(refused(['NorthMSP', 'STALE_READ'], ['SouthMSP', 'SIGNATURE_INVALID']).code).toBe('ENDORSEMENT_FAILED');
  });

  it('calls for new keys first where some say that keys have changed and others that reads have', () => {
    expect(refused(['NorthMSP', 'STALE_READ'], ['SouthMSP', 'TEE_REVOKED'])).toMatchObject({ code: 'TEE_REVOKED', message: 'because of TEE_REVOKED' });
    expect(refused(['NorthMSP', 'KEY_EPOCH_RETIRED'], ['SouthMSP', 'TEE_CERTIFICATE_EXPIRED']).code).toBe('KEY_EPOCH_RETIRED');
  });

  it('lists them by organisation when they differ', () => {
    const error = refused(['NorthMSP', 'UNAVAILABLE'], ['SouthMSP', 'TEE_REVOKED']);
    expect(error.code).toBe('ENDORSEMENT_FAILED');
    expect(error.message).toBe('NorthMSP: UNAVAILABLE: because of UNAVAILABLE; SouthMSP: TEE_REVOKED: because of TEE_REVOKED');
    expect(error.refusals.map(({ mspId }) => mspId)).toEqual(['NorthMSP', 'SouthMSP']);
  });
});
