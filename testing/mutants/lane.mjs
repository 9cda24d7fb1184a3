// Keeps one vitest warm and runs mutant after mutant in it: {file, find, replace, tests} in, {outcome} out.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVitest } from 'vitest/node';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const vitest = await createVitest('test', { watch: true, root, project: ['unit'], reporters: [{}], bail: 1, maxWorkers: 1, fileParallelism: false });
await vitest.standalone();
const specifications = await vitest.globTestSpecifications();

async function runMutant({ file, find, replace, tests }) {
  const wanted = new Set(tests.map((test) => path.join(root, test)));
  const chosen = specifications.filter(({ moduleId }) => wanted.has(moduleId));
  if (chosen.length !== wanted.size) return { outcome: 'broken', detail: `no such test among ${tests.join(', ')}` };
  globalThis.selvedgeMutant = { file, find, replace };
  vitest.invalidateFile(path.join(root, file));
  try {
    const { testModules } = await vitest.runTestSpecifications(chosen);
    const results = testModules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const errors = testModules.flatMap((module) => module.errors().map((error) => error.message));
    if (results.includes('failed')) return { outcome: 'killed' };
    if (errors.length > 0) return { outcome: 'broken', detail: errors.join('\n') };
    return results.includes('passed') ? { outcome: 'survived' } : { outcome: 'broken', detail: 'no test ran' };
  } finally {
    globalThis.selvedgeMutant = undefined;
    vitest.invalidateFile(path.join(root, file));
  }
}

process.on('message', (mutant) => {
  runMutant(mutant).then(
    (result) => process.send(result),
    (error) => process.send({ outcome: 'broken', detail: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
