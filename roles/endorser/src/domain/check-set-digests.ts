import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { setGuardKey, type ContractSection, type Core, type GuardRead, type SetDigest, type SetDigestStatement } from '@selvedge/protocol';
import { digestText, isStatementQuorum, verifySetStatement, type VerifiedStatement } from '@selvedge/set-digest';
import type { ContractRules } from './contract-rules.js';

/** A guard that was read, and the contract that it is of. */
interface ReadGuard {
  readonly section: ContractSection;
  readonly guard: GuardRead;
}

/**
 * Completeness (DESIGN 5): each guard that was read stands for a set that was queried, and for each such set there are
 * equal statements of a quorum of organisations, which name the guard's value as it was read. What the set held is the
 * TEE's word, as everything is that it computed: this shows that a quorum could have contradicted the business node.
 * Throws SET_DIGEST_INVALID.
 */
export function verifySetDigests(statements: readonly SetDigestStatement[], cores: readonly Core[], { profile, rules }: { readonly profile: Profile; readonly rules: ReadonlyMap<string, ContractRules> }): void {
  const guards = distinctGuards(cores);
  // The first that read a guard counts: another that read another value of it is stale.
  const byPlace = new Map([...guards].reverse().map((read) => [placeOf({ ...read.guard, contract: read.section.contract }, read.guard.guardKey), read]));
  const byGuard = new Map<ReadGuard, VerifiedStatement[]>(guards.map((guard) => [guard, []]));
  for (const statement of statements.map((signed) => verifySetStatement(signed, profile))) {
    const read = byPlace.get(placeOf(statement.digest, setGuardKey(statement.digest)));
    if (read === undefined) throw invalid('a statement is of a set whose guard was not read');
    if (!equalBytes(statement.digest.guardTxId, read.guard.txId)) throw invalid('a statement names another value of a guard than was read');
    byGuard.get(read)?.push(statement);
  }
  for (const [{ section, guard }, own] of byGuard) {
    verifyAgreement(own);
    const owners = rules.get(section.contract)?.ownerSets.get(guard.ownerSet)?.owners ?? [];
    const isComplete = [...groupByText(own).values()].some((mspIds) => isStatementQuorum(mspIds, { owners, profile }));
    if (!isComplete) throw invalid(`guard ${toHex(guard.guardKey)} was read without equal statements of enough organisations`);
  }
}

/** Items of a batch that query one set share its statements: whichever read another value of the guard is stale. */
function distinctGuards(cores: readonly Core[]): ReadGuard[] {
  const guards = cores.flatMap(({ sections }) => sections.flatMap((section) => section.guardsRead.map((guard) => ({ section, guard }))));
  return [...new Map(guards.map((read) => [JSON.stringify([read.section.contract, read.guard.ownerSet, read.guard.dataset, toHex(read.guard.guardKey), toHex(read.guard.txId)]), read])).values()];
}

type SetPlace = Pick<SetDigest, 'contract' | 'ownerSet' | 'dataset'>;

function placeOf({ contract, ownerSet, dataset }: SetPlace, guardKey: Uint8Array): string {
  return JSON.stringify([contract, ownerSet, dataset, toHex(guardKey)]);
}

/** At one height there is one content of a set. */
function verifyAgreement(statements: readonly VerifiedStatement[]): void {
  const texts = new Map<bigint, string>();
  for (const { digest, mspId } of statements) {
    const text = digestText(digest);
    if ((texts.get(digest.height) ?? text) !== text) throw invalid(`the statement of ${mspId} differs from another of the same set and height`);
    texts.set(digest.height, text);
  }
}

/** The organisations that say the same. */
function groupByText(statements: readonly VerifiedStatement[]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const { digest, mspId } of statements) {
    const text = digestText(digest);
    groups.set(text, (groups.get(text) ?? new Set<string>()).add(mspId));
  }
  return groups;
}

function invalid(what: string): SelvedgeError {
  return new SelvedgeError('SET_DIGEST_INVALID', what);
}
