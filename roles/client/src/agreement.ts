import { withRole, type SelvedgeError } from '@selvedge/errors';
import { createAsking, tooFew, type NodeCall, type Vote } from './asking.js';
import { describeDisagreement, groupAnswers, mostFrequent, type OutvotedNode, type Refusal } from './domain/replicas.js';
import { isWorthRebuild } from './domain/retry.js';
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
  /** Whether what stands beside an answer holds, where it is to be put together with others'. Rejects where it does not. */
  readonly verify: (answer: T) => Promise<void>;
  /** How many more nodes must give this answer; without answers, how many must answer at all. */
  readonly missing: (answers: readonly T[]) => Promise<number>;
}

export interface AgreementOptions {
  /** Nodes that are asked at once. Default: as many as must agree. */
  readonly replicas?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has a call run by compute nodes until enough of them give one answer. Where votes differ others are asked as well, as long as
 * there are any: those that agree outvote the rest. Late answers are compared too, and noted in the session's replica record.
 * Throws a refusal that enough nodes gave, COMPUTE_QUORUM_NOT_MET when there are too few nodes, and as describeDisagreement.
 */
export async function executeOnQuorum<T extends { readonly nodeId: string }>(session: Session, call: NodeCall<T>, rules: AgreementRules<T>, { replicas = 0, signal }: AgreementOptions = {}): Promise<Agreement<T>> {
  const asking = await createAsking(session, call, signal);
  const answers: T[] = [];
  const refusals: Refusal[] = [];
  const checked = new Set<T>();
  let onLate: ((vote: Vote<T>) => void) | undefined;
  /** What a node sends counts for others only as far as it holds; of one that is asked alone endorsers judge that. */
  const dropUnsound = async (): Promise<void> => {
    for (const answer of answers.filter((each) => !checked.has(each))) {
      try {
        await rules.verify(answer);
        checked.add(answer);
      } catch (error) {
        answers.splice(answers.indexOf(answer), 1);
        refusals.push({ nodeId: answer.nodeId, refusal: withRole(error, 'client') });
      }
    }
  };
  try {
    const needed = await rules.missing([]);
    let wanted = needed;
    const isAlone = needed <= 1 && replicas <= 1;
    asking.ask(Math.max(needed, replicas));
    for (;;) {
      const vote = await asking.next();
      if (vote === undefined) throw undecided(call, rules, { answers, refusals, wanted, failure: asking.failure });
      if ('refusal' in vote) refusals.push(vote);
      else answers.push(vote.answer);
      if (!isAlone || answers.length + refusals.length > 1) await dropUnsound();
      const [largest, second] = groupAnswers(answers, rules.isSame);
      const missing = largest === undefined ? undefined : await rules.missing(largest);
      if (largest !== undefined && missing !== undefined && missing <= 0) {
        const agreement = agreementOf(largest, answers, refusals, rules);
        onLate = noteVotes(session, call.contract, agreement, rules);
        return agreement;
      }
      wanted = Math.max(needed, (largest?.length ?? 0) + (missing ?? 0));
      const most = mostFrequent(refusals);
      const isRefused = most !== undefined && most.count >= Math.max(needed, largest?.length ?? 0);
      if (isRefused && !isWorthRebuild(most.refusal.code)) throw most.refusal;
      if (most !== undefined || second !== undefined) asking.hurry();
      // A request that is to be built anew would be refused by others too.
      const isToBeRebuilt = answers.length === 0 && refusals.some(wantsRebuild);
      if (!isToBeRebuilt) asking.ask(Math.min(missing ?? needed, needed - (most?.count ?? 0)) - asking.awaited);
    }
  } finally {
    asking.end(onLate);
  }
}

const wantsRebuild = ({ refusal }: Refusal): boolean => isWorthRebuild(refusal.code);

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
  /** Nodes that were to agree. */
  readonly wanted: number;
  readonly failure: SelvedgeError | undefined;
}

/** Nobody else votes, and no quorum agrees. */
function undecided<T extends { readonly nodeId: string }>({ contract }: NodeCall<T>, { isSame, differenceOf }: AgreementRules<T>, { answers, refusals, wanted, failure }: Votes<T>): SelvedgeError {
  const rebuild = refusals.find(wantsRebuild);
  // Whoever has answered runs it again then, on the keys that the others are at.
  if (rebuild !== undefined) return rebuild.refusal;
  const groups = groupAnswers(answers, isSame);
  const most = mostFrequent(refusals);
  const [first, ...others] = groups;
  if (first === undefined || others.length === 0) return most?.refusal ?? tooFew(wanted, answers.length, failure);
  const differences = others.map(([other]) => differenceOf(first[0], other));
  return describeDisagreement({
    contract,
    groups: groups.map((group, i) => ({ nodeIds: group.map(({ nodeId }) => nodeId), differs: differences[i - 1]?.differs ?? '' })),
    refusals,
    isOfState: differences.every(({ isOfState }) => isOfState),
  });
}
