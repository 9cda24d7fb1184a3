import { create } from '@bufbuild/protobuf';
import { sha256 } from '@selvedge/crypto';
import type { SelvedgeError } from '@selvedge/errors';
import { signAs, type Signer } from '@selvedge/identity';
import { encodeMessage, LIMITS, parseMessage, QueryReadsSchema, ReadsStatementSchema, SetDigestSchema, SetDigestStatementSchema, setGuardKey, signing, StandingReadsSchema, type SetDigest, type StandingReads } from '@selvedge/protocol';
import { datasetRoot, tagRoot, type TaggedEntry } from '@selvedge/set-digest';
import type { FakeBusinessNode } from './fake-business-node.js';
import type { AskedSet } from '../domain/set-quorum.js';
import type { ReadsPort, SetDigestPort } from '../ports.js';

/** A follower in memory that really signs. It sees the same entries as a business node, unless it is told otherwise. */
export interface FakeSetFollower extends SetDigestPort, ReadsPort {
  readonly asked: AskedSet[];
  /** Changes what it says, before it signs. */
  lie: (digest: SetDigest) => Partial<SetDigest>;
  /** The same for which reads stand. */
  lieAboutReads: (standing: StandingReads) => Partial<StandingReads>;
  signer: Signer;
  failure: SelvedgeError | undefined;
  /** What the ledger has in collections that are taken over; default: nothing. */
  legacyHash: (contract: string, dataset: string, keyHash: Uint8Array) => Uint8Array | undefined;
}

/** What followers read of the ledger; tests may let them see another height's state. */
export interface SetTruth {
  entries(asked: AskedSet): readonly TaggedEntry[];
  guardTxId(asked: AskedSet): Uint8Array;
  readonly height: bigint;
  guardOf(ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array;
  /** Empty: absent. */
  packetHashOf(ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array;
}

/** The truth that a business node holds, whatever it answers. */
export function truthOf(node: FakeBusinessNode): SetTruth {
  return {
    entries: ({ ownerSet, dataset, datasetTag }) => node.entriesOf(ownerSet, dataset).filter((entry) => datasetTag.length === 0 || Buffer.from(entry.datasetTag).equals(datasetTag)),
    guardTxId: (asked) => node.guardOf(asked.ownerSet, asked.dataset, setGuardKey(asked)),
    get height() {
      return node.height;
    },
    guardOf: (ownerSet, dataset, guardKey) => node.guardOf(ownerSet, dataset, guardKey),
    packetHashOf: (ownerSet, dataset, ledgerKey) => node.entriesOf(ownerSet, dataset).find((entry) => Buffer.from(entry.ledgerKey).equals(ledgerKey))?.packetHash ?? new Uint8Array(0),
  };
}

export function createFakeSetFollower(net: { readonly network: string; readonly channel: string }, input: { readonly mspId: string; readonly signer: Signer; readonly truth: SetTruth; readonly address?: string }): FakeSetFollower {
  const follower: FakeSetFollower = {
    mspId: input.mspId,
    address: input.address ?? `${input.mspId}:7002`,
    asked: [],
    lie: () => ({}),
    lieAboutReads: () => ({}),
    signer: input.signer,
    failure: undefined,
    legacyHash: () => undefined,
    async getSetDigest(asked) {
      follower.asked.push(asked);
      await Promise.resolve();
      if (follower.failure !== undefined) throw follower.failure;
      const { network, channel } = net;
      const entries = input.truth.entries(asked);
      const root = asked.datasetTag.length === 0 ? datasetRoot(entries) : tagRoot(entries);
      const digest = create(SetDigestSchema, { network, channel, ...asked, ...root, guardTxId: input.truth.guardTxId(asked) });
      const statement = encodeMessage(SetDigestSchema, { ...digest, ...follower.lie(digest) });
      return create(SetDigestStatementSchema, { statement, signature: signAs(follower.signer, signing.setDigest(statement)) });
    },
    async confirmReads({ reads, nonce }) {
      await Promise.resolve();
      if (follower.failure !== undefined) throw follower.failure;
      const { network, channel } = net;
      const { truth } = input;
      const { keys, guards } = parseMessage(QueryReadsSchema, reads, LIMITS.maxMessageBytes);
      const isStale = [
        ...keys.map(({ contract, ownerSet, dataset, ledgerKey, packetHash, legacyKeyHash, legacyValueHash }) => {
          const isLegacyStale = legacyKeyHash.length > 0 && !Buffer.from(follower.legacyHash(contract, dataset, legacyKeyHash) ?? []).equals(legacyValueHash);
          return isLegacyStale || !Buffer.from(truth.packetHashOf(ownerSet, dataset, ledgerKey)).equals(packetHash);
        }),
        ...guards.map(({ ownerSet, dataset, guardKey, txId }) => !Buffer.from(truth.guardOf(ownerSet, dataset, guardKey)).equals(txId)),
      ];
      const standing = create(StandingReadsSchema, { network, channel, height: truth.height, readsDigest: sha256(reads), stale: isStale.flatMap((is, place) => (is ? [place] : [])), nonce });
      const statement = encodeMessage(StandingReadsSchema, { ...standing, ...follower.lieAboutReads(standing) });
      return create(ReadsStatementSchema, { statement, signature: signAs(follower.signer, signing.standingReads(statement)) });
    },
  };
  return follower;
}
