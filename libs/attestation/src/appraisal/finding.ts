import type { RefusalCode } from '@selvedge/errors';

/** What became of one rule of an appraisal policy. */
export interface AppraisalFinding {
  readonly rule: string;
  readonly isMet: boolean;
  readonly seen: string;
  readonly expected: string;
  /** What an unmet rule is refused with. */
  readonly code: RefusalCode;
}

/** A list for people: "a or b"; `none` when it is empty. */
export function oneOf(items: readonly string[], none = 'none is listed'): string {
  return items.length === 0 ? none : items.join(' or ');
}
