import type { UnmetCondition } from './facts.js';

const MAX_CONDITIONS = 32;
const LINE = /^not ready: ([a-z-]{1,32}): ([A-Za-z_ ]{1,64})$/;

/** The conditions that a /readyz page names; a line of another form is left out: a page is not believed on more than codes and phrases. */
export function parseReadinessPage(text: string): UnmetCondition[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const [, check, reason] = LINE.exec(line) ?? [];
      return check === undefined || reason === undefined ? [] : [{ check, reason }];
    })
    .slice(0, MAX_CONDITIONS);
}
