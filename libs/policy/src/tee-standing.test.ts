import { create } from '@bufbuild/protobuf';
import { isSelvedgeError } from '@selvedge/errors';
import { BrokerRootSchema, encodeMessage, TeeBindingSchema, type TeeBinding } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { CHANNEL_EPOCH, facts } from './facts.js';
import { readBrokerRoot, verifyTeeStanding } from './tee-standing.js';

const EXPECTED = { network: 'net', channel: 'trade', role: 'compute' };
const ANY = Buffer.from('x');
const binding = (change: Partial<Omit<TeeBinding, '$typeName' | '$unknown'>> = {}): TeeBinding =>
  create(TeeBindingSchema, { ...EXPECTED, nodeId: 'n1', platformId: Buffer.of(1), measurement: Buffer.of(2), epoch: 2n, ...change });
const ledger = (...keys: string[]): Map<string, Uint8Array> => new Map([1n, 2n].map((epoch) => facts.epoch(CHANNEL_EPOCH, epoch)).concat(keys).map((key) => [key, ANY]));

const refusal = (tee: TeeBinding, values = ledger()): string | undefined => {
  try {
    verifyTeeStanding({ fact: (key) => values.get(key) }, tee, EXPECTED);
    return undefined;
  } catch (error) {
    if (isSelvedgeError(error)) return error.code;
    throw error;
  }
};

describe('standing of a certified TEE', () => {
  it('is good in the current and the previous channel epoch', () => {
    expect(refusal(binding())).toBeUndefined();
    expect(refusal(binding({ epoch: 1n }))).toBeUndefined();
  });

  it.each<[string, Parameters<typeof binding>[0], string]>([
    ['network', { network: 'other' }, 'TEE_CERTIFICATE_INVALID'],
    ['channel', { channel: 'other' }, 'TEE_CERTIFICATE_INVALID'],
    ['role', { role: 'viewer' }, 'TEE_WRONG_ROLE'],
    ['epoch', { epoch: 3n }, 'TEE_CERTIFICATE_EXPIRED'],
  ])('needs the expected %s', (_field, change, code) => {
    expect(refusal(binding(change))).toBe(code);
  });

  it('ends with the epoch after the next', () => {
    expect(refusal(binding({ epoch: 1n }), ledger(facts.epoch(CHANNEL_EPOCH, 3n)))).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it.each([
    ['epoch', facts.revokedEpoch(CHANNEL_EPOCH, 2n)],
    ['node', facts.revokedNode('n1')],
    ['platform', facts.revokedPlatform(Buffer.of(1))],
    ['measurement', facts.revokedMeasurement(Buffer.of(2))],
  ])('ends with the revocation of its %s', (_what, key) => {
    expect(refusal(binding(), ledger(key))).toBe('TEE_REVOKED');
  });
});

describe('the recorded broker root', () => {
  it('is read from the ledger, and needed', () => {
    const rootCertificate = Buffer.from('certificate');
    const value = encodeMessage(BrokerRootSchema, { rootCertificate });
    expect(Buffer.from(readBrokerRoot({ fact: () => value }).rootCertificate).equals(rootCertificate)).toBe(true);
    expect(() => readBrokerRoot({ fact: () => undefined })).toThrow(expect.objectContaining({ code: 'TEE_CERTIFICATE_INVALID' }));
  });
});
