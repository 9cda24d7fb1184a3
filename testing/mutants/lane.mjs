// Keeps one vitest, and its worker, warm and runs tests in it: {tests, names, mutant, isFresh} in, {outcome, by} out.
//   names: full names of the only tests to run; none: all of the files.
//   mutant: {file, find, replace}; none: the sources as they are.
//   isFresh: in a worker that has run nothing before.
//   by: the test that failed.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVitest } from 'vitest/node';
import { createKeptPool } from '../../scripts/kept-pool.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const { pool, end: endWorker } = createKeptPool();
const vitest = await createVitest('test', { watch: true, root, project: ['unit'], reporters: [{}], bail: 1, maxWorkers: 1, fileParallelism: false, pool });
await vitest.standalone();

const specifications = new Map((await vitest.globTestSpecifications()).map((specification) => [specification.moduleId, specification]));

/** vitest compares a pattern with the names of a test and its suites, a space between them. */
function patternOf(names) {
  return new RegExp(`^(?:${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})$`);
}

const fullNameOf = (test) => test.fullName.split(' > ').join(' ');

/** Runs tests; what failed, and whether each failure is that time was over. */
async function runTests(files, names) {
  const options = names === undefined ? undefined : { testNamePattern: patternOf(names) };
  const chosen = files.map((file) => specifications.get(path.join(root, file))).map(({ project, moduleId }) => project.createSpecification(moduleId, options));
  // Told of a run is every module of the runs before it too.
  const { testModules: all } = await vitest.runTestSpecifications(chosen);
  const testModules = all.filter((module) => chosen.some(({ moduleId }) => moduleId === module.moduleId));
  const results = testModules.flatMap((module) => [...module.children.allTests()]);
  const failed = results.filter((test) => test.result().state === 'failed');
  return {
    hasPassed: results.some((test) => test.result().state === 'passed'),
    failed: failed.map(fullNameOf),
    isOverdue: failed.every((test) => test.result().errors.some(({ message }) => /timed out in \d+ms/.test(message))),
    errors: testModules.flatMap((module) => module.errors().map((error) => error.message)),
  };
}

/** The change that vitest.config.ts makes to one source as it is loaded. */
function place(mutant) {
  const before = globalThis.selvedgeMutant;
  globalThis.selvedgeMutant = mutant;
  for (const change of [before, mutant]) {
    if (change === undefined) continue;
    const file = path.join(root, change.file);
    vitest.invalidateFile(file);
    // The worker, which keeps the text of every source that it has read, is told with the next run.
    vitest.watcher.invalidates.add(file);
  }
}

async function run({ tests, names, mutant, isFresh }) {
  const missing = tests.filter((file) => !specifications.has(path.join(root, file)));
  if (missing.length > 0) return { outcome: 'broken', detail: `no such test: ${missing.join(', ')}` };
  if (isFresh) endWorker();
  place(mutant);
  const { hasPassed, failed, isOverdue, errors } = await runTests(tests, names);
  if (mutant !== undefined && failed.length > 0 && isOverdue) {
    // A mutant that hangs is noticed; a machine that is too slow for the tests notices nothing.
    endWorker();
    place(undefined);
    if ((await runTests(tests, names)).failed.length > 0) return { outcome: 'broken', detail: 'the tests run out of time without the mutant too' };
  }
  if (failed.length > 0) return { outcome: 'failed', by: failed[0] };
  if (errors.length > 0) return { outcome: 'broken', detail: errors.join('\n') };
  return hasPassed ? { outcome: 'passed' } : { outcome: 'broken', detail: 'no test ran' };
}

process.on('message', (request) => {
  run(request).then(
    (result) => process.send(result),
    (error) => process.send({ outcome: 'broken', detail: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
