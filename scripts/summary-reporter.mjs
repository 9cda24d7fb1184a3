// vitest's reporter for scripts/test.mjs: writes counts, and a line for whatever failed, to the file SELVEDGE_TEST_REPORT. Besides tests, hooks and
// whole files fail, and what nobody waited for; vitest's own JSON tells the reason of the tests' alone.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const MAX_REASON_CHARACTERS = 300;

/** @param {readonly { readonly message?: string }[]} errors */
function reasonOf(errors) {
  return String(errors[0]?.message ?? 'no reason was given').split('\n')[0].slice(0, MAX_REASON_CHARACTERS);
}

export default class SummaryReporter {
  #file = process.env.SELVEDGE_TEST_REPORT;

  onInit() {
    if (this.#file === undefined) throw new Error('SELVEDGE_TEST_REPORT names no file to count the tests in');
  }

  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures = [];
    const fail = (where, errors) => {
      counts.failed += 1;
      failures.push(`${where}: ${reasonOf(errors)}`);
    };
    for (const module of modules) {
      const file = path.relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) fail(`${file}: the file as a whole`, module.errors());
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) fail(`${file}: before or after the tests of "${suite.fullName}"`, suite.errors());
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'failed') fail(`${file}: ${test.fullName}`, errors);
        else counts[state === 'passed' ? 'passed' : 'skipped'] += 1;
      }
    }
    for (const error of unhandledErrors) fail('outside of any test', [error]);
    writeFileSync(this.#file, JSON.stringify({ ...counts, failures }));
  }
}
