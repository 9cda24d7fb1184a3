import { labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { rootBirthDigest, type Evidence } from '@selvedge/protocol';
import { verifyAndAppraise } from './appraisal/verify-and-appraise.js';
import { parseBrokerRoot } from './certificate/verify.js';
import type { AppraisalProfile, Attester, ReportDataInput } from './types.js';

/**
 * Evidence by the process that makes a broker's root, made once and kept with it. A host can put a store of its own making
 * before a genuine broker, which would then prove the host's root as its own; this, the host cannot make.
 */
export function attestRootBirth(attester: Attester, born: { readonly rootCertificate: Uint8Array; readonly profileDigest: Uint8Array }): Promise<Evidence> {
  return attester.createEvidence(bindingOf(born));
}

/**
 * What administrators check before they record a root: that code which the profile admits as a key broker made it.
 * Throws BROKER_ROOT_UNPROVEN; its cause tells why.
 */
export function verifyRootBirth(input: { readonly birth: Evidence | undefined; readonly rootCertificate: Uint8Array; readonly profile: AppraisalProfile; readonly at: Date }): void {
  const { birth: evidence, rootCertificate, profile, at } = input;
  if (evidence === undefined) throw unproven('the key broker has no evidence of how its root was made');
  try {
    verifyAndAppraise({ evidence, binding: bindingOf({ rootCertificate, profileDigest: profile.digest }), profile, role: 'key-broker', at });
  } catch (cause) {
    throw unproven('the key broker’s root was not made by a key broker under this network profile', cause);
  }
}

/** The root stands where an exchange has its nonce and ephemeral key: this evidence answers nobody. */
function bindingOf({ rootCertificate, profileDigest }: { readonly rootCertificate: Uint8Array; readonly profileDigest: Uint8Array }): ReportDataInput {
  const signingKey = parseBrokerRoot(rootCertificate).publicKey.export({ format: 'der', type: 'spki' });
  const statementDigest = rootBirthDigest(rootCertificate);
  return { role: 'key-broker', nonce: labelledHash('root birth nonce', rootCertificate), ephemeralKey: signingKey, signingKey, profileDigest, statementDigest };
}

function unproven(message: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('BROKER_ROOT_UNPROVEN', message, { cause });
}
