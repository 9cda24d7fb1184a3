import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import type { SetDigestStatement } from '@selvedge/protocol';
import { datasetRoot, tagRoot, type SetRoot, type TaggedEntry } from '@selvedge/set-digest';
import { createConfirmedSets, type ReadSet } from '../domain/confirmed-sets.js';
import { createStatementTally, verifyFollowerStatement, type AskedSet, type ConfirmedDigest } from '../domain/set-quorum.js';
import type { FetchFailure } from '../domain/fetch-failure.js';
import type { PlaceOfRead, ReadScope, SetDigestPort } from '../ports.js';

/** A set as one business node served it. */
export interface ServedSet extends PlaceOfRead {
  /** Empty: the whole dataset. */
  readonly datasetTag: Uint8Array;
  /** In ledger key order. */
  readonly entries: readonly TaggedEntry[];
  readonly guardTxId: Uint8Array;
  /** Heights of its first and last page. */
  readonly heights: readonly [bigint, bigint];
}

/** Asks followers whether a set is complete. */
export interface SetConfirmer {
  /**
   * The statements of a quorum that the set is exactly this; undefined when it changed while it was read. Throws
   * STATE_FORGED when it is not what a quorum says of that height, SET_DIGEST_UNCONFIRMED without a quorum.
   */
  confirm(scope: ReadScope, set: ServedSet): Promise<readonly SetDigestStatement[] | undefined>;
}

export interface SetConfirmerOptions {
  readonly followers: readonly SetDigestPort[];
  /** Of one follower's answer; default 2,000. */
  readonly timeoutMs?: number;
  /** Confirmed sets that are remembered; default 1,000. */
  readonly maxRemembered?: number;
  /** Called when a follower failed, or differs from a quorum. */
  readonly onRefused?: (failure: FetchFailure) => void;
}

/** Confirms sets by equal statements of a quorum of organisations. A set that is unchanged is asked for once. */
export function createSetConfirmer({ followers, timeoutMs = 2_000, maxRemembered = 1_000, onRefused }: SetConfirmerOptions): SetConfirmer {
  const confirmed = createConfirmedSets(maxRemembered);
  const asking = new Map<string, Promise<ConfirmedDigest>>();
  const organisations = groupByOrganisation(followers);

  const ask = async (asked: AskedSet, owners: readonly string[], profile: Profile): Promise<ConfirmedDigest> => {
    const tally = createStatementTally(owners, profile);
    const failures: FetchFailure[] = [];
    let found: ConfirmedDigest | undefined;
    const refuse = (follower: SetDigestPort, error: unknown): void => {
      const failure = { mspId: follower.mspId, address: follower.address, error: withRole(error, 'ledger') };
      failures.push(failure);
      onRefused?.(failure);
    };
    /** An organisation's followers in turn, until one answers. */
    const askOrganisation = async (own: readonly SetDigestPort[], done: (digest: ConfirmedDigest) => void): Promise<void> => {
      for (const follower of own) {
        try {
          const signed = await follower.getSetDigest(asked, timeoutMs);
          // What comes after the quorum is not needed.
          if (found !== undefined) return;
          found = tally.add(verifyFollowerStatement(signed, asked, { mspId: follower.mspId, profile }));
          if (found !== undefined) done(found);
          return;
        } catch (error) {
          refuse(follower, error);
        }
      }
    };
    const digest = await new Promise<ConfirmedDigest>((resolve, reject) => {
      void Promise.all(organisations.map((own) => askOrganisation(own, resolve))).then(() => {
        if (found === undefined) reject(unconfirmed(tally.describe(), failures));
      });
    });
    for (const mspId of tally.differing(digest.digest)) {
      onRefused?.({ mspId, address: '', error: new SelvedgeError('SET_DIGEST_INVALID', `${mspId} states another digest of a set than a quorum`) });
    }
    return digest;
  };

  /** One question at a time about one set at one height. */
  const askOnce = (asked: AskedSet, owners: readonly string[], profile: Profile): Promise<ConfirmedDigest> => {
    const key = `${setText(asked, profile)} ${String(asked.height)}`;
    const running = asking.get(key) ?? ask(asked, owners, profile).finally(() => asking.delete(key));
    asking.set(key, running);
    return running;
  };

  return {
    async confirm({ contract, profile }, { ownerSet, owners, dataset, datasetTag, entries, guardTxId, heights: [first, last] }) {
      const place = { contract, ownerSet, dataset, datasetTag };
      const read: ReadSet = { id: setText(place, profile), isDataset: datasetTag.length === 0, guardTxId, entries };
      const known = confirmed.statements(read);
      if (known !== undefined) return known;
      const { digest, statements } = await askOnce({ ...place, height: last }, owners, profile);
      if (!equalBytes(digest.guardTxId, guardTxId)) throw forged('a set’s guard is not what a quorum of organisations says');
      const actual = read.isDataset ? datasetRoot(entries) : tagRoot(entries);
      if (isSameRoot(actual, digest)) {
        confirmed.remember(read, statements);
        return statements;
      }
      if (first === last) throw forged('a set is not what a quorum of organisations says');
      // Its pages are of several heights: either it changed between them, or it is none of both.
      const before = await askOnce({ ...place, height: first }, owners, profile);
      if (isSameRoot(before.digest, digest)) throw forged('a set is not what a quorum of organisations says');
      return undefined;
    },
  };
}

function groupByOrganisation(followers: readonly SetDigestPort[]): SetDigestPort[][] {
  const groups = new Map<string, SetDigestPort[]>();
  for (const follower of followers) groups.set(follower.mspId, [...(groups.get(follower.mspId) ?? []), follower]);
  return [...groups.values()];
}

function setText({ contract, ownerSet, dataset, datasetTag }: Omit<AskedSet, 'height'>, profile: Profile): string {
  return JSON.stringify([toHex(profile.digest), contract, ownerSet, dataset, toHex(datasetTag)]);
}

function isSameRoot(a: SetRoot, b: SetRoot): boolean {
  return a.count === b.count && equalBytes(a.root, b.root);
}

function forged(what: string): SelvedgeError {
  return new SelvedgeError('STATE_FORGED', what);
}

/** Names who did not answer, and who differs from whom. */
function unconfirmed(groups: string, failures: readonly FetchFailure[]): SelvedgeError {
  const failed = failures.map(({ mspId, address, error }) => `${mspId} at ${address}: ${error.code}`);
  return new SelvedgeError('SET_DIGEST_UNCONFIRMED', [groups === '' ? 'no follower answered' : `statements of ${groups}`, ...failed].join('; '));
}
