// `npm test`: installs and builds what is missing, then every check; ends with one count over all of them.
//   node scripts/test.mjs [--soak] [STAGE ...]
//   --soak: crashes, races and the like are repeated as often as it takes to trust them, not a few times; it takes hours.
//   STAGE: a word of a stage's name; only those stages run.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { install, root } from './setup.mjs';

const reports = path.join(root, '.cache/reports');
/** On a machine where everything takes longer than this, the last stages leave out what they do not come to, and say so. */
const MAX_MINUTES = Number(process.env.SELVEDGE_TEST_MINUTES ?? 75);
const MINUTE_MS = 60_000;
const MIN_BOUNDED_MINUTES = 3;
const MEMORY_FOLDER = '/dev/shm';
const MIN_MEMORY_BYTES = 4 * 1024 ** 3;
const OPEN_TO_ALL = 0o1777;

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Stages in order. `report` names the file in which a stage counts its tests; other stages count as one test each. */
const STAGES = [
  { name: 'build', args: ['scripts/build.mjs'] },
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', ...scripts.lint.split(' ').slice(1)] },
  { name: 'dependency graph', args: ['scripts/graph.mjs'] },
  { name: 'generated files', args: ['scripts/check-generated.mjs'] },
  { name: 'unit, property and compliance tests', args: vitest('unit'), report: 'unit.json' },
  { name: 'end-to-end tests', args: vitest('e2e'), report: 'e2e.json' },
  { name: 'mutants', args: ['testing/mutants/run.mjs'], report: 'mutants.json', isBounded: true },
];

function vitest(project) {
  return ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--reporter=default', `--reporter=${path.join(root, 'scripts/summary-reporter.mjs')}`];
}

/** Where the tests' networks keep their stores: in memory where there is room, which takes a third off their time. undefined: where this machine puts such files. */
function makeStoresFolder() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    if (bavail * bsize < MIN_MEMORY_BYTES) return undefined;
    const folder = mkdtempSync(path.join(MEMORY_FOLDER, 'selvedge-tests-'));
    chmodSync(folder, OPEN_TO_ALL); // as the folder that it stands in for: a database runs as a user of its own
    return folder;
  } catch {
    return undefined;
  }
}

function execute(args, report) {
  const env = { ...process.env, ...(stores && { TMPDIR: stores }), ...(report && { SELVEDGE_TEST_REPORT: path.join(reports, report) }) };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** What a stage counted; without it the stage has failed as a whole. `failures`: a line for each, so that the end of a long run's output tells it all. */
function countReport(file) {
  try {
    return JSON.parse(readFileSync(path.join(reports, file), 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ['it ended before it had counted its tests'] };
  }
}

const isSoak = process.argv.includes('--soak');
const only = process.argv.slice(2).filter((word) => word !== '--soak');
const unknown = only.find((word) => !STAGES.some(({ name }) => name.includes(word)));
if (unknown !== undefined || !(MAX_MINUTES > 0)) {
  console.error(unknown === undefined ? 'SELVEDGE_TEST_MINUTES is no number of minutes' : `no stage is named ${unknown}`);
  console.error(`usage: npm test -- [--soak] [STAGE ...]\nstages: ${STAGES.map(({ name }) => name).join('; ')}`);
  process.exit(2);
}

install();
const stores = makeStoresFolder();
process.on('exit', () => stores && rmSync(stores, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
if (isSoak) process.env.SELVEDGE_SOAK = '1';
else process.env.SELVEDGE_TEST_DEADLINE = String(Date.now() + MAX_MINUTES * MINUTE_MS - performance.now());
const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const stage of STAGES) {
  if (only.length > 0 && !only.some((word) => stage.name.includes(word))) continue;
  console.log(`\n== ${stage.name}`);
  const started = performance.now();
  const minutesLeft = Math.max(MIN_BOUNDED_MINUTES, MAX_MINUTES - performance.now() / MINUTE_MS);
  const code = await execute([...stage.args, ...(stage.isBounded && !isSoak ? ['--minutes', minutesLeft.toFixed(1)] : [])], stage.report);
  const counted = stage.report === undefined ? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 } : countReport(stage.report);
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  for (const key of Object.keys(total)) total[key] += counted[key];
  lines.push(`${counted.failed === 0 ? 'ok    ' : 'FAILED'} ${stage.name}: ${counted.passed} passed, ${counted.failed} failed${counted.skipped > 0 ? `, ${counted.skipped} skipped` : ''} (${Math.round((performance.now() - started) / 1000)} s)`, ...(counted.failures ?? []).map((failure) => `       ${failure}`));
  if (stage.name === 'build' && code !== 0) break;
}
console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 ? 0 : 1);
