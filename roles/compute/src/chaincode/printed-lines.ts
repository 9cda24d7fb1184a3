import { stripVTControlCharacters } from 'node:util';
import { REFUSAL_MARK } from './preload/source.js';

const MAX_LINES = 12;
const MAX_LINE_CHARACTERS = 240;
/** Of what was printed last, and of each line before it is matched: that takes time by the square of its length. */
const MAX_CHARACTERS = 64 * 1024;
const MAX_MATCHED_CHARACTERS = 1_024;

/** Lines of a stack that are Node's own, or of libraries. */
const FOREIGN_FRAME = /^\s+at .*(?:\(|\s)(?:node:|.*\/node_modules\/)/;
/** Everything that is not text: it goes to a terminal. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The last lines that a chaincode printed, such as tell its author why it ended: without other people's stack frames, and without what a terminal would act on. */
export function printedLines(text: string): string[] {
  return stripVTControlCharacters(text.slice(-MAX_CHARACTERS))
    .split(/\r?\n/)
    .map((line) => line.slice(0, MAX_MATCHED_CHARACTERS))
    .filter((line) => !line.startsWith(REFUSAL_MARK) && !FOREIGN_FRAME.test(line) && line.trim() !== '')
    .slice(-MAX_LINES)
    .map((line) => line.replace(CONTROL, '').slice(0, MAX_LINE_CHARACTERS));
}
