import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The commands that a page of docs/modes has its reader type, each as arguments of `selvedge`. Throws when the page marks none. */
export function commandsOf(mode: string): string[][] {
  const blocks = [...pageOf(mode).matchAll(new RegExp(`<!-- test: ${mode} -->\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
  const lines = blocks.flatMap((block) => block.split('\n')).map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line.startsWith('npx selvedge '));
  if (lines.length === 0) throw new Error(`docs/modes/${mode}.md marks no command`);
  return lines.map((line) => [...line.slice('npx selvedge '.length).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''));
}

/** The blocks of a page of docs/modes in one language. */
export function blocksOf(mode: string, language: string): string[] {
  return [...pageOf(mode).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
}

function pageOf(mode: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../docs/modes/${mode}.md`, import.meta.url)), 'utf8');
}
