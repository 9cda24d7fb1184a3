import type { KeyObject, X509Certificate } from 'node:crypto';
import { labelledHash, suiteByName, toHex, type Suite } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, type TeeBinding } from '@selvedge/protocol';
import { createBoundedCache } from './bounded-cache.js';
import { readBinding } from './binding.js';
import { isIssuedBy, isWithinValidity, parseCertificate } from './x509.js';

/** A verified TEE certificate. Its epoch and revocation are facts of the ledger and are not checked here. */
export interface TeeCertificate {
  readonly der: Uint8Array;
  readonly binding: TeeBinding;
  /** The TEE's signing key, of the suite. */
  readonly publicKey: KeyObject;
  readonly suite: Suite;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const MAX_CACHED = 1024;
const verified = createBoundedCache<{ readonly leaf: X509Certificate; readonly certificate: TeeCertificate }>(MAX_CACHED);

const invalid = (what: string): SelvedgeError => new SelvedgeError('TEE_CERTIFICATE_INVALID', `TEE certificate: ${what}`);

/**
 * Verifies a TEE certificate against a broker's root. What has verified once is remembered (bounded).
 * @param at when given, the certificate must also be within its validity period; endorsers and followers, whose
 *   verdicts may not depend on a clock, leave it out
 * Throws TEE_CERTIFICATE_INVALID.
 */
export function verifyTeeCertificate(der: Uint8Array, rootCertificateDer: Uint8Array, at?: Date): TeeCertificate {
  if (der.length > LIMITS.maxCertificateBytes) throw invalid('too large');
  const cacheKey = toHex(labelledHash('tee certificate cache', der, rootCertificateDer));
  let entry = verified.get(cacheKey);
  if (entry === undefined) {
    entry = verifyChain(der, rootCertificateDer);
    verified.set(cacheKey, entry);
  }
  if (at !== undefined && !isWithinValidity(entry.leaf, at)) throw invalid('outside its validity period');
  return entry.certificate;
}

function verifyChain(der: Uint8Array, rootCertificateDer: Uint8Array) {
  const root = parseBrokerRoot(rootCertificateDer);
  const leaf = parseCertificate(der);
  if (leaf === undefined) throw invalid('does not parse');
  if (leaf.ca) throw invalid('is a certificate authority’s');
  if (!isIssuedBy(leaf, root)) throw invalid('not issued by the key broker’s root');
  const binding = readBinding(leaf);
  const { suite, publicKey } = readKey(leaf, binding);
  const certificate: TeeCertificate = {
    // Copied: what is remembered must not change with the caller's buffer.
    der: Uint8Array.from(der),
    binding,
    publicKey,
    suite,
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
  };
  return { leaf, certificate };
}

/** Parses a broker's root: a self-signed certificate authority. Throws TEE_CERTIFICATE_INVALID. */
export function parseBrokerRoot(der: Uint8Array): X509Certificate {
  if (der.length > LIMITS.maxCertificateBytes) throw invalid('the broker’s root is too large');
  const root = parseCertificate(der);
  if (root === undefined) throw invalid('the broker’s root does not parse');
  if (!isIssuedBy(root, root)) throw invalid('the broker’s root is not a self-signed certificate authority');
  return root;
}

function readKey(leaf: X509Certificate, binding: TeeBinding): { suite: Suite; publicKey: KeyObject } {
  try {
    const suite = suiteByName(binding.suite);
    return { suite, publicKey: suite.importPublicKey(leaf.publicKey.export({ format: 'der', type: 'spki' })) };
  } catch (cause) {
    throw new SelvedgeError('TEE_CERTIFICATE_INVALID', 'TEE certificate: its key is not of the suite that it names', { cause });
  }
}
