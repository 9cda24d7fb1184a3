import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { compareText, type SetDigest, type SetDigestStatement } from '@selvedge/protocol';
import { digestText, isStatementQuorum, verifySetStatement, type VerifiedStatement } from '@selvedge/set-digest';

/** A set at one height: what followers are asked about. */
export type AskedSet = Pick<SetDigest, 'contract' | 'ownerSet' | 'dataset' | 'datasetTag' | 'height'>;

/** What a quorum of organisations said of a set. */
export interface ConfirmedDigest {
  readonly digest: SetDigest;
  /** Equal ones, each of another organisation. */
  readonly statements: readonly SetDigestStatement[];
}

/** Checks that a follower's statement answers the question and is of the organisation that was asked. Throws SET_DIGEST_INVALID. */
export function verifyFollowerStatement(signed: SetDigestStatement, asked: AskedSet, { mspId, profile }: { readonly mspId: string; readonly profile: Profile }): VerifiedStatement {
  const statement = verifySetStatement(signed, profile);
  const { digest } = statement;
  if (statement.mspId !== mspId) throw new SelvedgeError('SET_DIGEST_INVALID', `a peer of ${statement.mspId} answered where ${mspId} was asked`);
  const isAnswer = digest.contract === asked.contract && digest.ownerSet === asked.ownerSet && digest.dataset === asked.dataset && equalBytes(digest.datasetTag, asked.datasetTag) && digest.height === asked.height;
  if (!isAnswer) throw new SelvedgeError('SET_DIGEST_INVALID', 'a statement is of another set or height than was asked for');
  return statement;
}

/** Statements of one set at one height, as they come in: what is said, by whom. */
export interface StatementTally {
  /** The quorum that this statement completes, if it does. */
  add(statement: VerifiedStatement): ConfirmedDigest | undefined;
  /** Organisations that say something else than `digest`, sorted. */
  differing(digest: SetDigest): string[];
  /** Who says the same, for a refusal: groups of organisations. */
  describe(): string;
}

/** Counts towards a quorum: each organisation once, by its first statement. */
export function createStatementTally(owners: readonly string[], profile: Profile): StatementTally {
  const byOrganisation = new Map<string, VerifiedStatement>();
  const groupOf = (digest: SetDigest): VerifiedStatement[] => [...byOrganisation.values()].filter((other) => digestText(other.digest) === digestText(digest));
  return {
    add(statement) {
      if (!byOrganisation.has(statement.mspId)) byOrganisation.set(statement.mspId, statement);
      const group = groupOf(statement.digest);
      if (!isStatementQuorum(new Set(group.map(({ mspId }) => mspId)), { owners, profile })) return undefined;
      return { digest: statement.digest, statements: group.map(({ signed }) => signed) };
    },
    differing: (digest) => [...byOrganisation].filter(([, other]) => digestText(other.digest) !== digestText(digest)).map(([mspId]) => mspId).sort(compareText),
    describe() {
      const groups = new Map<string, string[]>();
      for (const [mspId, { digest }] of byOrganisation) groups.set(digestText(digest), [...(groups.get(digestText(digest)) ?? []), mspId]);
      return [...groups.values()].map((group) => group.sort(compareText).join(' and ')).join(' differ from ');
    },
  };
}
