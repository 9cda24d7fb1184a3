import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';

/** What a project's build came to. */
export type Built =
  | { readonly kind: 'built' }
  /** It has no build script: what lies there is what runs. */
  | { readonly kind: 'none' }
  /** output: what the build printed, its last lines. */
  | { readonly kind: 'failed'; readonly output: string };

const MAX_OUTPUT_CHARACTERS = 16 * 1024;

/** Runs the project's own build script, with npm. Throws PACKAGE_INVALID when npm cannot be started. */
export async function buildProject(directory: string): Promise<Built> {
  if (!(await hasBuildScript(directory))) return { kind: 'none' };
  const child = spawn('npm', ['run', '--silent', 'build'], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT_CHARACTERS);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((cause: unknown) => {
    throw new SelvedgeError('PACKAGE_INVALID', 'npm, which runs the project’s build, is not on PATH', { role: 'cli', cause });
  });
  return code === 0 ? { kind: 'built' } : { kind: 'failed', output: output.trim() };
}

/** A package.json that cannot be read is for packaging to refuse, which names what is wrong. */
async function hasBuildScript(directory: string): Promise<boolean> {
  try {
    const { scripts } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as { readonly scripts?: { readonly build?: unknown } };
    return typeof scripts?.build === 'string';
  } catch {
    return false;
  }
}
