// Keeps one vitest warm and runs mutant after mutant in it: {file, find, replace, tests} in, {outcome} out.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVitest } from 'vitest/node';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const vitest = await createVitest('test', { watch: true, root, project: ['unit'], reporters: [{}], bail: 1, maxWorkers: 1, fileParallelism: false });
await vitest.standalone();
const specifications = await vitest.globTestSpecifications();

/** Runs tests; what failed, and whether each failure is that time was over. */
async function run(chosen) {
  const { testModules } = await vitest.runTestSpecifications(chosen);
  const results = testModules.flatMap((module) => [...module.children.allTests()].map((test) => test.result()));
  const failures = results.filter(({ state }) => state === 'failed');
  return {
    hasPassed: results.some(({ state }) => state === 'passed'),
    hasFailed: failures.length > 0,
    isOverdue: failures.every(({ errors = [] }) => errors.some(({ message }) => /timed out in \d+ms/.test(message))),
    errors: testModules.flatMap((module) => module.errors().map((error) => error.message)),
  };
}

async function runMutant({ file, find, replace, tests }) {
  const wanted = new Set(tests.map((test) => path.join(root, test)));
  const chosen = specifications.filter(({ moduleId }) => wanted.has(moduleId));
  if (chosen.length !== wanted.size) return { outcome: 'broken', detail: `no such test among ${tests.join(', ')}` };
  const place = (mutant) => {
    globalThis.selvedgeMutant = mutant;
    vitest.invalidateFile(path.join(root, file));
  };
  place({ file, find, replace });
  try {
    const { hasPassed, hasFailed, isOverdue, errors } = await run(chosen);
    if (hasFailed && isOverdue) {
      // A mutant that hangs is noticed; a machine that is too slow for the tests notices nothing.
      place(undefined);
      if ((await run(chosen)).hasFailed) return { outcome: 'broken', detail: 'the tests run out of time without the mutant too' };
    }
    if (hasFailed) return { outcome: 'killed' };
    if (errors.length > 0) return { outcome: 'broken', detail: errors.join('\n') };
    return hasPassed ? { outcome: 'survived' } : { outcome: 'broken', detail: 'no test ran' };
  } finally {
    place(undefined);
  }
}

process.on('message', (mutant) => {
  runMutant(mutant).then(
    (result) => process.send(result),
    (error) => process.send({ outcome: 'broken', detail: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
