import { load } from 'js-yaml';
import { SelvedgeError } from '@selvedge/errors';
import { parseProfile, policiesFromJson, profileFromJson, type ProfilePolicies } from '@selvedge/policy';
import { LIMITS, parseMessage, requireAtMost, SignedProfileSchema, type SignedProfile } from '@selvedge/protocol';
import { readInput } from './read-file.js';

const READABLE = /\.(?:json|ya?ml)$/;

/** A file's name without the ending of a readable profile; undefined when it has none. */
export function readableStem(file: string): string | undefined {
  return READABLE.test(file) ? file.replace(READABLE, '') : undefined;
}

/** A profile out of a file: readable (.json, .yaml), then without signatures, or SignedProfile bytes. Throws PROFILE_INVALID, MESSAGE_TOO_LARGE, MALFORMED_MESSAGE. */
export async function readProfileFile(file: string): Promise<Pick<SignedProfile, 'profile' | 'signatures'>> {
  const bytes = await readInput(file);
  if (!isReadable(file, bytes)) return parseMessage(SignedProfileSchema, bytes, LIMITS.maxProfileBytes);
  return { profile: profileFromJson(parseYaml(bytes, file)), signatures: [] };
}

/** What a file says of who is admitted, and to which keys: policies alone, or those of a profile. */
export interface PolicyFile extends ProfilePolicies {
  readonly allowSimulated: boolean;
}

/** Policies out of a file of them (YAML or JSON: { appraisalPolicies: [...], keyAccess: [...] }) or a profile. Throws as readProfileFile does. */
export async function readPolicyFile(file: string): Promise<PolicyFile> {
  const bytes = await readInput(file);
  if (isReadable(file, bytes)) {
    const json = parseYaml(bytes, file);
    if (!isProfile(json)) return { ...policiesFromJson(json), allowSimulated: true };
  }
  const { message } = parseProfile((await readProfileFile(file)).profile);
  const { appraisalPolicies, keyAccess, allowSimulated } = message;
  return { appraisalPolicies, keyAccess, allowSimulated };
}

const isProfile = (json: unknown): boolean => typeof json === 'object' && json !== null && 'network' in json;

function isReadable(file: string, bytes: Uint8Array): boolean {
  return READABLE.test(file) || bytes[0] === '{'.charCodeAt(0);
}

/** JSON is YAML as well. Throws PROFILE_INVALID, LIMIT_EXCEEDED. */
export function parseYaml(bytes: Uint8Array, file: string): unknown {
  requireAtMost(file, bytes.length, LIMITS.maxProfileBytes);
  try {
    return load(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { filename: file });
  } catch (cause) {
    throw new SelvedgeError('PROFILE_INVALID', `${file}: neither YAML nor JSON: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : ''}`, { role: 'cli', cause });
  }
}
