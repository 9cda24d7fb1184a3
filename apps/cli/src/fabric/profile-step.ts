import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { createSignedProfile, parseProfile, parseSignedProfile, signProfile, verifySignedProfile, verifyProfileSuccession, type Profile } from '@selvedge/policy';
import { signing } from '@selvedge/protocol';
import type { SignedBy, Signer } from '@selvedge/identity';
import { readIfPresent, writeWhole } from '@selvedge/service-kit/launch';
import { profileDifferences } from './wanted-profile.js';

/** A profile on its way: who signed it, and whether that is enough. */
export interface ProfileProgress {
  /** SignedProfile bytes. */
  readonly signedProfile: Uint8Array;
  /** undefined while signatures are missing. */
  readonly profile: Profile | undefined;
  readonly signers: readonly string[];
  readonly needed: number;
  /** true when this run added a signature. */
  readonly isChanged: boolean;
}

/**
 * Signs a profile with the administrators here, in a file that gathers signatures of other operators too. A file that
 * differs from what this deployment asks for is made anew while nobody else has signed it.
 * Throws INVALID_CONFIGURATION naming the differences when others have: an administrator signs nothing else than what
 * the own deployment says.
 * @param wanted NetworkProfile bytes
 * @param previous the profile on the ledger, which the new one follows
 */
export async function signProfileFile(file: string, wanted: Uint8Array, input: { readonly admins: readonly Signer[]; readonly previous: Profile | undefined }): Promise<ProfileProgress> {
  const signers = input.admins;
  const present = await readSigned(file);
  const isUsable = present !== undefined && equalBytes(present.profile, wanted);
  if (present !== undefined && !isUsable) refuseForeign(file, present, wanted, signers);
  const parsed = parseProfile(wanted);
  const given = isUsable ? validSignatures(parsed, present.signatures) : [];
  const missing = signers.filter(({ serialized }) => !given.some(({ identity }) => equalBytes(identity, serialized)));
  const signatures = [...given, ...missing.map((signer) => signProfile(wanted, signer))];
  const signedProfile = createSignedProfile(wanted, signatures);
  if (missing.length > 0 || !isUsable) await writeWhole(file, signedProfile);
  return { signedProfile, ...judge(signedProfile, parsed, input.previous), signers: organisationsOf(parsed, signatures), needed: parsed.message.adminQuorum, isChanged: missing.length > 0 };
}

function judge(signedProfile: Uint8Array, parsed: Profile, previous: Profile | undefined): { readonly profile: Profile | undefined } {
  try {
    return { profile: previous === undefined ? verifySignedProfile(signedProfile) : verifyProfileSuccession(previous, signedProfile) };
  } catch (error) {
    if (isSelvedgeError(error, 'PROFILE_SIGNATURES_MISSING')) return { profile: undefined };
    throw error;
  }
}

async function readSigned(file: string): Promise<{ readonly profile: Uint8Array; readonly signatures: readonly SignedBy[] } | undefined> {
  const content = await readIfPresent(file);
  return content === undefined ? undefined : parseSignedProfile(new Uint8Array(content));
}

function refuseForeign(file: string, present: { readonly profile: Uint8Array; readonly signatures: readonly SignedBy[] }, wanted: Uint8Array, signers: readonly Signer[]): void {
  const foreign = present.signatures.filter(({ identity }) => !signers.some(({ serialized }) => equalBytes(identity, serialized)));
  if (foreign.length === 0) return;
  const differences = profileDifferences(parseProfile(present.profile), parseProfile(wanted));
  throw new SelvedgeError('INVALID_CONFIGURATION', `${file} was signed by others and differs from this deployment (${differences.join('; ')}): agree with them on one deployment, or remove the file to propose this one`, { role: 'cli' });
}

/** Signatures by administrators of the profile's organisations that verify; others count nothing. */
function validSignatures(profile: Profile, signatures: readonly SignedBy[]): SignedBy[] {
  return signatures.filter((signed) => signerOf(profile, signed) !== undefined);
}

function organisationsOf(profile: Profile, signatures: readonly SignedBy[]): string[] {
  return [...new Set(signatures.flatMap((signed) => signerOf(profile, signed) ?? []))].sort();
}

function signerOf(profile: Profile, signed: SignedBy): string | undefined {
  try {
    return profile.msps.verifySignature(signed, signing.profile(profile.bytes), { role: 'admin' }).mspId;
  } catch (error) {
    if (isSelvedgeError(error)) return undefined;
    throw error;
  }
}
