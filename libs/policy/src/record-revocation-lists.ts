import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { verifyRevocationLists, type VerifiedRevocationList } from '@selvedge/identity';
import { LIMITS, RevocationListsSchema, compareText, parseMessage, type Organisation } from '@selvedge/protocol';
import { facts, type FactReader } from './facts.js';
import { isUnique } from './names.js';
import type { FactUpdate } from './policy-change.js';
import type { Profile } from './profile.js';
import { MAX_REVOCATION_LISTS, encodeRevocationLists, parseRevocationLists, withRevocationLists } from './revocation-lists.js';

/**
 * Checks lists that an organisation records: whole ones, by its own authorities, one of each. An authority's list is never replaced
 * by an older one nor left out, so that nobody who kept an old list makes a revoked certificate good again. Throws POLICY_MALFORMED.
 */
export function checkRevocationLists(mspId: string, value: Uint8Array, before: FactReader, { message }: Profile): void {
  const organisation = message.organisations.find((one) => one.mspId === mspId);
  if (organisation === undefined) throw malformed(`${mspId} is no organisation of the network profile`);
  const lists = verifyRevocationLists(organisation, parseRecorded(value), 'POLICY_MALFORMED');
  if (!isUnique(lists.map(({ issuer }) => issuer))) throw malformed(`${mspId}: two lists of one authority`);
  for (const { issuer, thisUpdate } of recordedLists(organisation, before)) {
    const next = lists.find((list) => list.issuer === issuer);
    if (next === undefined) throw malformed(`${mspId}: the list of an authority is left out`);
    if (next.thisUpdate < thisUpdate) throw malformed(`${mspId}: a list of ${next.thisUpdate.toISOString()}, older than the recorded one of ${thisUpdate.toISOString()}`);
  }
}

/** Checks that the sequencer, whose word every further block needs, is not revoked. Throws POLICY_MALFORMED. */
export function verifySequencerStands(profile: Profile, after: FactReader): void {
  const { sequencer } = profile.message;
  if (sequencer.length === 0) return;
  try {
    withRevocationLists(profile, after).msps.verifyIdentity(sequencer);
  } catch (cause) {
    throw new SelvedgeError('POLICY_MALFORMED', 'policy change: a revocation list names the sequencer’s certificate, and no block could follow: record a profile with another sequencer first', { cause });
  }
}

/**
 * The facts as they will be with these lists recorded: each takes the place of its authority's list before it.
 * Throws POLICY_MALFORMED for one that no authority of the profile signed.
 */
export function recordRevocationLists(profile: Profile, before: FactReader, lists: readonly Uint8Array[]): FactUpdate[] {
  const found = lists.map((der) => ownerOf(der, profile));
  return profile.message.organisations.flatMap((organisation) => {
    const fresh = found.filter(({ mspId }) => mspId === organisation.mspId).map(({ list }) => list);
    if (fresh.length === 0) return [];
    const kept = recordedLists(organisation, before).filter(({ issuer }) => !fresh.some((list) => list.issuer === issuer));
    const all = [...kept, ...fresh].sort((a, b) => compareText(a.issuer, b.issuer)).map(({ der }) => der);
    return [{ key: facts.revocationLists(organisation.mspId), value: encodeRevocationLists(all) }];
  });
}

function ownerOf(der: Uint8Array, { message }: Profile): { readonly mspId: string; readonly list: VerifiedRevocationList } {
  let refusal: unknown;
  for (const organisation of message.organisations) {
    try {
      const [list] = verifyRevocationLists(organisation, [der], 'POLICY_MALFORMED');
      if (list !== undefined) return { mspId: organisation.mspId, list };
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

/** Recorded lists of authorities that the profile still names. */
function recordedLists(organisation: Organisation, before: FactReader): readonly VerifiedRevocationList[] {
  const value = before.fact(facts.revocationLists(organisation.mspId));
  if (value === undefined) return [];
  return parseRevocationLists(value).flatMap((list) => {
    try {
      return verifyRevocationLists(organisation, [list], 'POLICY_MALFORMED');
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      return [];
    }
  });
}

function parseRecorded(value: Uint8Array): readonly Uint8Array[] {
  let lists: readonly Uint8Array[];
  try {
    ({ lists } = parseMessage(RevocationListsSchema, value, LIMITS.maxFactBytes));
  } catch (cause) {
    throw new SelvedgeError('POLICY_MALFORMED', 'policy change: revocation lists do not parse, or are too large', { cause });
  }
  if (lists.length === 0 || lists.length > MAX_REVOCATION_LISTS) throw malformed(`1 to ${String(MAX_REVOCATION_LISTS)} revocation lists expected`);
  return lists;
}

function malformed(what: string): SelvedgeError {
  return new SelvedgeError('POLICY_MALFORMED', `policy change: ${what}`);
}
