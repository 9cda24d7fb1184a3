import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { verifyReaderEvidence } from '@selvedge/attestation';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import type { FactReader, Profile } from '@selvedge/policy';
import { ReaderAdmissionSchema, signing, type ReaderAdmission, type ReaderEvidence, type SignedStateQuery } from '@selvedge/protocol';
import { createReaderChannel, type ReaderChannel } from '@selvedge/sealed-objects';

/** What a reader is judged against. */
export interface ReaderContext {
  readonly facts: FactReader;
  /** The profile that the ledger holds now. */
  readonly profile: Profile;
  readonly at: Date;
}

/** Compute nodes that have proved themselves to this node, and the channels to them. */
export interface PlaintextReaders {
  /** A fresh nonce, 32 bytes, for one attempt. */
  challenge(): Uint8Array;
  /** Throws CHALLENGE_UNKNOWN, OVERLOADED, and as verifyReaderEvidence. */
  admit(evidence: ReaderEvidence, context: ReaderContext): ReaderAdmission;
  /**
   * The channel that a query names, whose certificate's standing the caller has checked. Throws READER_UNATTESTED when there is none of that
   * certificate, it is too old, or the network profile has changed since: whoever is honest proves itself anew.
   */
  channel(channelId: Uint8Array, query: Pick<SignedStateQuery, 'certificate'>, context: ReaderContext): Pick<ReaderChannel, 'seal'>;
}

export interface PlaintextReadersOptions {
  /** This organisation's peer identity. */
  readonly signer: Signer;
  /** Default 60,000. */
  readonly challengeMs?: number;
  /** How long evidence is good for; default 600,000. */
  readonly channelMs?: number;
  /** Of channels: beyond it, the oldest goes; and of challenges that were answered within challengeMs: beyond it, OVERLOADED. Default 10,000. */
  readonly maxKept?: number;
}

interface KeptChannel {
  readonly certificate: Uint8Array;
  readonly profileDigest: Uint8Array;
  readonly admittedAt: number;
  readonly channel: ReaderChannel;
}

const NONCE_BYTES = 32;
/** Of a challenge: when it was given, 8 bytes of a double, and 8 random ones; an authentication code follows, under a key of this process. */
const HEAD_BYTES = 16;
const CHANNEL_ID_BYTES = 16;

/** Keeps everything in memory: after a restart readers prove themselves anew. */
export function createPlaintextReaders({ signer, challengeMs = 60_000, channelMs = 600_000, maxKept = 10_000 }: PlaintextReadersOptions): PlaintextReaders {
  const challengeKey = randomBytes(NONCE_BYTES);
  /** Answered ones, and when they were: those that wait for an answer are kept nowhere, so that nobody can crowd them out. */
  const answered = new Map<string, number>();
  const channels = new Map<string, KeptChannel>();
  // Monotonic: a clock that is set back prolongs nothing.
  const now = (): number => performance.now();
  const keep = <T>(map: Map<string, T>, key: string, value: T): void => {
    const oldest = map.keys().next();
    if (map.size >= maxKept && oldest.done !== true) map.delete(oldest.value);
    map.set(key, value);
  };
  const tagOf = (head: Uint8Array): Buffer => createHmac('sha256', challengeKey).update(head).digest().subarray(0, NONCE_BYTES - HEAD_BYTES);
  const consume = (nonce: Uint8Array): void => {
    const unknown = (): SelvedgeError => new SelvedgeError('CHALLENGE_UNKNOWN', 'the challenge is unknown, used or too old');
    if (nonce.length !== NONCE_BYTES) throw unknown();
    const head = Buffer.from(nonce.subarray(0, HEAD_BYTES));
    if (!timingSafeEqual(tagOf(head), nonce.subarray(HEAD_BYTES))) throw unknown();
    if (now() - head.readDoubleBE(0) > challengeMs) throw unknown();
    if (answered.has(toHex(nonce))) throw unknown();
    for (const [old, at] of answered) {
      if (now() - at <= challengeMs) break;
      answered.delete(old);
    }
    // One that is forgotten while it counts could be answered twice.
    if (answered.size >= maxKept) throw new SelvedgeError('OVERLOADED', 'too many readers prove themselves at once');
    answered.set(toHex(nonce), now());
  };
  return {
    challenge() {
      const head = randomBytes(HEAD_BYTES);
      head.writeDoubleBE(now(), 0);
      return new Uint8Array(Buffer.concat([head, tagOf(head)]));
    },
    admit(answer, { facts, profile, at }) {
      consume(answer.nonce);
      const { certificate, ephemeralKey } = verifyReaderEvidence({ answer, profile, ledger: facts, mspId: signer.mspId, at });
      const { network, channel: name } = profile.message;
      const channel = createReaderChannel({ suite: certificate.suite.name, network, channel: name, mspId: signer.mspId, nonce: answer.nonce }, ephemeralKey);
      const channelId = new Uint8Array(randomBytes(CHANNEL_ID_BYTES));
      keep(channels, toHex(channelId), { certificate: Uint8Array.from(certificate.der), profileDigest: profile.digest, admittedAt: now(), channel });
      return create(ReaderAdmissionSchema, { channelId, enc: channel.enc, signature: signAs(signer, signing.readerAdmission(answer.nonce, ephemeralKey, channelId, channel.enc)) });
    },
    channel(channelId, { certificate }, { profile }) {
      const unattested = (): SelvedgeError => new SelvedgeError('READER_UNATTESTED', 'this compute node has not proved itself here, or too long ago');
      const kept = channels.get(toHex(channelId));
      if (kept === undefined) throw unattested();
      if (!equalBytes(kept.certificate, certificate)) throw unattested();
      if (!equalBytes(kept.profileDigest, profile.digest)) throw unattested();
      if (now() - kept.admittedAt > channelMs) {
        channels.delete(toHex(channelId));
        throw unattested();
      }
      return kept.channel;
    },
  };
}
