import { expect } from 'vitest';
import type { Case, Expectation, Language } from './case.js';
import { runArgs, type Outcome, type World } from './world.js';

/** All that Java’s shim tells of an error of the peer. */
const JAVA_ERROR = /^\[[0-9a-f]{8}\]Unsuccessful response received\.$/;

/** What the chaincodes say of a call that their shim does not have. */
const NOT_THERE = 'no such call in this shim';

/** How a case ended, as results.json keeps it: without what differs from run to run. */
export type RecordedOutcome = string;
export const NOT_IN_SHIM: RecordedOutcome = 'not in this shim';
export const NOT_RUN: RecordedOutcome = 'not run';

/**
 * Runs a case and holds what comes of it against what is expected.
 *
 * @returns what is recorded of it
 */
export async function runCase(world: World, it: Case, language: Language): Promise<RecordedOutcome> {
  // The contract API above Node's shim is not Go's or Java's: there is nothing of it to run there, and the table says so.
  if (it.apiOf !== undefined && it.apiOf !== language) return NOT_RUN;
  if (it.given !== undefined) {
    const given = await world.ask({ args: runArgs(it.given) });
    if (given.kind !== 'payload') return notThere(given) ?? expect.fail(`given: ${JSON.stringify(given)}`);
  }
  const { as, args = [], transient = {} } = it;
  const outcome = await world.ask({
    args: it.steps.length === 0 ? args.map((arg) => Buffer.from(arg)) : runArgs(it.steps, ...args),
    transient: new Map(Object.entries(transient)),
    ...(as === undefined ? {} : { as }),
    kind: it.evaluate === true ? 'evaluate' : 'submit',
  });
  const missing = notThere(outcome);
  if (missing !== undefined) return missing;
  const recorded = verify(it, it.instead?.[language] ?? it.expect, outcome, language);
  if (it.event !== undefined) expect(outcome.kind === 'payload' ? outcome.event : null).toEqual(it.event);
  if (it.after !== undefined) {
    const read = await world.ask({ args: runArgs(it.after.steps), kind: 'evaluate' });
    verifyReturned(it.after.returns, lastOf(read));
  }
  return recorded;
}

const notThere = (outcome: Outcome): RecordedOutcome | undefined => (outcome.kind === 'error' && outcome.text.includes(NOT_THERE) ? NOT_IN_SHIM : undefined);

function verify({ steps }: Case, expected: Expectation, outcome: Outcome, language: Language): RecordedOutcome {
  if ('returns' in expected) {
    verifyReturned(expected.returns, steps.length === 0 && outcome.kind === 'payload' ? outcome.payload : lastOf(outcome));
    return 'returns';
  }
  if ('error' in expected) {
    expect(outcome).toEqual({ kind: 'error', text: expect.stringMatching(language === 'java' ? new RegExp(`${expected.error.source}|${JAVA_ERROR.source}`) : expected.error) as string });
    return `error: ${(outcome as { text: string }).text.replace(/[0-9a-f]{64}/g, '<txId>').replace(/^\[[0-9a-f]{8}\]/, '[<txId>]').replace(/k{100,}/g, 'k…')}`;
  }
  expect(outcome).toMatchObject({ kind: 'refused', code: expected.refused, ...(expected.text === undefined ? {} : { text: expect.stringMatching(expected.text) as string }) });
  const { code, text } = outcome as { code: string; text: string };
  return `${code}: ${text}`;
}

function verifyReturned(expected: unknown, actual: unknown): void {
  if (expected instanceof RegExp) expect(JSON.stringify(actual)).toMatch(expected);
  else expect(actual).toEqual(expected);
}

/** What the last call returned. */
function lastOf(outcome: Outcome): unknown {
  expect(outcome).toMatchObject({ kind: 'payload' });
  return (JSON.parse((outcome as { payload: string }).payload) as unknown[]).at(-1);
}
