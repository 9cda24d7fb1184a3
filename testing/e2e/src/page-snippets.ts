import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Every page for people, by its path in the repository. */
export function pages(): string[] {
  const docs = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).sort();
  return ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...docs.map((file) => path.join('docs', file))];
}

/** Text of a page. */
export function textOf(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

/** What snippets take from their surroundings: names that a page has used before, or that are the reader's own. */
const SURROUNDINGS = `
import type { ConnectOptions, Contract, Gateway } from '@selvedge/client';
declare global {
  const certificatePem: string;
  const privateKeyPem: string;
  const contract: Contract;
  const gateway: Gateway;
  const options: ConnectOptions;
  const connect: typeof import('@selvedge/client').connect;
}
`;

/**
 * Compiles the TypeScript of these pages, each snippet as a module of its own.
 * @returns how many snippets there are, and what the compiler says, with the page that it says it of
 */
export function compileSnippets(from: readonly string[]): { readonly snippets: number; readonly problems: string[] } {
  const placed = from.flatMap((page) => [...textOf(page).matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)].map(([, code = ''], index) => ({ page, file: fileOf(page, index), code: `${code}\nexport {};\n` })));
  const files = new Map([[path.join(ROOT, 'testing/e2e/surroundings.d.ts'), SURROUNDINGS], ...placed.map(({ file, code }) => [file, code] as const)]);
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
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host));
  return { snippets: placed.length, problems: problems.map(({ file, messageText }) => `${placed.find((snippet) => snippet.file === file?.fileName)?.page ?? file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`) };
}

/** Where packages resolve as they do for the tests. */
function fileOf(page: string, index: number): string {
  return path.join(ROOT, 'testing/e2e', `${page.replaceAll(/[/\\.]/g, '-')}-${String(index)}.ts`);
}
