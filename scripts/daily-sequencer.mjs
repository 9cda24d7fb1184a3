// vitest's order of test files, the longest first; where scripts/test.mjs gives the run an end, it begins at other files each day.
import { BaseSequencer } from 'vitest/node';
import { beginningOfDay } from './day.mjs';

export default class DailySequencer extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    if (process.env.SELVEDGE_TEST_DEADLINE === undefined || sorted[0]?.project.name !== 'e2e') return sorted;
    const first = beginningOfDay(sorted.length);
    return [...sorted.slice(first), ...sorted.slice(0, first)];
  }
}
