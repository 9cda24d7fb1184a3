import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { commandDirectory, findPackageSource, type PackageSource } from './package-source.js';
import { projectFiles } from './project-files.js';
import { projectName } from './project-name.js';

/** A new contract project. */
export interface CreatedProject {
  /** Absolute. */
  readonly directory: string;
  readonly name: string;
  /** Paths of the files that were written. */
  readonly files: readonly string[];
  /** Paths that were there already, and stayed as they were. */
  readonly kept: readonly string[];
  readonly packages: PackageSource['kind'];
  readonly checkout: string | undefined;
}

/** What may lie in a folder that counts as empty. */
const IGNORED = new Set(['.git']);

/**
 * Writes a contract project into a folder that is empty, or does not exist. With isForced it goes beside what is there, and no file is
 * written over.
 *
 * @throws UsageError for a name that cannot be a contract's, SelvedgeError INVALID_CONFIGURATION for a folder that is not empty
 */
export async function createProject(input: { readonly directory: string; readonly name: string | undefined; readonly isForced: boolean }): Promise<CreatedProject> {
  const directory = resolve(input.directory);
  const present = (await listFolder(directory)).filter((entry) => !IGNORED.has(entry));
  const name = projectName(directory, input.name);
  if (present.length > 0 && !input.isForced) {
    const some = present.slice(0, 3).join(', ');
    throw new SelvedgeError('INVALID_CONFIGURATION', `${directory} is not empty: it holds ${some}${present.length > 3 ? ' and more' : ''}; name another folder, or --force, which leaves files that are there as they are`, { role: 'cli' });
  }
  const command = commandDirectory();
  const source = findPackageSource(command);
  const files = projectFiles(join(command, 'templates/contract'), directory, name, source);
  const [written, kept]: [string[], string[]] = [[], []];
  for (const [file, text] of files) ((await writeNew(join(directory, file), text)) ? written : kept).push(file);
  return { directory, name, files: written, kept, packages: source.kind, checkout: source.root };
}

async function listFolder(directory: string): Promise<string[]> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) return [];
  if (!found.isDirectory()) throw new SelvedgeError('INVALID_CONFIGURATION', `${directory} is a file; name a folder`, { role: 'cli' });
  return (await readdir(directory)).sort();
}

/** Whether it was written; false: there is such a file. */
async function writeNew(file: string, text: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
