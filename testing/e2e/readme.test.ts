import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(path.join(root, 'README.md'), 'utf8');

/** What a snippet takes from its surroundings. */
const SURROUNDINGS = 'declare const certificatePem: string; declare const privateKeyPem: string;\n';

describe('README', () => {
  it('has TypeScript that compiles', () => {
    const snippets = [...README.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => `${SURROUNDINGS}${code ?? ''}\nexport {};\n`);
    expect(snippets.length).toBeGreaterThan(0);
    const files = new Map(snippets.map((code, index) => [path.join(root, `testing/e2e/readme-${String(index)}.ts`), code]));
    const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: ['node'] };
    const base = ts.createCompilerHost(options);
    const host: ts.CompilerHost = {
      ...base,
      fileExists: (file) => files.has(file) || base.fileExists(file),
      readFile: (file) => files.get(file) ?? base.readFile(file),
      getSourceFile: (file, languageVersion, ...rest) => {
        const code = files.get(file);
        return code === undefined ? base.getSourceFile(file, languageVersion, ...rest) : ts.createSourceFile(file, code, languageVersion);
      },
    };
    const program = ts.createProgram([...files.keys()], options, host);
    const problems = ts.getPreEmitDiagnostics(program).map((problem) => ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
    expect(problems).toEqual([]);
  });

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

describe('pages', () => {
  const docs = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...docs.map((file) => path.join('docs', file))];
  const anchorsOf = (page: string): Set<string> =>
    new Set([...readFileSync(page, 'utf8').matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));

  it.each(pages)('%s links to files and headings that exist', (page) => {
    const links = [...readFileSync(path.join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, file = '', anchor]) => {
      const target = path.resolve(root, file === '' ? page : path.join(path.dirname(page), file));
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});
