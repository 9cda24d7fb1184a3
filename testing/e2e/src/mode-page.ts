import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Text of a page of docs, such as modes/fresh-queries. */
export function pageText(page: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../docs/${page}.md`, import.meta.url)), 'utf8');
}

/**
 * The commands that a page has its reader type, each as arguments of `selvedge`. Throws when it marks none.
 *
 * @param mark of the blocks that are meant; of a page of docs/modes its name
 * @param page under docs; default: that of the mode
 */
export function commandsOf(mark: string, page = `modes/${mark}`): string[][] {
  const blocks = [...pageText(page).matchAll(new RegExp(`<!-- test: ${mark} -->\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
  const lines = blocks.flatMap((block) => block.split('\n')).map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line.startsWith('npx selvedge '));
  if (lines.length === 0) throw new Error(`docs/${page}.md marks no command with ${mark}`);
  return lines.map((line) => [...line.slice('npx selvedge '.length).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''));
}

/** The blocks of a page of docs/modes in one language. */
export function blocksOf(mode: string, language: string): string[] {
  return [...pageText(`modes/${mode}`).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
}
