import { RE2JS } from 're2js';
import { couchError, shown } from './rich-query-error.js';

/** Longer patterns are refused: matching costs the text's length times the pattern's. */
const MAX_PATTERN_LENGTH = 1_000;
/** Steps of the compiled pattern. Nested repetitions multiply it. */
const MAX_PROGRAM_STEPS = 2_000;

/** A pattern that is matched in time linear in the text, whatever it is. */
export interface LinearRegex {
  readonly pattern: string;
  /** Units of work per character of text, at the worst. */
  readonly costPerCharacter: number;
  /** Whether the pattern occurs anywhere in the text. */
  isFoundIn(text: string): boolean;
}

/**
 * Compiles a `$regex`. CouchDB runs PCRE on the bytes of the UTF-8 text, where a pattern of a client can take exponential
 * time; RE2 takes linear time, and refuses what it cannot do so: look-around and back references.
 * Throws RichQueryError bad_arg.
 */
export function compileRegex(pattern: string): LinearRegex {
  const refused = (why: string): Error => couchError('bad_arg', `Bad argument for operator $regex: ${shown(pattern)}: ${why}`);
  if (pattern.length > MAX_PATTERN_LENGTH) throw refused(`a pattern has at most ${String(MAX_PATTERN_LENGTH)} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(bytesAsText(pattern));
  } catch (error) {
    throw refused(`${(error as Error).message} (patterns are RE2's: no look-around, no back references)`);
  }
  const steps = compiled.programSize();
  if (steps > MAX_PROGRAM_STEPS) throw refused('the pattern repeats too much');
  // PCRE's $ also stands before a final line feed, RE2's only at the very end.
  const hasDollar = pattern.includes('$') && !pattern.includes('\\z');
  return {
    pattern,
    costPerCharacter: Math.ceil(steps / 100),
    isFoundIn(text) {
      const subject = bytesAsText(text);
      if (compiled.matcher(subject).find()) return true;
      return hasDollar && subject.endsWith('\n') && compiled.matcher(subject.slice(0, -1)).find();
    },
  };
}

/** One character per byte of UTF-8: CouchDB's patterns see bytes, so that "." is one of them. */
function bytesAsText(text: string): string {
  return /^\p{ASCII}*$/u.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
