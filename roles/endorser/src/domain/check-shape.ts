import { verifyNodeEvidenceLimits } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { LIMITS, parseCores, requireAtMost, type Attachments, type Core, type TargetData } from '@selvedge/protocol';

/** Target data taken apart. */
export interface ParsedTargetData {
  /** The kept items, in order. */
  readonly cores: readonly Core[];
  /** The first of them. */
  readonly core: Core;
  /** As received, dropped ones too: what was signed. */
  readonly coreBytes: readonly Uint8Array[];
  readonly itemMask: Uint8Array;
  readonly attachments: Attachments;
}

/** Takes target data apart. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED or UNSUPPORTED_VERSION. */
export function parseTargetData(targetData: TargetData): ParsedTargetData {
  const cores = parseCores(targetData.cores, targetData.itemMask);
  const [core] = cores;
  if (core === undefined || targetData.attachments === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'target data without attachments');
  return { cores, core, coreBytes: targetData.cores, itemMask: targetData.itemMask, attachments: targetData.attachments };
}

/** Throws LIMIT_EXCEEDED. */
export function verifyAttachmentLimits(attachments: Attachments): void {
  verifySignatureLimits(attachments.teeSignatures);
  requireAtMost('packets', attachments.packets.length, LIMITS.maxSectionEntries);
  requireAtMost('sealed events', attachments.sealedEvents.length, LIMITS.maxBatchItems);
  requireAtMost('set-digest statements', attachments.statements.length, LIMITS.maxSectionEntries);
  requireAtMost('key policies', attachments.keyPolicies.length, LIMITS.maxSectionEntries);
  verifyNodeEvidenceLimits(attachments.nodeEvidence);
  requireAtMost('bytes of a packet', longest(attachments.packets), LIMITS.maxPacketBytes);
  requireAtMost('bytes of a sealed event', longest(attachments.sealedEvents), LIMITS.maxPacketBytes);
}

/** Throws LIMIT_EXCEEDED. */
export function verifySignatureLimits(signatures: Attachments['teeSignatures']): void {
  requireAtMost('TEE signatures', signatures.length, LIMITS.maxIdentities);
  requireAtMost('bytes of a certificate', longest(signatures.map((tee) => tee.certificate)), LIMITS.maxCertificateBytes);
  requireAtMost('bytes of a signature', longest(signatures.map((tee) => tee.signature)), LIMITS.maxSignatureBytes);
}

function longest(items: readonly Uint8Array[]): number {
  return items.reduce((most, item) => Math.max(most, item.length), 0);
}

/** Throws WRONG_NETWORK. */
export function verifyNetwork(core: Core, profile: Profile): void {
  if (core.network !== profile.message.network) throw new SelvedgeError('WRONG_NETWORK', 'the target data is of another network');
}

/** Throws WRONG_CHANNEL. */
export function verifyChannel(core: Core, profile: Profile): void {
  if (core.channel !== profile.message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the target data is of another channel');
}

/**
 * Throws UNKNOWN_SUITE when the profile does not allow the suite. That this release knows it follows from the TEE
 * certificate, whose suite must be the contract's and the core's.
 */
export function verifySuiteAllowed(core: Core, profile: Profile): void {
  if (!profile.message.allowedSuites.includes(core.suite)) throw new SelvedgeError('UNKNOWN_SUITE', 'the network profile does not allow this suite');
}
