import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { signing, type ViewBody } from '@selvedge/protocol';
import type { ParsedView } from './parse-view.js';

/** By this attribute of its certificate an organisation's CA lets somebody view who is no administrator. */
export const VIEW_ATTRIBUTE = 'selvedge.view';

export interface ReaderContext {
  readonly profile: Profile;
  /** The viewer's organisation. */
  readonly mspId: string;
  /** What this process' evidence binds. */
  readonly viewerKey: Uint8Array;
  readonly now: Date;
  /** How far the question's timestamp may be off, either way. */
  readonly freshnessMs: number;
}

/**
 * Who asks: the question is of this network, meant for this viewer, and signed. Throws WRONG_NETWORK, WRONG_CHANNEL,
 * PROFILE_MISMATCH, WRONG_RECIPIENT and the codes of MspRegistry.verifySignature.
 */
export function verifyReader({ body, bodyBytes, signature }: ParsedView, { profile, viewerKey, now }: ReaderContext): Identity {
  if (body.network !== profile.message.network) throw new SelvedgeError('WRONG_NETWORK', 'the question is for another network');
  if (body.channel !== profile.message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the question is for another channel');
  if (!equalBytes(body.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the question was made under another network profile');
  if (!equalBytes(body.viewerKey, viewerKey)) throw new SelvedgeError('WRONG_RECIPIENT', 'the question is for another viewer');
  return profile.msps.verifySignature({ identity: body.reader, signature }, signing.view(bodyBytes), { at: now });
}

/**
 * Whether a reader whose signature was checked may look: of the viewer's own organisation, and an administrator of it or
 * one whom its CA lets view. The organisation says so by certificates alone; no setting of the machine does.
 * Throws READER_FOREIGN, READER_NOT_ENTITLED, REQUEST_EXPIRED.
 */
export function verifyEntitled(reader: Identity, body: ViewBody, { mspId, now, freshnessMs }: ReaderContext): void {
  if (reader.mspId !== mspId) throw new SelvedgeError('READER_FOREIGN', `a reader of ${reader.mspId} asked the viewer of ${mspId}`);
  const isEntitled = reader.role === 'admin' || reader.attributes.get(VIEW_ATTRIBUTE) === 'true';
  if (!isEntitled) throw new SelvedgeError('READER_NOT_ENTITLED', `the reader is neither an administrator nor has the attribute ${VIEW_ATTRIBUTE}=true`);
  const offMs = Math.abs(now.getTime() - Number(body.timestampSeconds) * 1000);
  if (!(offMs <= freshnessMs)) throw new SelvedgeError('REQUEST_EXPIRED', `the question’s timestamp is more than ${String(freshnessMs)} ms off`);
}

/** Questions that were answered are answered once: nobody fills the audit log with copies. */
export interface SeenQuestions {
  /** Throws REQUEST_REPLAYED. */
  admit(nonce: Uint8Array, now: Date): void;
}

/** @param windowMs at least twice the freshness window @param maxEntries above it, OVERLOADED until old ones have aged */
export function createSeenQuestions(windowMs: number, maxEntries = 50_000): SeenQuestions {
  // In order of admission, so the first entries are the oldest.
  const untilMs = new Map<string, number>();
  return {
    admit(nonce, now) {
      for (const [old, until] of untilMs) {
        if (until > now.getTime()) break;
        untilMs.delete(old);
      }
      const id = toHex(nonce);
      if (untilMs.has(id)) throw new SelvedgeError('REQUEST_REPLAYED', 'this question was asked before');
      if (untilMs.size >= maxEntries) throw new SelvedgeError('OVERLOADED', 'too many questions within the freshness window');
      untilMs.set(id, now.getTime() + windowMs);
    },
  };
}
