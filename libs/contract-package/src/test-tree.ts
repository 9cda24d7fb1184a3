import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary directory with files, for tests. */
export interface TestTree {
  readonly directory: string;
  path(...parts: string[]): string;
  write(files: Readonly<Record<string, string | object>>): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a temporary directory and writes files into it; objects become JSON. */
export async function createTestTree(files: Readonly<Record<string, string | object>> = {}): Promise<TestTree> {
  const directory = await mkdtemp(join(tmpdir(), 'sv-tree-'));
  const tree: TestTree = {
    directory,
    path: (...parts) => join(directory, ...parts),
    write: async (more) => {
      for (const [path, content] of Object.entries(more)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content));
      }
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
  await tree.write(files);
  return tree;
}

/** Makes a named pipe. */
export function makePipe(path: string): void {
  execFileSync('mkfifo', [path]);
}
