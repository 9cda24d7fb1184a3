import { create } from '@bufbuild/protobuf';
import { createUnlockEvidence, UNLOCK_SUITE, type Attester } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { encodeMessage, UnlockStatementSchema, UnlockStatusSchema, type ShareSubmission, type UnlockEvidence, type UnlockEvidenceRequest, type UnlockStatus } from '@selvedge/protocol';
import { createShareCollector, parseSlots } from './domain/unlock-secret.js';
import type { KeyBroker } from './key-broker.js';

export interface BrokerGateOptions {
  readonly profile: Profile;
  readonly attester: Attester;
  /** UnlockSlots bytes of the store as it is now; undefined: there is no store yet. */
  readonly readSlots: () => Uint8Array | undefined;
  /** Opens store and broker. @param unlockSecret undefined: there is no store yet */
  readonly open: (unlockSecret: Uint8Array | undefined) => Promise<KeyBroker>;
  readonly onUnlocked?: (submitters: readonly string[]) => void;
}

/** Stands before a broker whose store may be locked. */
export interface BrokerGate {
  /** Throws BROKER_LOCKED while shares are missing. */
  broker(): KeyBroker;
  /** Rejects with MALFORMED_MESSAGE for a nonce of another length. */
  unlockEvidence(request: UnlockEvidenceRequest): Promise<UnlockEvidence>;
  /** Rejects with UNLOCK_SHARE_INVALID, and with what opening throws once there are enough shares: then none is kept. */
  submitShare(submission: ShareSubmission): Promise<UnlockStatus>;
}

/** Opens the broker at once when there is no store yet; otherwise waits for shares. Rejects with what reading and opening throw. */
export async function createBrokerGate(options: BrokerGateOptions): Promise<BrokerGate> {
  const { profile, attester, readSlots, open, onUnlocked } = options;
  const { network, channel } = profile.message;
  const ephemeral = UNLOCK_SUITE.generateKemKeyPair();
  const slots = readSlots();
  const collector = slots === undefined ? undefined : createShareCollector(verifyScope(slots, profile), ephemeral);
  let broker = collector === undefined ? await open(undefined) : undefined;
  /** One at a time: two submissions must not both open the store. */
  let turn: Promise<unknown> = Promise.resolve();

  const status = (): UnlockStatus =>
    create(UnlockStatusSchema, { locked: broker === undefined, threshold: collector?.threshold ?? profile.message.adminQuorum, submitted: collector?.submitted() ?? [] });

  const take = async (submission: ShareSubmission): Promise<UnlockStatus> => {
    if (broker !== undefined || collector === undefined) return status();
    const secret = await collector.add(submission);
    if (secret === undefined) return status();
    const submitters = collector.submitted();
    try {
      broker = await open(secret);
    } finally {
      collector.clear();
    }
    onUnlocked?.(submitters);
    return status();
  };

  return {
    broker() {
      if (broker !== undefined) return broker;
      const { threshold, submitted } = status();
      throw new SelvedgeError('BROKER_LOCKED', `the key broker is locked: ${String(submitted.length)} of ${String(threshold)} shares of its unlock secret are there`);
    },
    unlockEvidence({ nonce }) {
      const statement = encodeMessage(UnlockStatementSchema, { network, channel, slots: readSlots() ?? new Uint8Array(0), status: status() });
      return createUnlockEvidence(attester, { nonce, ephemeralKey: ephemeral.publicKey, profileDigest: profile.digest, statement });
    },
    submitShare(submission) {
      const taken = turn.then(() => take(submission));
      turn = taken.catch(() => undefined);
      return taken;
    },
  };
}

/** The head of a store is clear, so a host that mixes stores up learns it before people send shares. */
function verifyScope(bytes: Uint8Array, { message }: Profile) {
  const slots = parseSlots(bytes);
  if (slots.network !== message.network) throw new SelvedgeError('WRONG_NETWORK', 'the key broker’s store is of another network');
  if (slots.channel !== message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the key broker’s store is of another channel');
  return slots;
}
