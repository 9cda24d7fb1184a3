import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { signP256, toHex } from '@selvedge/crypto';
import { EvidenceSchema, type Evidence } from '@selvedge/protocol';
import { AT, BROKER_MEASUREMENT, COMPUTE_MEASUREMENT, createAttester, createBinding, platform, root } from '../testdata/setting.js';
import type { ReportDataInput } from '../types.js';
import { createDevelopmentPlatform, createDevelopmentRoot } from './platform.js';
import { encodeQuoteBody, parseSimulatedQuote, quoteSigningInput } from './quote.js';
import { createSimulatedVerifier } from './verifier.js';

const verifier = createSimulatedVerifier({ roots: [root.certificateDer] });
const binding = createBinding();
const verify = (evidence: Evidence, over: { binding?: ReportDataInput; at?: Date } = {}) => verifier.verifyEvidence(evidence, over.binding ?? binding, { at: over.at ?? AT });
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

describe('the simulated TEE', () => {
  it('gives claims of its measurement and platform', async () => {
    const claims = verify(await createAttester().createEvidence(binding));
    expect(toHex(claims.measurement)).toBe(toHex(COMPUTE_MEASUREMENT));
    expect(claims.debug).toBe(false);
    expect(claims.platformId).toHaveLength(32);
    expect(verify(await createAttester({ debug: true }).createEvidence(binding)).debug).toBe(true);
  });

  it('gives each platform an id of its own', async () => {
    const other = createDevelopmentPlatform({ root, name: 'platform', now: AT });
    const one = verify(await createAttester().createEvidence(binding));
    const two = verify(await createAttester(other).createEvidence(binding));
    expect(toHex(two.platformId)).not.toBe(toHex(one.platformId));
  });

  it.each<Partial<ReportDataInput>>([
    { role: 'viewer' },
    { nonce: new Uint8Array(32).fill(9) },
    { ephemeralKey: new Uint8Array(65).fill(9) },
    { signingKey: new Uint8Array(91).fill(9) },
    { profileDigest: new Uint8Array(32).fill(9) },
    { statementDigest: new Uint8Array(32).fill(9) },
  ])('is unbound when one input differs: %o', async (change) => {
    const evidence = await createAttester().createEvidence(binding);
    expect(() => verify(evidence, { binding: createBinding(change) })).toThrow(refusal('EVIDENCE_UNBOUND'));
  });

  it('is refused with any byte of the quote flipped', async () => {
    const { quote, collateral, teeType } = await createAttester().createEvidence(binding);
    for (let at = 0; at < quote.length; at += 1) {
      const evidence = create(EvidenceSchema, { teeType, collateral, quote: flipped(quote, at, 0x01) });
      expect(() => verify(evidence), `byte ${String(at)}`).toThrow(/simulated|report data/);
    }
  });

  it('is refused with any byte of the platform certificate flipped', async () => {
    const { quote, collateral, teeType } = await createAttester().createEvidence(binding);
    const certificate = collateral[0]!;
    for (let at = 0; at < certificate.length; at += 1) {
      const evidence = create(EvidenceSchema, { teeType, quote, collateral: [flipped(certificate, at, 0x01)] });
      expect(() => verify(evidence), `byte ${String(at)}`).toThrow(/simulated evidence/);
    }
  });

  it('is refused when its signature is not by the platform key', async () => {
    const other = createDevelopmentPlatform({ root, name: 'other', now: AT });
    const evidence = await createAttester({ platformKeyPem: other.platformKeyPem }).createEvidence(binding);
    expect(() => verify(evidence)).toThrow(refusal('EVIDENCE_INVALID'));
  });

  it('is refused when the platform is of another root, even one of the same name', async () => {
    const foreign = createDevelopmentRoot({ name: 'root', now: AT });
    const evidence = await createAttester(createDevelopmentPlatform({ root: foreign, name: 'p', now: AT })).createEvidence(binding);
    expect(() => verify(evidence)).toThrow(refusal('EVIDENCE_INVALID'));
  });

  it('is refused when the platform certificate was issued by another platform', async () => {
    const issuer = { certificatePem: platform.platformCertificatePem, keyPem: platform.platformKeyPem, certificateDer: new Uint8Array(0) };
    const evidence = await createAttester(createDevelopmentPlatform({ root: issuer, name: 'p', now: AT })).createEvidence(binding);
    const lax = createSimulatedVerifier({ roots: [root.certificateDer, Buffer.from(platform.platformCertificatePem.split('\n').slice(1, -2).join(''), 'base64')] });
    expect(() => verify(evidence)).toThrow(refusal('EVIDENCE_INVALID'));
    expect(() => lax.verifyEvidence(evidence, binding, { at: AT })).toThrow(refusal('EVIDENCE_INVALID'));
  });

  it('is refused before and after the certificate’s validity period', async () => {
    const evidence = await createAttester().createEvidence(binding);
    expect(() => verify(evidence, { at: new Date(AT.getTime() - 3600_000) })).toThrow(refusal('EVIDENCE_INVALID'));
    expect(() => verify(evidence, { at: new Date('2046-01-01T00:00:00Z') })).toThrow(refusal('EVIDENCE_INVALID'));
  });

  it('is refused as another TEE type, without collateral, and with more of it', async () => {
    const { teeType, quote, collateral } = await createAttester().createEvidence(binding);
    for (const init of [{ teeType: 'sgx', quote, collateral }, { teeType, quote }, { teeType, quote, collateral: [...collateral, ...collateral] }, { teeType, quote, collateral: [new Uint8Array(20_000)] }]) {
      expect(() => verify(create(EvidenceSchema, init))).toThrow(refusal('EVIDENCE_MALFORMED'));
    }
  });

  it('is refused when report data was signed under another label', async () => {
    const { collateral, teeType, quote } = await createAttester().createEvidence(binding);
    const { body } = parseSimulatedQuote(quote);
    const evidence = create(EvidenceSchema, { teeType, collateral, quote: Buffer.concat([body, signP256(createPrivateKey(platform.platformKeyPem), body)]) });
    expect(() => verify(evidence)).toThrow(refusal('EVIDENCE_INVALID'));
    expect(quoteSigningInput(body)).not.toEqual(body);
  });
});

describe('parseSimulatedQuote', () => {
  const good = Buffer.concat([encodeQuoteBody({ debug: false, measurement: BROKER_MEASUREMENT, reportData: new Uint8Array(64) }), new Uint8Array(70)]);

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a quote cut short', good.subarray(0, 125)],
    ['a quote with more behind it', Buffer.concat([good, new Uint8Array(3)])],
    ['another version', flipped(good, 7, 1)],
    ['a debug flag of 2', flipped(good, 8, 2)],
  ])('refuses %s', (_, bytes) => {
    expect(parseSimulatedQuote(good).signature).toHaveLength(70);
    expect(() => parseSimulatedQuote(bytes)).toThrow(refusal('EVIDENCE_MALFORMED'));
  });

  it('gives EVIDENCE_MALFORMED or a quote that encodes to the same bytes, whatever comes', () => {
    const body = encodeQuoteBody({ debug: false, measurement: BROKER_MEASUREMENT, reportData: new Uint8Array(64) });
    const mutated = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 0, maxLength: 90 }).map((tail) => Buffer.concat([body, tail])),
    );
    fc.assert(
      fc.property(mutated, (bytes) => {
        try {
          const quote = parseSimulatedQuote(bytes);
          expect(toHex(Buffer.concat([encodeQuoteBody(quote), quote.signature]))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'EVIDENCE_MALFORMED' });
        }
      }),
    );
  });
});
