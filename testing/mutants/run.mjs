// Removes each security check in turn, one change each, and runs the tests that must notice. A mutant that survives
// fails the run. docs/invariants.md is generated from the same list.
//   node testing/mutants/run.mjs [--only TEXT,TEXT] [--minutes N] [--remember] [--write-docs | --print-docs]
//   --minutes: begin no mutant after that time; those that were not run are counted. Each day such a run begins at others.
//   On a terminal every mutant has a line; elsewhere those that were not killed, and now and then how far it is.
//   --remember: write which test noticed each mutant, for later runs to ask first.
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beginningOfDay } from '../../scripts/day.mjs';
import { MUTANTS } from './mutants.mjs';
import { renderInvariants } from './render-invariants.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** Of each mutant: the test that noticed it. A run asks that one first; `--remember` writes what the run has found. */
const NOTICED_BY = path.join(root, 'testing/mutants/noticed-by.json');
const LANES = 2;
/** A removed check may leave a test waiting or looping; that is noticed too. */
const STALL_MS = 90_000;
/** Where nobody watches, the rest of a long run's output must not drown in lines of what went well. */
const LINE_EACH = 50;

const USAGE = 'usage: node testing/mutants/run.mjs [--only TEXT,TEXT] [--minutes N] [--remember] [--write-docs | --print-docs]';
const FLAGS = ['--remember', '--write-docs', '--print-docs'];
const OPTIONS = ['--only', '--minutes'];

/** The first argument that is no option here: the whole run takes too long to begin by mistake. */
function unknownArgument() {
  const args = process.argv.slice(2);
  return args.find((arg, i) => !FLAGS.includes(arg) && !OPTIONS.includes(arg) && !OPTIONS.includes(args[i - 1]));
}

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Faults in the list itself: text that does not occur exactly once, or an id used twice. */
function faultsOf(mutants) {
  const ids = new Set();
  return mutants.flatMap((mutant) => {
    const faults = [];
    if (ids.has(mutant.id)) faults.push(`${mutant.id}: id used twice`);
    ids.add(mutant.id);
    const occurrences = readFileSync(path.join(root, mutant.file), 'utf8').split(mutant.find).length - 1;
    if (occurrences !== 1) faults.push(`${mutant.id}: its text occurs ${occurrences} times in ${mutant.file}`);
    return faults;
  });
}

/** A process that keeps vitest warm, which is replaced when a mutant makes it stall. */
function createLane() {
  let lane = startLane();
  return {
    end: () => lane.end(),
    run: async (request) => {
      const result = await lane.run(request);
      if (result.isLaneLost) lane = startLane();
      return result;
    },
  };
}

function startLane() {
  const child = fork(fileURLToPath(new URL('./lane.mjs', import.meta.url)), { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2_000);
  });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL'); // vitest's workers are in the lane's own process group
    } catch {
      // it has ended already
    }
  };
  return {
    end,
    run: (request) =>
      new Promise((resolve) => {
        const finish = (result) => {
          clearTimeout(timer);
          child.off('message', onMessage);
          child.off('exit', onExit);
          resolve(result);
        };
        const onMessage = (message) => finish(message);
        const onExit = () => finish({ outcome: 'broken', detail: errors, isLaneLost: true });
        const timer = setTimeout(() => {
          end();
          finish({ outcome: 'failed', how: 'stalled', isLaneLost: true });
        }, STALL_MS);
        child.on('message', onMessage);
        child.on('exit', onExit);
        child.send(request);
      }),
  };
}

/** Mutants that the same tests must notice: they share a worker, which reads those tests and their sources once. */
function groupByTests(mutants) {
  const groups = new Map();
  for (const mutant of mutants) {
    const key = mutant.tests.join();
    groups.set(key, [...(groups.get(key) ?? []), mutant]);
  }
  return [...groups.values()];
}

/** The test that noticed each mutant in the run that was remembered: asked first, and alone. */
function readNoticedBy() {
  return JSON.parse(readFileSync(NOTICED_BY, 'utf8'));
}

function namesOf(found) {
  return [...new Set(found.flatMap(({ result }) => result.by ?? []))];
}

/** After each group: a run that is ended early has taught what it found. */
function remember(results) {
  const known = new Set(MUTANTS.map(({ id }) => id));
  const noticedBy = { ...readNoticedBy(), ...Object.fromEntries([...results].flatMap(([id, { by }]) => (by === undefined ? [] : [[id, by]]))) };
  const entries = Object.entries(noticedBy).filter(([id]) => known.has(id)).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(NOTICED_BY, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

/** Runs the mutants of one group in a lane, which keeps what it loaded. */
async function runGroup(group, lane, { noticedBy, isOver, report }) {
  const [{ tests }] = group;
  const alone = (mutant) => lane.run({ tests, mutant, isFresh: true });
  const found = [];
  for (const mutant of group) {
    if (isOver()) break;
    // The test that noticed it before, or those that noticed its neighbours; the others after that.
    const first = noticedBy[mutant.id] === undefined ? namesOf(found) : [noticedBy[mutant.id]];
    let result = first.length === 0 ? undefined : await lane.run({ tests, mutant, names: first });
    if (result?.outcome !== 'failed') result = await lane.run({ tests, mutant });
    // Only what a worker says that has run nothing before counts against a mutant.
    if (result.outcome !== 'failed') result = await alone(mutant);
    report(mutant, result);
    found.push({ mutant, result });
  }
  // What one mutant leaves behind may not pass for what the next one does: without any, the same tests pass.
  const names = namesOf(found);
  if (names.length === 0 || (await lane.run({ tests, names })).outcome === 'passed') return;
  console.log('     the tests fail without a mutant too where these have run: each again in a worker of its own');
  for (const { mutant } of found) report(mutant, await alone(mutant));
}

async function runAll(mutants, { isRemembering, maxMs }) {
  const started = performance.now();
  const isOver = () => performance.now() - started > maxMs;
  const groups = groupByTests(mutants);
  const first = maxMs === Infinity ? 0 : beginningOfDay(groups.length);
  const queue = [...groups.slice(first), ...groups.slice(0, first)];
  const noticedBy = readNoticedBy();
  const results = new Map();
  const report = (mutant, result) => {
    const verdict = { failed: 'killed', passed: 'SURVIVED', broken: 'BROKEN' }[result.outcome];
    results.set(mutant.id, { verdict, by: result.by });
    if (process.stdout.isTTY || verdict !== 'killed' || results.size % LINE_EACH === 0) console.log(`${String(results.size).padStart(4)}/${mutants.length} ${verdict}${result.how === undefined ? '' : ` (${result.how})`} ${mutant.id}`);
    if (result.outcome === 'broken') console.error(result.detail);
  };
  const worker = async () => {
    const lane = createLane();
    for (let group = queue.shift(); group !== undefined && !isOver(); group = queue.shift()) {
      await runGroup(group, lane, { noticedBy, isOver, report });
      if (isRemembering) remember(results);
    }
    lane.end();
  };
  await Promise.all(Array.from({ length: LANES }, worker));
  return results;
}

async function main() {
  const unknown = unknownArgument();
  if (unknown !== undefined) {
    console.error(unknown === '--help' ? USAGE : `unknown argument ${unknown}\n${USAGE}`);
    return unknown === '--help' ? 0 : 2;
  }
  const docs = renderInvariants(MUTANTS);
  if (process.argv.includes('--print-docs')) {
    // Checked with the generated files already, which takes a second: a text that code has left behind removes nothing.
    const faults = faultsOf(MUTANTS);
    for (const fault of faults) console.error(fault);
    process.stdout.write(docs);
    return faults.length === 0 ? 0 : 1;
  }
  if (process.argv.includes('--write-docs')) {
    writeFileSync(path.join(root, 'docs/invariants.md'), docs);
    return 0;
  }
  const only = option('--only');
  const minutes = Number(option('--minutes') ?? Infinity);
  if (Number.isNaN(minutes)) {
    console.error(`--minutes needs a number\n${USAGE}`);
    return 2;
  }
  if (process.argv.includes('--only') && !only) {
    console.error(`--only needs a part of an id\n${USAGE}`);
    return 2;
  }
  const chosen = MUTANTS.filter((mutant) => only === undefined || only.split(',').some((text) => mutant.id.includes(text)));
  const faults = faultsOf(chosen);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;
  const results = await runAll(chosen, { isRemembering: process.argv.includes('--remember'), maxMs: minutes * 60_000 });
  const killed = [...results.values()].filter(({ verdict }) => verdict === 'killed').length;
  const failures = [...results].filter(([, { verdict }]) => verdict !== 'killed').map(([id, { verdict }]) => `${verdict} ${id}`);
  const report = process.env.SELVEDGE_TEST_REPORT; // as scripts/summary-reporter.mjs has it
  if (report !== undefined) writeFileSync(report, JSON.stringify({ passed: killed, failed: failures.length, skipped: chosen.length - results.size, failures }));
  console.log(`${killed} of ${results.size} mutants killed`);
  if (results.size < chosen.length) console.log(`${chosen.length - results.size} mutants were not run, since their time was over: npm run test:mutants runs all`);
  return killed === results.size && results.size > 0 ? 0 : 1;
}

process.exitCode = await main();
