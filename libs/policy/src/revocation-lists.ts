import { equalBytes } from '@selvedge/crypto';
import { createMspRegistry, parsePem } from '@selvedge/identity';
import { LIMITS, RevocationListsSchema, encodeMessage, parseMessage } from '@selvedge/protocol';
import { facts, type FactReader } from './facts.js';
import type { Profile } from './profile.js';

/** Lists of one organisation in one fact. */
export const MAX_REVOCATION_LISTS = 32;
/** Lists of one organisation in a channel's configuration: what a ledger view carries in one fact, and its framing. */
const MAX_CHANNEL_BYTES = LIMITS.maxProfileBytes - 1024;
/** Stands for lists that cannot be read: nothing parses it, so the registry refuses the organisation's identities. */
const UNREADABLE: readonly Uint8Array[] = [new Uint8Array(0)];
const FIRST_PEM = /-----BEGIN X509 CRL-----[A-Za-z0-9+/=\r\n]*-----END X509 CRL-----/;

interface Derived {
  readonly values: readonly (Uint8Array | undefined)[];
  readonly profile: Profile;
}

/** The newest profile with lists, by the profile without; and the other way round. */
const derived = new WeakMap<Profile, Derived>();
const origins = new WeakMap<Profile, Profile>();

/** RevocationLists bytes. */
export function encodeRevocationLists(lists: readonly Uint8Array[]): Uint8Array {
  return encodeMessage(RevocationListsSchema, { lists: [...lists] });
}

/** The fact's value for lists of a channel's configuration, as they stand there; undefined: none. What is too much to be carried stands as a list that cannot be read. */
export function encodeChannelLists(lists: readonly Uint8Array[]): Uint8Array | undefined {
  if (lists.length === 0) return undefined;
  const isTooMuch = lists.length > MAX_REVOCATION_LISTS || lists.reduce((sum, { length }) => sum + length, 0) > MAX_CHANNEL_BYTES;
  return encodeRevocationLists(isTooMuch ? UNREADABLE : lists);
}

/** DER lists of a fact's value; one that nothing parses where it cannot be read. */
export function parseRevocationLists(value: Uint8Array): readonly Uint8Array[] {
  try {
    const { lists } = parseMessage(RevocationListsSchema, value, LIMITS.maxProfileBytes);
    return lists.length > MAX_REVOCATION_LISTS ? UNREADABLE : lists.map(toDer);
  } catch {
    return UNREADABLE;
  }
}

/** Fabric takes the first PEM block of an entry, or DER. */
function toDer(list: Uint8Array): Uint8Array {
  if (list[0] === 0x30) return list;
  const text = FIRST_PEM.exec(Buffer.from(list).toString('latin1'))?.[0];
  return text === undefined ? new Uint8Array(0) : parsePem(text, 'X509 CRL', 'POLICY_MALFORMED');
}

/** Keys of the recorded lists of a profile's organisations: what withRevocationLists reads of the policy. */
export function revocationListFacts({ message }: Profile): string[] {
  return message.organisations.map(({ mspId }) => facts.revocationLists(mspId));
}

/**
 * The profile as the ledger holds it at one height: its organisations' identities are also judged by the revocation lists on the
 * ledger. Digest and bytes are the profile's. Without lists, the profile itself.
 */
export function withRevocationLists(profile: Profile, reader: FactReader): Profile {
  const origin = origins.get(profile) ?? profile;
  const { organisations } = origin.message;
  const values = organisations.flatMap(({ mspId }) => [reader.fact(facts.revocationLists(mspId)), reader.fact(facts.channelRevocationLists(mspId))]);
  if (values.every((value) => value === undefined)) return origin;
  const known = derived.get(origin);
  if (known?.values.every((value, i) => isSame(value, values[i])) === true) return known.profile;
  const lists = (i: number): readonly Uint8Array[] => [values[2 * i], values[2 * i + 1]].flatMap((value) => (value === undefined ? [] : parseRevocationLists(value)));
  const next = { ...origin, msps: createMspRegistry(organisations.map((organisation, i) => ({ ...organisation, ledgerRevocationLists: lists(i) }))) };
  derived.set(origin, { values, profile: next });
  origins.set(next, origin);
  return next;
}

/** By content: a chaincode reads the facts anew for each transaction, and verified lists and identities shall outlast it. */
function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && equalBytes(a, b));
}
