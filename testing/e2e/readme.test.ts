import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { complaintOf, namedCommands, typedCommands, unknownIn } from './src/page-commands.js';
import { compileSnippets, pages, textOf } from './src/page-snippets.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(path.join(root, 'README.md'), 'utf8');

describe('README', () => {
  it('names files and folders that exist', () => {
    const named = [...README.matchAll(/`([a-z-]+\/[A-Za-z0-9/.-]+)`/g)].map(([, name]) => name ?? '').filter((name) => !name.includes('path/to'));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !ts.sys.fileExists(path.join(root, name)) && !ts.sys.directoryExists(path.join(root, name)))).toEqual([]);
  });

  it('names both commands', () => {
    expect(README).toMatch(/npm start/);
    expect(README).toMatch(/npm test/);
  });
});

/** Generated from the commands, and so shows usage, not lines to type. */
const TYPED = pages().filter((page) => page !== 'docs/cli.md');

describe('pages', () => {
  const anchorsOf = (page: string): Set<string> =>
    new Set([...readFileSync(page, 'utf8').matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));

  it.each(pages())('%s links to files and headings that exist', (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, file = '', anchor]) => {
      const target = path.resolve(root, file === '' ? page : path.join(path.dirname(page), file));
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('have TypeScript that compiles', () => {
    // The tutorial's are parts of files, which its own test puts together and builds.
    const { snippets, problems } = compileSnippets(pages().filter((page) => page !== 'docs/tutorial.md'));
    expect(snippets).toBeGreaterThan(7);
    expect(problems).toEqual([]);
  });

  it('have their reader type commands that there are, with options and arguments that they take', async () => {
    const lines = TYPED.flatMap(typedCommands);
    expect(lines.length).toBeGreaterThan(50);
    const wrong = await Promise.all(lines.map(async ({ page, line, words }) => ({ page, line, complaint: await complaintOf(words) })));
    expect(wrong.filter(({ complaint }) => complaint !== undefined)).toEqual([]);
  });

  it('name commands and options that there are', () => {
    const named = TYPED.flatMap(namedCommands);
    expect(named.length).toBeGreaterThan(50);
    expect(named.map(({ page, line, words }) => ({ page, line, complaint: unknownIn(words) })).filter(({ complaint }) => complaint !== undefined)).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['a command that is not there', ['contract', 'publish']],
    ['an option that is not there', ['status', '--verbose']],
    ['an argument too many', ['status', 'now']],
    ['an option without its value', ['broker', 'rotate', '--output']],
    ['a required option left out', ['broker', 'rotate', '--envelope']],
    ['a choice that is none', ['up', '--ledger', 'paper']],
  ])('would be caught with %s', async (_name, words) => {
    expect(await complaintOf(words)).toMatch(/error/);
  });
});
