import { createProgram, type Terminal } from '@selvedge/cli';
import { textOf } from './page-snippets.js';

/** A line that a page has its reader type. */
export interface TypedCommand {
  readonly page: string;
  /** As it stands there. */
  readonly line: string;
  readonly words: readonly string[];
}

/** What begins a command: at the start of a line, or of what a subshell or another command is followed by. */
const TYPED = /(?:^|[(;&]\s*)(?:npx )?selvedge (\S.*)$/;

/** Command lines of a page: in its sh blocks and its indented ones. docs/cli.md shows usage, which is not typed. */
export function typedCommands(page: string): TypedCommand[] {
  const text = textOf(page);
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const indented = text.replaceAll(/^```[\s\S]*?^```/gm, '').split('\n').filter((line) => /^ {4}(npx )?selvedge /.test(line));
  return [...blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n')), ...indented].flatMap((line) => {
    const [, rest] = TYPED.exec(line.trim()) ?? [];
    return rest === undefined ? [] : [{ page, line: line.trim(), words: wordsOf(rest) }];
  });
}

/** Commands that a page names within its text, such as `selvedge keys epochs|re-encrypt`: one for each alternative. */
export function namedCommands(page: string): TypedCommand[] {
  const text = textOf(page).replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/`(?:npx )?selvedge ([^`]+)`/g)].flatMap(([line, rest = '']) => alternatives(wordsOf(rest)).map((words) => ({ page, line, words })));
}

function alternatives(words: readonly string[]): string[][] {
  return words.reduce<string[][]>((all, word) => all.flatMap((before) => (/^[a-z-]+(\|[a-z-]+)+$/.test(word) ? word.split('|') : [word]).map((one) => [...before, one])), [[]]);
}

/** Words of a shell's line: quotes kept together, comments, redirections and what follows the command left out. */
function wordsOf(text: string): string[] {
  const words = [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => ({ word: single ?? double ?? plain ?? '', isPlain: plain !== undefined }));
  const end = words.findIndex(({ word, isPlain }) => isPlain && /^(#.*|[|>&].*|&&|;|\)|\))$/.test(word));
  return words.slice(0, end === -1 ? words.length : end).map(({ word }) => word);
}

/**
 * Has the real command read a line, and do nothing. Resolves with what it says is wrong, undefined when nothing is.
 */
export async function complaintOf(words: readonly string[]): Promise<string | undefined> {
  const said: string[] = [];
  const program = harmless(said);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    return said.join(' ') || String(error);
  }
}

/** Whether words lead to a command, and its options exist: what a page names within its text is not a whole line. */
export function unknownIn(words: readonly string[]): string | undefined {
  let command = harmless([]);
  for (const [index, word] of words.entries()) {
    const next = command.commands.find((child) => child.name() === word);
    if (next !== undefined) command = next;
    else if (word.startsWith('-')) {
      const [flag = ''] = word.split('=');
      if (flag !== '--help' && ![...command.options, ...harmless([]).options].some(({ long, short }) => long === flag || short === flag)) return `there is no option ${flag}`;
    } else if (command.commands.length > 0 && word !== '…' && !/^[A-Z]+$/.test(word) && !(words[index - 1] ?? '').startsWith('-')) return `there is no command ${word}`;
  }
  return undefined;
}

/** The command with everything that it would do taken out. */
function harmless(said: string[]): ReturnType<typeof createProgram> {
  const terminal: Terminal = { out: () => undefined, err: (text) => said.push(text) };
  const program = createProgram(terminal);
  const still = (command: ReturnType<typeof createProgram>): void => {
    if (command.commands.length === 0) command.action(() => undefined);
    for (const child of command.commands) still(child);
  };
  still(program);
  return program;
}
