import type { SelvedgeError } from '@selvedge/errors';
import { createAsking, type NodeCall, type Vote } from './asking.js';
import { describeDisagreement, groupAnswers, mostFrequent, type OutvotedNode, type Refusal } from './domain/replicas.js';
import { isWorthRebuild } from './domain/retry.js';
import { tooFew } from './execution.js';
import type { Session } from './session.js';

/** Answers that agree: as many as must. */
export interface Agreement<T> {
  readonly answers: readonly [T, ...T[]];
  /** Those who said something else, as far as they had answered by then. */
  readonly outvoted: readonly OutvotedNode[];
}

/** What makes answers one. */
export interface AgreementRules<T> {
  readonly isSame: (a: T, b: T) => boolean;
  /** Where two that are not the same differ first, and whether that is the state which they were given. */
  readonly differenceOf: (a: T, b: T) => { readonly differs: string; readonly isOfState: boolean };
  /** How many more nodes must give this answer; without answers, how many must answer at all. */
  readonly missing: (answers: readonly T[]) => Promise<number>;
}

export interface AgreementOptions {
  /** Nodes that are asked at once. Default: as many as must agree. */
  readonly replicas?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has a call run by compute nodes until enough of them give one answer. Where they differ others are asked as well, as long as
 * there are any: those that agree outvote the rest. Late answers are compared too, and noted in the session's replica record.
 * Throws a refusal that enough nodes gave, COMPUTE_QUORUM_NOT_MET when there are too few nodes, and as describeDisagreement.
 */
export async function executeOnQuorum<T extends { readonly nodeId: string }>(session: Session, call: NodeCall<T>, rules: AgreementRules<T>, { replicas = 0, signal }: AgreementOptions = {}): Promise<Agreement<T>> {
  const asking = await createAsking(session, call, signal);
  const answers: T[] = [];
  const refusals: Refusal[] = [];
  let onLate: ((vote: Vote<T>) => void) | undefined;
  try {
    let needed = await rules.missing([]);
    asking.ask(needed, true);
    asking.ask(Math.max(0, replicas - needed), false);
    for (;;) {
      const vote = await asking.next();
      if (vote === undefined) throw undecided(call, rules, { answers, refusals, needed, failure: asking.failure });
      if ('refusal' in vote) refusals.push(vote);
      else answers.push(vote.answer);
      const [largest, second] = groupAnswers(answers, rules.isSame);
      if (largest !== undefined) {
        const missing = await rules.missing(largest);
        needed = Math.max(needed, largest.length + missing);
        if (missing <= 0) {
          const agreement = agreementOf(largest, answers, refusals, rules);
          onLate = noteVotes(session, call.contract, agreement, rules);
          return agreement;
        }
        const isUnanimous = second === undefined && refusals.length === 0;
        // A request that is to be built anew would be refused by others too.
        if (!refusals.some(isToBeRebuilt)) asking.ask(missing - asking.awaited, isUnanimous);
      }
      const most = mostFrequent(refusals);
      if (most !== undefined && most.count >= needed && most.count >= (largest?.length ?? 0) && !isWorthRebuild(most.refusal.code)) throw most.refusal;
    }
  } finally {
    asking.end(onLate);
  }
}

const isToBeRebuilt = ({ refusal }: Refusal): boolean => isWorthRebuild(refusal.code);

function agreementOf<T extends { readonly nodeId: string }>(agreed: readonly [T, ...T[]], answers: readonly T[], refusals: readonly Refusal[], { isSame, differenceOf }: AgreementRules<T>): Agreement<T> {
  const [first] = agreed;
  const others = answers.filter((answer) => !isSame(first, answer)).map((answer) => ({ nodeId: answer.nodeId, differs: differenceOf(first, answer).differs }));
  return { answers: agreed, outvoted: [...others, ...refusals.map(({ nodeId, refusal }) => ({ nodeId, differs: refusal.code }))] };
}

/** Notes who agreed, where several voted, and returns what notes those who vote later. */
function noteVotes<T extends { readonly nodeId: string }>({ replicas }: Session, contract: string, { answers, outvoted }: Agreement<T>, rules: AgreementRules<T>): (vote: Vote<T>) => void {
  if (answers.length + outvoted.length > 1) replicas.note(contract, answers.map(({ nodeId }) => nodeId), outvoted);
  return (vote) => {
    const [agreed] = answers;
    const { nodeId } = vote;
    if ('refusal' in vote) replicas.note(contract, [], [{ nodeId, differs: vote.refusal.code }]);
    else if (rules.isSame(agreed, vote.answer)) replicas.note(contract, [nodeId], []);
    else replicas.note(contract, [], [{ nodeId, differs: rules.differenceOf(agreed, vote.answer).differs }]);
  };
}

interface Votes<T> {
  readonly answers: readonly T[];
  readonly refusals: readonly Refusal[];
  readonly needed: number;
  readonly failure: SelvedgeError | undefined;
}

/** Nobody else votes, and no quorum agrees. */
function undecided<T extends { readonly nodeId: string }>({ contract }: NodeCall<T>, { isSame, differenceOf }: AgreementRules<T>, { answers, refusals, needed, failure }: Votes<T>): SelvedgeError {
  const rebuild = refusals.find(isToBeRebuilt);
  if (rebuild !== undefined) return rebuild.refusal;
  const groups = groupAnswers(answers, isSame);
  const most = mostFrequent(refusals);
  const [first, ...others] = groups;
  if (first === undefined || others.length === 0) return most?.refusal ?? tooFew(needed, answers.length, failure);
  const differences = others.map(([other]) => differenceOf(first[0], other));
  return describeDisagreement({
    contract,
    groups: groups.map((group, i) => ({ nodeIds: group.map(({ nodeId }) => nodeId), differs: differences[i - 1]?.differs ?? '' })),
    refusals,
    isOfState: differences.every(({ isOfState }) => isOfState),
  });
}
