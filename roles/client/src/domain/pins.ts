import { equalBytes, SUITE_NAMES, suiteByName, type SuiteName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseSignedProfile, verifyProfileSuccession, verifySignedProfile, type Profile } from '@selvedge/policy';
import { compareText } from '@selvedge/protocol';
import type { TrustedEnvelope } from './envelope.js';
import { requireList, requireRecord, requireText } from './profile-fields.js';

/** What a client has verified of a network and holds later sessions to. Nothing of it is secret. */
export interface PinnedNetwork {
  /** SignedProfile bytes of the newest profile that was in force. */
  readonly signedProfile: Uint8Array;
  /** The newest envelope keys and contract key epochs that were accepted. */
  readonly envelope: TrustedEnvelope;
}

/**
 * The profile to trust: the given one, unless a newer one was pinned. A given profile that is newer must follow the
 * pinned one, signed under its quorum.
 * Throws PROFILE_MISMATCH where both are of one version and differ, or are of different networks, and what
 * verifySignedProfile and verifyProfileSuccession throw.
 */
export function anchorProfile(given: Uint8Array, pinned: PinnedNetwork | undefined): Profile {
  const profile = verifySignedProfile(given);
  if (pinned === undefined) return profile;
  const anchor = verifySignedProfile(pinned.signedProfile);
  const { network, channel, version } = anchor.message;
  if (profile.message.network !== network || profile.message.channel !== channel) throw mismatch(`the pins are of network ${network}, channel ${channel}`);
  if (equalBytes(profile.digest, anchor.digest)) return profile;
  if (profile.message.version === version) throw mismatch(`another profile of version ${String(version)} was accepted before`);
  return profile.message.version < version ? anchor : verifyProfileSuccession(anchor, given);
}

/** Which of these are the signed bytes of a profile. Throws PROFILE_MISMATCH when none is. */
export function signedProfileOf(profile: Profile, candidates: readonly (Uint8Array | undefined)[]): Uint8Array {
  const found = candidates.find((bytes) => bytes !== undefined && equalBytes(parseSignedProfile(bytes).profile, profile.bytes));
  if (found === undefined) throw mismatch('the signed form of the profile in force is not at hand');
  return found;
}

/** What holds after both were seen: the newer profile, and the newest epoch of every key. */
export function newestPins(one: PinnedNetwork, other: PinnedNetwork): PinnedNetwork {
  const keys = new Map(one.envelope.keys);
  for (const [suite, key] of other.envelope.keys) {
    if (key.epoch > (keys.get(suite)?.epoch ?? -1n)) keys.set(suite, key);
  }
  const contractEpochs = new Map(one.envelope.contractEpochs);
  for (const [contract, epoch] of other.envelope.contractEpochs) {
    if (epoch > (contractEpochs.get(contract) ?? -1n)) contractEpochs.set(contract, epoch);
  }
  const { signedProfile } = versionOf(other) > versionOf(one) ? other : one;
  return { signedProfile, envelope: { keys, contractEpochs } };
}

function versionOf({ signedProfile }: PinnedNetwork): bigint {
  return verifySignedProfile(signedProfile).message.version;
}

/** The pins as JSON, in one form: equal pins are equal text. */
export function printPins({ signedProfile, envelope }: PinnedNetwork): string {
  const value = {
    version: 1,
    signedProfile: Buffer.from(signedProfile).toString('base64'),
    envelopeKeys: SUITE_NAMES.flatMap((suite) => {
      const key = envelope.keys.get(suite);
      return key === undefined ? [] : [{ suite, epoch: String(key.epoch), publicKey: Buffer.from(key.publicKey).toString('base64') }];
    }),
    contracts: [...envelope.contractEpochs].sort(([a], [b]) => compareText(a, b)).map(([contract, epoch]) => ({ contract, epoch: String(epoch) })),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Reads what printPins printed. Throws INVALID_CONFIGURATION, PROFILE_INVALID or PROFILE_SIGNATURES_MISSING. */
export function parsePins(text: string): PinnedNetwork {
  const record = requireRecord('pins', parseJson(text));
  if (record.version !== 1) throw malformed('they are of another version');
  const signedProfile = bytes(requireText(record, 'signedProfile'));
  verifySignedProfile(signedProfile);
  const keys = new Map<SuiteName, { epoch: bigint; publicKey: Uint8Array }>();
  for (const item of requireList(record, 'envelopeKeys')) {
    keys.set(suiteByName(requireText(item, 'suite')).name, { epoch: epochOf(item), publicKey: bytes(requireText(item, 'publicKey')) });
  }
  const contractEpochs = new Map(requireList(record, 'contracts').map((item) => [requireText(item, 'contract'), epochOf(item)] as const));
  return { signedProfile, envelope: { keys, contractEpochs } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
}

function epochOf(item: Record<string, unknown>): bigint {
  const text = requireText(item, 'epoch');
  if (!/^[1-9][0-9]{0,17}$/.test(text)) throw malformed('an epoch is a positive number');
  return BigInt(text);
}

function bytes(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw malformed('base64 expected');
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function malformed(reason: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', `pins: ${reason}`, { role: 'client', cause });
}

function mismatch(reason: string): SelvedgeError {
  return new SelvedgeError('PROFILE_MISMATCH', `${reason}; where the network was made anew, remove the file of pins`, { role: 'client' });
}
