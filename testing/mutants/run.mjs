// Removes each security check in turn, one change each, and runs the tests that must notice. A mutant that survives
// fails the run. docs/invariants.md is generated from the same list.
//   node testing/mutants/run.mjs [--only TEXT] [--report FILE] [--write-docs | --print-docs]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.mjs';
import { renderInvariants } from './render-invariants.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const PARALLEL = 2;

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

/** Runs the mutant's tests. Killed means that a test ran and failed; a run that could not start is a fault of the list. */
function runMutant(mutant, folder) {
  const change = path.join(folder, `${mutant.id}.json`);
  const report = path.join(folder, `${mutant.id}.report.json`);
  writeFileSync(change, JSON.stringify({ file: mutant.file, find: mutant.find, replace: mutant.replace }));
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--bail', '1', '--reporter=json', `--outputFile=${report}`, ...mutant.tests];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, SELVEDGE_MUTANT: change } });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-2_000);
    });
    child.on('exit', () => {
      try {
        const result = JSON.parse(readFileSync(report, 'utf8'));
        if (result.numFailedTests > 0) resolve({ mutant, outcome: 'killed' });
        else if (result.numPassedTests > 0 && result.success) resolve({ mutant, outcome: 'survived' });
        else resolve({ mutant, outcome: 'broken', detail: result.testResults?.[0]?.message ?? errors });
      } catch {
        resolve({ mutant, outcome: 'broken', detail: errors });
      }
    });
  });
}

async function main() {
  const docs = renderInvariants(MUTANTS);
  if (process.argv.includes('--print-docs')) {
    process.stdout.write(docs);
    return 0;
  }
  if (process.argv.includes('--write-docs')) {
    writeFileSync(path.join(root, 'docs/invariants.md'), docs);
    return 0;
  }
  const only = option('--only');
  const chosen = MUTANTS.filter((mutant) => only === undefined || mutant.id.includes(only));
  const faults = faultsOf(chosen);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;

  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-mutants-'));
  const queue = [...chosen];
  const results = [];
  const worker = async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const result = await runMutant(mutant, folder);
      results.push(result);
      const mark = result.outcome === 'killed' ? 'killed  ' : result.outcome.toUpperCase();
      console.log(`${String(results.length).padStart(3)}/${chosen.length} ${mark} ${mutant.id}: ${mutant.check}`);
      if (result.outcome === 'broken') console.error(result.detail);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  rmSync(folder, { recursive: true, force: true });
  const killed = results.filter((result) => result.outcome === 'killed').length;
  const report = option('--report');
  if (report !== undefined) writeFileSync(report, JSON.stringify({ numPassedTests: killed, numFailedTests: results.length - killed }));
  console.log(`${killed} of ${results.length} mutants killed`);
  return killed === results.length && results.length > 0 ? 0 : 1;
}

process.exitCode = await main();
