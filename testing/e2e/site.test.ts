import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pages } from './src/page-snippets.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Within the repository: the theme finds its packages from there. */
const DIRECTORY = path.join(ROOT, '.cache/site-test');

interface SiteScripts {
  readonly problemsOf: (directory: string) => string[];
  readonly serveSite: (directory: string, port: number) => Promise<Server>;
}

let scripts: SiteScripts;
let html: string;
beforeAll(async () => {
  const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(path.join(ROOT, 'scripts/site', file)).href);
  scripts = Object.assign({}, ...(await Promise.all(['check.mjs', 'serve.mjs'].map(load)))) as SiteScripts;
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(ROOT, 'scripts/docs.mjs'), '--directory', DIRECTORY], { cwd: ROOT });
  html = path.join(DIRECTORY, 'html');
  expect(stdout).toContain(`built ${path.relative(ROOT, html)}`);
}, 600_000);
afterAll(() => {
  rmSync(DIRECTORY, { recursive: true, force: true });
});

describe('the documentation as a site', () => {
  const read = (file: string): string => readFileSync(path.join(html, file), 'utf8');

  it('has a page for each page of docs, and one for each package that users import', () => {
    const docs = pages().filter((page) => page.startsWith('docs/')).map((page) => page.slice('docs/'.length).replace(/\.md$/, '.html'));
    const built = new Set(readdirSync(html, { recursive: true, encoding: 'utf8' }));
    expect([...docs, 'security.html', 'contributing.html', 'index.html', 'api/index.html'].filter((page) => !built.has(page))).toEqual([]);
  });

  it('is navigated to every page from every page', () => {
    const sidebar = [...read('what-it-is.html').matchAll(/href="([^"#]+)"/g)].map(([, link = '']) => link);
    const missing = pages().filter((page) => page.startsWith('docs/')).map((page) => `/${page.slice('docs/'.length).replace(/\.md$/, '.html')}`).filter((link) => !sidebar.includes(link));
    expect(missing).toEqual([]);
  });

  it('has the client’s API from its docstrings', () => {
    const client = read('api/@selvedge/client.html');
    expect(client).toContain('Opens a gateway. Nothing is sent yet');
    expect(client).toContain('id="connect"');
  });

  it('has links that lead somewhere, and loads nothing from elsewhere', () => {
    expect(scripts.problemsOf(html)).toEqual([]);
  });

  it('is served on loopback', async () => {
    const server = await scripts.serveSite(html, 0);
    try {
      const address = server.address();
      expect(address).toMatchObject({ address: '127.0.0.1' });
      const { port } = address as { readonly port: number };
      const answer = await fetch(`http://127.0.0.1:${String(port)}/quick-start`);
      expect([answer.status, await answer.text()]).toEqual([200, read('quick-start.html')]);
    } finally {
      server.close();
    }
  });
});

describe('the check of a built site', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-site-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const policy = (): string => /<meta http-equiv="Content-Security-Policy" content="[^"]*">/.exec(readFileSync(path.join(html, 'index.html'), 'utf8'))?.[0] ?? '';
  const problems = (body: string, files: Readonly<Record<string, string>> = {}): string[] => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'other.html'), `${policy()}<h2 id="here">Here</h2>`);
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
    writeFileSync(path.join(folder, 'page.html'), `${policy()}${body}`);
    return scripts.problemsOf(folder);
  };

  it('finds nothing wrong with pages that keep to themselves', () => {
    expect(problems('<a href="other.html#here">other</a> <a href="https://example.com/">elsewhere</a> <a href="/other">other</a> <img src="data:image/png;base64,AA==">')).toEqual([]);
  });

  it.each<[string, string]>([
    ['a script', '<script src="https://cdn.example/x.js"></script>'],
    ['a script of whatever scheme the page has', '<script src="//cdn.example/x.js"></script>'],
    ['a module that a script loads', '<script type="module">import("https://cdn.example/x.js")</script>'],
    ['a style sheet', '<link rel="stylesheet" href="https://cdn.example/x.css">'],
    ['a font of a style', '<style>@font-face { src: url("https://fonts.example/x.woff2") }</style>'],
    ['a picture', '<img src="http://cdn.example/x.png">'],
    ['a picture among others', '<img srcset="small.png 1x, https://cdn.example/x.png 2x">'],
    ['a background', '<p style="background: url(https://cdn.example/x.png)">text</p>'],
    ['a frame', '<iframe src="https://example.com/"></iframe>'],
  ])('finds %s from elsewhere', (_name, body) => {
    expect(problems(body)).toEqual([expect.stringContaining('from elsewhere')]);
  });

  it('looks into style sheets, scripts and pictures', () => {
    const found = problems('', { 'a.css': '@import "https://fonts.example/x.css";', 'b.js': 'import"https://cdn.example/x.js";fetch("https://api.example/")', 'c.svg': '<style>@import "//fonts.example/x.css"</style>' });
    expect(found).toHaveLength(4);
  });

  it.each<[string, string]>([
    ['a page', '<a href="nowhere.html">x</a>'],
    ['a heading of another page', '<a href="other.html#nowhere">x</a>'],
    ['a heading of its own', '<a href="#nowhere">x</a>'],
  ])('finds a link to %s that is not there', (_name, body) => {
    expect(problems(body)).toEqual([expect.stringContaining('not there')]);
  });

  it('wants the policy that a browser holds to', () => {
    expect(problems('', { 'bare.html': '<h1>bare</h1>' })).toEqual([expect.stringContaining('lacks the policy')]);
  });
});
