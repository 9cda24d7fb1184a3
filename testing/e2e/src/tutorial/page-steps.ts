/** What a page has its reader do, in order; each is marked by a comment before its block. */
export type PageStep =
  /** Commands of one terminal; expected: what it then shows, or undefined where the page does not say. */
  | { readonly kind: 'run' | 'refused'; readonly commands: readonly string[]; readonly expected: string | undefined }
  /** What was done before the page is run: the build. */
  | { readonly kind: 'built'; readonly commands: readonly string[] }
  /** A command that stays running, and what it shows when it is ready. */
  | { readonly kind: 'start'; readonly terminal: string; readonly command: string; readonly expected: string }
  /** What a running command shows after the steps before. */
  | { readonly kind: 'prints'; readonly terminal: string; readonly expected: string }
  | { readonly kind: 'file'; readonly file: string; readonly content: string }
  | { readonly kind: 'insert'; readonly file: string; readonly below: string; readonly content: string };

interface Block {
  readonly mark: string | undefined;
  readonly language: string;
  readonly text: string;
}

/** Every fenced block of a page, with the mark before it. */
function blocksOf(page: string): Block[] {
  return [...page.matchAll(/(?:<!-- test: (.+) -->\n)?```(\w*)\n([\s\S]*?)```/g)].map(([, mark, language = '', text = '']) => ({ mark, language, text }));
}

/** Takes a page apart. Throws for a block that no step accounts for: nothing on the page goes untested. */
export function readSteps(page: string): PageStep[] {
  const blocks = blocksOf(page);
  const steps: PageStep[] = [];
  for (let i = 0; i < blocks.length; i += 1) {
    const { mark, text } = blocks[i] as Block;
    if (mark === undefined) throw new Error(`a block of the page has no mark:\n${text}`);
    const next = blocks[i + 1];
    const output = next !== undefined && next.mark === undefined && next.language === 'text' ? next.text : undefined;
    const [word = '', ...rest] = mark.split(' ');
    if ((word === 'run' || word === 'refused' || word === 'start') && output !== undefined) i += 1;
    steps.push(readStep(word, rest, mark, text, output));
  }
  return steps;
}

function readStep(word: string, rest: readonly string[], mark: string, text: string, output: string | undefined): PageStep {
  const [first = ''] = rest;
  if (word === 'run' || word === 'refused') return { kind: word, commands: commandsOf(text), expected: output };
  if (word === 'built') return { kind: 'built', commands: commandsOf(text) };
  if (word === 'start' && output !== undefined) return { kind: 'start', terminal: first, command: commandsOf(text).join('\n'), expected: output };
  if (rest[0] === 'prints') return { kind: 'prints', terminal: word, expected: text };
  if (word === 'file') return { kind: 'file', file: first, content: text };
  const [, below] = /below "(.+)"$/.exec(mark) ?? [];
  if (word === 'insert' && below !== undefined) return { kind: 'insert', file: first, below, content: text };
  throw new Error(`the page has a mark that no test knows: ${mark}`);
}

const commandsOf = (text: string): string[] => text.split('\n').map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== '');

const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trimEnd()).filter((line) => line.trim() !== '');

/**
 * The first expected line that a text does not have, or undefined where the text is as expected: `…` within a line stands for whatever is
 * there, and as a line of its own for any number of lines. Blank lines do not count.
 *
 * @param isPart whether other lines may stand anywhere between the expected ones
 */
export function firstMissing(text: string, expected: string, isPart = false): string | undefined {
  const lines = linesOf(text);
  let at = 0;
  let maySkip = isPart;
  for (const wanted of linesOf(expected)) {
    if (wanted.trim() === '…') {
      maySkip = true;
      continue;
    }
    const pattern = new RegExp(`^${wanted.split('…').map((part) => part.trim() === '' ? part.replace(/\s+/g, '\\s*') : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'u');
    const found = lines.findIndex((line, i) => i >= at && pattern.test(line));
    if (found === -1 || (!maySkip && found !== at)) return wanted;
    at = found + 1;
    maySkip = isPart;
  }
  return at < lines.length && !maySkip ? `(nothing more, and not ${lines[at] ?? ''})` : undefined;
}
