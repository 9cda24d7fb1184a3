import { equalBytes, toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { facts, verifySignedProfile, type Profile } from '@selvedge/policy';
import { readIfPresent, writeWhole } from '@selvedge/service-kit/launch';
import type { DeployContext } from './deploy-context.js';
import type { PolicyAccess } from './policy-access.js';
import { signProfileFile, type ProfileProgress } from './profile-step.js';
import { readTeeRoots } from './tee-material.js';
import { readUnlockKeys } from './unlock-keys.js';
import { isSameProfile, profileDifferences, wantedProfile } from './wanted-profile.js';

/**
 * The first profile: what every process is pinned to. Signs it with the administrators here. Resolves with undefined
 * while signatures, or other operators' roots, are missing. Once it is on the ledger, it stays as it is.
 * @param isRecorded whether the ledger has a profile; undefined when nobody could be asked
 */
export async function prepareAnchor(context: DeployContext, isRecorded: boolean | undefined): Promise<Profile | undefined> {
  const { layout, admins, reporter } = context;
  if (isRecorded === true || (isRecorded === undefined && (await isComplete(layout.anchorFile)))) return verifyAnchor(context);
  const wanted = await wantedOf(context, 1n);
  if (wanted === undefined) return undefined;
  const progress = await signProfileFile(layout.anchorFile, wanted, { admins, previous: undefined });
  tellSignatures(context, progress, layout.anchorFile);
  if (progress.profile === undefined) return undefined;
  await writeWhole(layout.profileFile, progress.signedProfile);
  if (progress.isChanged) reporter.done(`network profile version 1, digest ${toHex(progress.profile.digest).slice(0, 16)}, signed by ${progress.signers.join(', ')}`);
  return progress.profile;
}

/** Records the first profile, unless the ledger has one. Resolves with whether it has now. */
export async function recordAnchor({ layout, reporter }: DeployContext, policy: PolicyAccess, anchor: Profile): Promise<boolean> {
  if ((await policy.facts()).fact(facts.profile) !== undefined) return true;
  const signed = await readIfPresent(layout.anchorFile);
  if (signed === undefined) return false;
  const { proposal, blockNumber } = await policy.change({ changes: [{ key: facts.profile, value: new Uint8Array(signed) }], verify: sameContent(anchor.bytes) }, anchor);
  if (blockNumber === undefined) {
    reporter.wait(`the first profile: approved by ${proposal.approvals.join(', ')}, ${String(proposal.needed)} organisations needed; pass ${proposal.file} on to the other operators`);
    return false;
  }
  reporter.done(`network profile recorded in block ${String(blockNumber)}`);
  return true;
}

/**
 * Brings the profile on the ledger to what the deployment asks for: a new version, signed and approved by enough
 * organisations. Writes the newest profile for processes and clients. Resolves with the profile on the ledger.
 */
export async function updateProfile(context: DeployContext, policy: PolicyAccess): Promise<Profile> {
  const { layout, admins, reporter } = context;
  const recorded = (await policy.facts()).fact(facts.profile) ?? new Uint8Array(0);
  const current = verifySignedProfile(recorded);
  await writeIfOther(layout.profileFile, recorded);
  const version = current.message.version + 1n;
  const wanted = await wantedOf(context, version);
  if (wanted === undefined || isSameProfile(current, wanted)) return current;
  const file = `${layout.shared}/profile-${String(version)}.bin`;
  const progress = await signProfileFile(file, wanted, { admins, previous: current });
  tellSignatures(context, progress, file);
  if (progress.profile === undefined) return current;
  reporter.progress(`network profile version ${String(version)}: ${profileDifferences(current, progress.profile).join('; ')}`);
  const { proposal, blockNumber } = await policy.change({ changes: [{ key: facts.profile, value: progress.signedProfile }], verify: sameContent(wanted) }, current);
  if (blockNumber === undefined) {
    reporter.wait(`profile version ${String(version)}: approved by ${proposal.approvals.join(', ')}, ${String(proposal.needed)} organisations needed; pass ${proposal.file} on to the other operators`);
    return current;
  }
  await writeIfOther(layout.profileFile, progress.signedProfile);
  reporter.done(`network profile version ${String(version)} recorded in block ${String(blockNumber)}`);
  return progress.profile;
}

/** Other operators may have gathered other signatures of the same profile. */
function sameContent(wanted: Uint8Array): (key: string, value: Uint8Array) => void {
  return (_key, value) => {
    if (!equalBytes(verifySignedProfile(value).bytes, wanted)) throw new SelvedgeError('PROFILE_MISMATCH', 'it is another profile', { role: 'cli' });
  };
}

async function wantedOf(context: DeployContext, version: bigint): Promise<Uint8Array | undefined> {
  const { roots, missing } = await readTeeRoots(context.layout, context.deployment);
  if (missing.length > 0) {
    context.reporter.wait(`roots of the simulated TEEs of ${missing.join(', ')} are missing in ${context.layout.shared}: their operators run "selvedge fabric deploy" and pass their shared folder on`);
    return undefined;
  }
  const unlock = await readUnlockKeys(context.layout, context.deployment);
  if (unlock.missing.length > 0) {
    context.reporter.wait(`unlock keys of ${unlock.missing.join(', ')} are missing in ${context.layout.shared}: their operators run "selvedge fabric deploy" and pass their shared folder on`);
    return undefined;
  }
  return wantedProfile(context.deployment, version, { channelConfig: context.channelConfig, unlockKeys: unlock.keys, teeRoots: roots, measurements: context.measurements });
}

async function verifyAnchor({ layout, reporter }: DeployContext): Promise<Profile | undefined> {
  const signed = await readIfPresent(layout.anchorFile);
  if (signed !== undefined) return verifySignedProfile(new Uint8Array(signed));
  reporter.wait(`${layout.anchorFile} is missing, the profile that this network began with: take the shared folder of another operator`);
  return undefined;
}

async function isComplete(anchorFile: string): Promise<boolean> {
  const signed = await readIfPresent(anchorFile);
  if (signed === undefined) return false;
  try {
    verifySignedProfile(new Uint8Array(signed));
    return true;
  } catch (error) {
    if (isSelvedgeError(error, 'PROFILE_SIGNATURES_MISSING')) return false;
    throw error;
  }
}

function tellSignatures({ layout, reporter }: DeployContext, { profile, signers, needed }: ProfileProgress, file: string): void {
  if (profile !== undefined) return;
  reporter.wait(`${file} is signed by ${signers.join(', ')}, ${String(needed)} organisations needed: pass ${layout.shared} on to the other operators, who run "selvedge fabric deploy", and take it back`);
}

async function writeIfOther(file: string, content: Uint8Array): Promise<void> {
  const present = await readIfPresent(file);
  if (present === undefined || !equalBytes(present, content)) await writeWhole(file, content);
}
