import type { X509Certificate } from 'node:crypto';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseMessage, TeeBindingSchema, type TeeBinding } from '@selvedge/protocol';
import { createBoundedCache } from './bounded-cache.js';
import { OID } from './oids.js';
import { extensionValue, parseCertificate } from './x509.js';

const MAX_CACHED = 256;
/** By the certificate's own hash: what was parsed from it, or nothing. */
const claimed = createBoundedCache<{ readonly binding: TeeBinding | undefined }>(MAX_CACHED);

/**
 * What a certificate says of its TEE, unverified: for looking up the facts that its verification will need, and nothing
 * else. undefined when verification will refuse the certificate for its form.
 */
export function claimedTeeBinding(der: Uint8Array): TeeBinding | undefined {
  if (der.length > LIMITS.maxCertificateBytes) return undefined;
  const cacheKey = toHex(sha256(der));
  const known = claimed.get(cacheKey);
  if (known !== undefined) return known.binding;
  const binding = parseBinding(der);
  claimed.set(cacheKey, { binding });
  return binding;
}

function parseBinding(der: Uint8Array): TeeBinding | undefined {
  // A copy: what is remembered must not change with the caller's buffer.
  const leaf = parseCertificate(Uint8Array.from(der));
  if (leaf === undefined) return undefined;
  try {
    return readBinding(leaf);
  } catch {
    return undefined;
  }
}

/** The binding in a certificate's extension. Throws TEE_CERTIFICATE_INVALID. */
export function readBinding(leaf: X509Certificate): TeeBinding {
  try {
    const value = extensionValue(leaf, OID.teeBinding);
    if (value !== undefined) return parseMessage(TeeBindingSchema, value, LIMITS.maxCertificateBytes);
  } catch (cause) {
    throw invalidBinding(cause);
  }
  throw invalidBinding();
}

function invalidBinding(cause?: unknown): SelvedgeError {
  return new SelvedgeError('TEE_CERTIFICATE_INVALID', 'TEE certificate: its binding is missing or does not parse', { cause });
}
