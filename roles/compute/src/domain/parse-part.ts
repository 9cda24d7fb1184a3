import { verifyNodeEvidenceLimits } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseCore, parseMessage, PartSchema, requireAtMost, requireLength, SignedPartSchema, type Core, type Part, type SignedPart } from '@selvedge/protocol';

/** Parses SignedPart bytes, which anybody may have made. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED. */
export function parseSignedPart(bytes: Uint8Array): SignedPart {
  const part = parseMessage(SignedPartSchema, bytes, LIMITS.maxRequestBytes);
  requireAtMost('bytes of a part', part.sealedPart.length, LIMITS.maxPartBytes);
  requireAtMost('signatures of a part', part.signatures.length, LIMITS.maxIdentities);
  requireAtMost('set-digest statements of a part', part.statements.length, LIMITS.maxSectionEntries);
  verifyNodeEvidenceLimits(part.nodeEvidence);
  for (const { certificate, signature } of part.signatures) {
    requireAtMost('bytes of a TEE certificate', certificate.length, LIMITS.maxCertificateBytes);
    requireAtMost('bytes of a TEE signature', signature.length, LIMITS.maxSignatureBytes);
  }
  return part;
}

/**
 * Parses Part bytes and the core in it, which has read and nothing else. Throws as parseCore, MALFORMED_MESSAGE, MESSAGE_TOO_LARGE,
 * LIMIT_EXCEEDED, PART_WRITES.
 */
export function parsePart(bytes: Uint8Array): { readonly part: Part; readonly core: Core } {
  const part = parseMessage(PartSchema, bytes, LIMITS.maxPartBytes);
  requireLength('profile digest of a part', part.profileDigest, 32);
  requireAtMost('arguments of a part', part.arguments.length, LIMITS.maxArgs);
  requireAtMost('unguarded sets of a part', part.unguarded.length, LIMITS.maxSections);
  const core = parseCore(part.core);
  const isReadOnly = core.sections.every(({ writes, guardsWritten, sealedEventHash }) => writes.length + guardsWritten.length + sealedEventHash.length === 0);
  if (!isReadOnly) throw new SelvedgeError('PART_WRITES', 'the core of a part writes');
  return { part, core };
}
