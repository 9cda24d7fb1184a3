import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SelvedgeError } from '@selvedge/errors';
import { SerializedIdentitySchema, encodeMessage } from '@selvedge/protocol';
import { createMspRegistry, serializeIdentity, toPem, type MspRegistry } from './index.js';
import { identityOf, makeAuthority, makeLeaf, type MadeCertificate } from './testdata/certificates.js';
import { refusal } from './testdata/refusal.js';

let root: MadeCertificate;
let leaf: MadeCertificate;
let registry: MspRegistry;

beforeAll(async () => {
  root = await makeAuthority('root');
  leaf = await makeLeaf(root);
  registry = createMspRegistry([{ mspId: 'Org1MSP', rootCertificates: [root.der], intermediateCertificates: [], revocationLists: [] }]);
});

const rawIdentity = (id: string | Uint8Array): Uint8Array => encodeMessage(SerializedIdentitySchema, { mspid: 'Org1MSP', idBytes: typeof id === 'string' ? new TextEncoder().encode(id) : id });
const refused = (id: string | Uint8Array): string => refusal(() => registry.verifyIdentity(rawIdentity(id)));

/** Signer of these bytes, or undefined; anything thrown that is not an IDENTITY_ refusal fails the test. */
function signerOf(serialized: Uint8Array): string | undefined {
  try {
    return registry.verifyIdentity(serialized).signerId;
  } catch (error) {
    if (error instanceof SelvedgeError && error.code.startsWith('IDENTITY_')) return undefined;
    throw error;
  }
}

describe('identities of hostile bytes', () => {
  it('are refused above the size limit, before they are hashed', () => {
    expect(refusal(() => registry.verifyIdentity(new Uint8Array(16_385)))).toMatch(/^IDENTITY_MALFORMED: .*at most 16384/);
  });

  it('hold exactly one PEM certificate', () => {
    const malformed = /^IDENTITY_MALFORMED: .*not exactly one PEM/;
    expect(refused(leaf.pem + leaf.pem)).toMatch(malformed);
    expect(refused(leaf.pem + 'more')).toMatch(malformed);
    expect(refused('text before\n' + leaf.pem)).toMatch(malformed);
    expect(refused(leaf.pem.replaceAll('CERTIFICATE', 'X509 CRL'))).toMatch(malformed);
    expect(refused(leaf.der)).toMatch(malformed);
    expect(refused('')).toMatch(malformed);
  });

  it('hold canonical base64', () => {
    // The last character before the padding carries bits that decoding drops.
    const padded = toPem(Uint8Array.from([...leaf.der, ...new Uint8Array(3 - ((leaf.der.length + 1) % 3))]), 'CERTIFICATE');
    const other = padded.replace(/([A-Za-z0-9+/])(=+)/, (_all, _last: string, pad: string) => `B${pad}`);
    expect(other).not.toBe(padded);
    expect(refused(other)).toMatch(/^IDENTITY_MALFORMED: .*canonical/);
  });

  it('hold nothing after the certificate’s DER', () => {
    expect(refused(toPem(Uint8Array.from([...leaf.der, 0]), 'CERTIFICATE'))).toMatch(/^IDENTITY_MALFORMED: .*trailing bytes/);
  });

  it('of one signer count as one, however the certificate is written', () => {
    const other = serializeIdentity('Org1MSP', leaf.pem.replaceAll('\n', '\r\n'));
    expect(other).not.toEqual(identityOf(leaf));
    expect(signerOf(other)).toBe(signerOf(identityOf(leaf)));
  });

  it('are refused with any byte of the certificate changed', () => {
    for (let i = 0; i < leaf.der.length; i += 1) {
      const changed = Uint8Array.from(leaf.der);
      changed[i] = (changed[i] as number) ^ (1 << (i % 8));
      expect([i, signerOf(rawIdentity(toPem(changed, 'CERTIFICATE')))]).toEqual([i, undefined]);
    }
  });

  it('are refused, or the same signer, with bytes changed, cut out or put in', () => {
    const bytes = identityOf(leaf);
    const signer = signerOf(bytes);
    const splice = fc.record({ at: fc.nat(bytes.length), drop: fc.nat(40), put: fc.uint8Array({ maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(splice, { minLength: 1, maxLength: 3 }), (splices) => {
        const changed = [...bytes];
        for (const { at, drop, put } of splices) changed.splice(at, drop, ...put);
        expect([undefined, signer]).toContain(signerOf(Uint8Array.from(changed)));
      }),
      { numRuns: 300 },
    );
  });

  it('are refused when they are DER of any shape', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(leaf.der.length), (bytes, keep) => {
        const body = Uint8Array.from([...leaf.der.subarray(0, keep), ...bytes]);
        if (Buffer.compare(body, leaf.der) !== 0 && body.length > 0) expect(signerOf(rawIdentity(toPem(body, 'CERTIFICATE')))).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('of any kind are refused as such', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(signerOf(bytes)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('the cache', () => {
  it('gives the same identity again, whatever becomes of the bytes that came in', async () => {
    const fresh = await makeLeaf(root);
    const bytes = identityOf(fresh);
    const identity = registry.verifyIdentity(bytes);
    bytes.fill(0);
    expect(registry.verifyIdentity(identityOf(fresh))).toBe(identity);
    expect(identity.serialized).toEqual(identityOf(fresh));
  });
});
