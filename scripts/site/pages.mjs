// Puts the pages together that the site is built of: a copy, so that nothing is written beside the sources.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

const here = import.meta.dirname;

/** Pages that do not lie in docs, by their path in the repository. */
const OTHERS = new Map([
  ['SECURITY.md', 'security.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
]);

/** Every page of the repository that the site has: its path there to its path in the site. */
export function sitePages() {
  const docs = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => file.split(path.sep).join('/'));
  return new Map([...docs.filter((file) => file.endsWith('.md')).sort().map((file) => [`docs/${file}`, file]), ...OTHERS]);
}

/** Copies pages, pictures and theme to an empty folder. Files of docs that are no pages are served as they are. */
export function stagePages(directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(path.join(directory, '.vitepress'), { recursive: true });
  const pages = sitePages();
  for (const [source, page] of pages) copy(path.join(root, source), path.join(directory, page));
  copy(path.join(here, 'home.md'), path.join(directory, 'index.md'));
  cpSync(path.join(root, 'docs'), directory, { recursive: true, filter: (file) => !file.endsWith('.json') });
  cpSync(path.join(root, 'docs'), path.join(directory, 'public'), { recursive: true, filter: (file) => !file.endsWith('.md') });
  cpSync(path.join(here, 'theme'), path.join(directory, '.vitepress/theme'), { recursive: true });
  return pages;
}

function copy(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, readFileSync(from));
}

/** First headings of all pages below a folder but its front page, by path. Throws for a page without one. */
export function titlesOf(directory) {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md') && file !== 'index.md');
  return new Map(files.map((file) => [file.split(path.sep).join('/'), titleOf(path.join(directory, file))]));
}

function titleOf(file) {
  const [, heading] = /^# +(.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (heading === undefined) throw new Error(`${file} has no heading of the first level`);
  return heading.replaceAll('`', '').trim();
}
