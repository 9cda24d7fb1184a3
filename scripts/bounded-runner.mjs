// vitest's runner for end-to-end tests: a file whose turn comes after SELVEDGE_TEST_DEADLINE (ms since 1970) is left out, and says
// so. scripts/test.mjs sets it, so that a slow machine ends in its time.
import { TestRunner } from 'vitest';

const deadlineMs = Number(process.env.SELVEDGE_TEST_DEADLINE ?? Infinity);

function leaveOut(task) {
  task.mode = 'skip';
  for (const part of task.tasks ?? []) leaveOut(part);
}

export default class BoundedRunner extends TestRunner {
  onBeforeRunFiles(files) {
    if (Date.now() < deadlineMs) return;
    for (const file of files) {
      leaveOut(file);
      process.stdout.write(`left out, since the time of this run is over: ${file.name}\n`);
    }
  }
}
