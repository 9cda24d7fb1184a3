import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LANGUAGES } from './case.js';
import { CASES } from './cases/index.js';
import { nameIn, uncovered, type ShimDescription } from './methods.js';
import { findChaincode, VARIABLES } from './packages.js';
import { openResults } from './results.js';
import { NOT_IN_SHIM, runCase } from './run-case.js';
import { startWorld, type World } from './world.js';

/** Set: the results are written instead of compared. */
const isWriting = process.env.SELVEDGE_COMPLIANCE_WRITE === '1';
const results = openResults();

it('no two cases are the same, and the results know no others', () => {
  const ids = CASES.map(({ method, kind, title }) => `${method}: ${kind}: ${title}`);
  expect(new Set(ids).size).toBe(ids.length);
  if (!isWriting) expect(results.cases()).toEqual(ids);
  const unsupported = CASES.filter(({ expect: expected, instead = {} }) => [expected, ...Object.values(instead)].some((one) => 'refused' in one && one.refused === 'CHAINCODE_UNSUPPORTED'));
  expect(unsupported.filter(({ note }) => note === undefined)).toEqual([]);
});

describe.each(LANGUAGES)('%s', (language) => {
  const chaincode = findChaincode(language);
  if (chaincode === undefined) {
    // Skipped because Go and Java chaincode is built beside the project, by compilers that a fresh machine has not; results.json keeps
    // what the last run with them found, and the test above holds the list of cases to it.
    const reason = `${VARIABLES[language as 'go']} names no directory with the built chaincode`;
    console.warn(`skipped: chaincode cases in ${language}, because ${reason}`);
    it('the cases', ({ skip }) => {
      skip(reason);
    });
    return;
  }
  let world: World;
  let shim: ShimDescription;
  beforeAll(async () => {
    world = await startWorld(chaincode.directory);
    const described = await world.ask({ args: [Buffer.from('methods')], kind: 'evaluate' });
    expect(described).toMatchObject({ kind: 'payload' });
    shim = JSON.parse((described as { payload: string }).payload) as ShimDescription;
  });
  afterAll(async () => {
    await world.close();
    chaincode.remove();
    if (isWriting) results.write(language, shim);
  });

  it('every method of the installed shim has a case', () => {
    expect(uncovered(language, shim, CASES.map(({ method }) => method))).toEqual([]);
  });

  it.each(CASES.map((one) => [one.method, one.kind, one.title, one] as const))('%s: %s: %s', async (method, _kind, _title, one) => {
    const outcome = await runCase(world, one, language);
    if (outcome === NOT_IN_SHIM) expect(shim.methods).not.toContain(nameIn(language, method));
    if (isWriting) results.record(one, language, outcome);
    else expect(outcome).toBe(results.outcome(one, language));
  });
});
