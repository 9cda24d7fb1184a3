import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A block of commands on the operator's page. */
export interface CommandBlock {
  /** Who runs it, and where: what the comment before it says. */
  readonly who: string;
  readonly commands: readonly string[];
}

const PAGE = fileURLToPath(new URL('../../../../docs/fabric.md', import.meta.url));

/** The page's text. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8');
}

/** The page's blocks of commands, in order. */
export function commandBlocks(page: string): CommandBlock[] {
  return [...page.matchAll(/<!-- test: (.+) -->\n```sh\n([\s\S]*?)```/g)].map(([, who = '', text = '']) => ({
    who,
    commands: text.split('\n').map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== ''),
  }));
}
