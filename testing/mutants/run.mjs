// Removes each security check in turn, one change each, and runs the tests that must notice. A mutant that survives
// fails the run. docs/invariants.md is generated from the same list.
//   node testing/mutants/run.mjs [--only TEXT,TEXT] [--report FILE] [--write-docs | --print-docs]
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.mjs';
import { renderInvariants } from './render-invariants.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const LANES = 2;
/** A removed check may leave a test waiting or looping; that is noticed too. */
const STALL_MS = 90_000;

const USAGE = 'usage: node testing/mutants/run.mjs [--only TEXT,TEXT] [--report FILE] [--write-docs | --print-docs]';
const FLAGS = ['--write-docs', '--print-docs'];
const OPTIONS = ['--only', '--report'];

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

/** A lane is a process that keeps vitest warm; it is replaced when a mutant makes it stall. */
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
    run: (mutant) =>
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
          finish({ outcome: 'killed', how: 'stalled', isLaneLost: true });
        }, STALL_MS);
        child.on('message', onMessage);
        child.on('exit', onExit);
        child.send(mutant);
      }),
  };
}

async function runAll(mutants) {
  const queue = [...mutants];
  const results = [];
  const worker = async () => {
    let lane = startLane();
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const result = await lane.run(mutant);
      if (result.isLaneLost) lane = startLane();
      results.push(result);
      const mark = result.outcome === 'killed' ? `killed${result.how === undefined ? '' : ` (${result.how})`}` : result.outcome.toUpperCase();
      console.log(`${String(results.length).padStart(3)}/${mutants.length} ${mark} ${mutant.id}`);
      if (result.outcome === 'broken') console.error(result.detail);
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
  if (process.argv.includes('--only') && !only) {
    console.error(`--only needs a part of an id\n${USAGE}`);
    return 2;
  }
  // Neighbours share tests, so a lane finds them warm.
  const chosen = MUTANTS.filter((mutant) => only === undefined || only.split(',').some((text) => mutant.id.includes(text))).sort((a, b) => (a.tests.join() < b.tests.join() ? -1 : 1));
  const faults = faultsOf(chosen);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;
  const results = await runAll(chosen);
  const killed = results.filter((result) => result.outcome === 'killed').length;
  const report = option('--report');
  if (report !== undefined) writeFileSync(report, JSON.stringify({ numPassedTests: killed, numFailedTests: results.length - killed }));
  console.log(`${killed} of ${results.length} mutants killed`);
  return killed === results.length && results.length > 0 ? 0 : 1;
}

process.exitCode = await main();
