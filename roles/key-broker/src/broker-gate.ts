import { create } from '@bufbuild/protobuf';
import { createUnlockEvidence, type Attester } from '@selvedge/attestation';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { type Profile, UNLOCK_SUITE } from '@selvedge/policy';
import { encodeMessage, UnlockStatementSchema, UnlockStatusSchema, type ShareSubmission, type UnlockEvidence, type UnlockEvidenceRequest, type UnlockStatus } from '@selvedge/protocol';
import { createShareCollector, parseSlots, type ShareCollector } from './domain/unlock-secret.js';
import type { KeyBroker } from './key-broker.js';
import type { ReceivedRoot } from './replication/share.js';

export interface BrokerGateOptions {
  readonly profile: Profile;
  readonly attester: Attester;
  /** UnlockSlots bytes of the store as it is now; undefined: there is no store yet. */
  readonly readSlots: () => Uint8Array | undefined;
  /** Opens store and broker, by what shares gave or another replica handed over; by neither when there is no store yet. */
  readonly open: (unlockSecret: Uint8Array | undefined, received?: ReceivedRoot) => Promise<KeyBroker>;
  /** Without a store it makes no root of its own: it waits for another replica's. Default false. */
  readonly joins?: boolean;
  readonly onUnlocked?: (submitters: readonly string[]) => void;
}

/** Stands before a broker whose store may be locked. */
export interface BrokerGate {
  /** Throws BROKER_LOCKED while shares are missing, and no replica has handed the root over. */
  broker(): KeyBroker;
  isLocked(): boolean;
  /** Opens with the root from another replica; nothing when it is open already. Rejects with what opening throws. */
  openWith(received: ReceivedRoot): Promise<void>;
  /** Rejects with MALFORMED_MESSAGE for a nonce of another length. */
  unlockEvidence(request: UnlockEvidenceRequest): Promise<UnlockEvidence>;
  /** Rejects with UNLOCK_SHARE_INVALID, and with what opening throws once there are enough shares: then none is kept. */
  submitShare(submission: ShareSubmission): Promise<UnlockStatus>;
}

/** Opens the broker at once when there is no store yet, unless it is to join others; otherwise waits for shares. Rejects with what reading and opening throw. */
export async function createBrokerGate(options: BrokerGateOptions): Promise<BrokerGate> {
  const { profile, attester, readSlots, open, joins = false, onUnlocked } = options;
  const { network, channel } = profile.message;
  const ephemeral = UNLOCK_SUITE.generateKemKeyPair();
  let collected: { readonly slots: Uint8Array; readonly collector: ShareCollector } | undefined;
  /**
   * Of the store as it is now, which is what evidence shows: opening it writes it anew where the profile has other holders,
   * before all of it has succeeded. Shares of what it was are forgotten.
   */
  const currentCollector = (): ShareCollector | undefined => {
    const slots = readSlots();
    if (slots === undefined) return (collected = undefined);
    if (collected === undefined || !equalBytes(collected.slots, slots)) collected = { slots, collector: createShareCollector(verifyScope(slots, profile), ephemeral) };
    return collected.collector;
  };
  let broker = currentCollector() === undefined && !joins ? await open(undefined) : undefined;
  /** One at a time: two submissions must not both open the store. */
  let turn: Promise<unknown> = Promise.resolve();

  const status = (): UnlockStatus => {
    const collector = broker === undefined ? currentCollector() : collected?.collector;
    return create(UnlockStatusSchema, { locked: broker === undefined, threshold: collector?.threshold ?? (joins ? 0 : profile.message.adminQuorum), submitted: collector?.submitted() ?? [] });
  };

  const take = async (submission: ShareSubmission): Promise<UnlockStatus> => {
    const collector = broker === undefined ? currentCollector() : undefined;
    if (collector === undefined) return status();
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

  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const taken = turn.then(step);
    turn = taken.catch(() => undefined);
    return taken;
  };

  return {
    isLocked: () => broker === undefined,
    openWith: (received) =>
      inTurn(async () => {
        broker ??= await open(undefined, received);
        collected?.collector.clear();
      }),
    broker() {
      if (broker !== undefined) return broker;
      if (collected === undefined) throw new SelvedgeError('BROKER_LOCKED', 'the key broker has no root yet: it waits for another replica');
      const { threshold } = collected.collector;
      const submitted = collected.collector.submitted();
      throw new SelvedgeError('BROKER_LOCKED', `the key broker is locked: ${String(submitted.length)} of ${String(threshold)} shares of its unlock secret are there`);
    },
    unlockEvidence({ nonce }) {
      const statement = encodeMessage(UnlockStatementSchema, { network, channel, slots: readSlots() ?? new Uint8Array(0), status: status() });
      return createUnlockEvidence(attester, { nonce, ephemeralKey: ephemeral.publicKey, profileDigest: profile.digest, statement });
    },
    submitShare: (submission) => inTurn(() => take(submission)),
  };
}

/** The head of a store is clear, so a host that mixes stores up learns it before people send shares. */
function verifyScope(bytes: Uint8Array, { message }: Profile) {
  const slots = parseSlots(bytes);
  if (slots.network !== message.network) throw new SelvedgeError('WRONG_NETWORK', 'the key broker’s store is of another network');
  if (slots.channel !== message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the key broker’s store is of another channel');
  return slots;
}
