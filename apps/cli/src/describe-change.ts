import { parseProfile, type Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, SignedProfileSchema, type FactChange } from '@selvedge/protocol';
import { describeFact } from './describe-fact.js';
import { profileDifferences } from './fabric/wanted-profile.js';

/** What a proposal makes of one fact. */
export interface DescribedChange {
  readonly key: string;
  /** removed; new where the ledger must not hold the fact yet; else changed. */
  readonly kind: 'removed' | 'new' | 'changed';
  /** Of describeFact; undefined for a removal. */
  readonly value?: unknown;
  /** Of the network profile: in what it differs from the one that this folder has. */
  readonly differences?: readonly string[];
}

/**
 * What an administrator approves. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, PROFILE_INVALID for a value that cannot be read: nobody can approve that.
 * @param known the folder's network profile
 */
export function describeChange({ key, expectedHash, value, remove }: FactChange, known: Profile): DescribedChange {
  if (remove) return { key, kind: 'removed' };
  const described = { key, kind: expectedHash.length === 0 ? 'new' : 'changed', value: describeFact(key, value) } as const;
  if (key !== 'profile') return described;
  return { ...described, differences: profileDifferences(known, parseProfile(parseMessage(SignedProfileSchema, value, LIMITS.maxProfileBytes).profile)) };
}

/** The same for people: a profile by its differences, every other fact by its whole value. */
export function changeText({ key, kind, value, differences }: DescribedChange): string {
  if (kind === 'removed') return visible(`${key} is removed`);
  const head = kind === 'new' ? `${key} is new:` : `${key} becomes:`;
  const lines = differences === undefined ? JSON.stringify(value, undefined, 2).split('\n') : differences.length === 0 ? ['as this folder has it, but for its version'] : differences;
  return [head, ...lines.map((line) => `  ${line}`)].map(visible).join('\n');
}

/** A proposal is another organisation's text: what a terminal would obey, or show in another place, is shown by its number. */
function visible(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
