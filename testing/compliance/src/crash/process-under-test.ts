import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

/** Bundles a process's main as the build does, with its sources as they are. @param entry path in the repository */
export async function bundleProcess(entry: string, name: string): Promise<string> {
  const outfile = `${REPOSITORY}/testing/compliance/dist/crash/${name}.mjs`;
  await build({
    entryPoints: [`${REPOSITORY}/${entry}`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['selvedge-source'],
    external: ['lmdb'],
    banner: { js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}

/** A started process. */
export interface ProcessUnderTest {
  /** From its ready line. */
  readonly address: string;
  /** Lines of its standard output after the ready line, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  /** Resolves when it has ended, by whatever cause, and its output is read. */
  readonly ended: Promise<void>;
  kill(): Promise<void>;
}

/** Starts a bundle with a configuration. Rejects when it ends before it is ready. @param crashAt checkpoint, with `:n` for the n-th time */
export async function startProcess(bundle: string, configFile: string, config: Record<string, unknown>, crashAt?: string): Promise<ProcessUnderTest> {
  writeFileSync(configFile, JSON.stringify(config));
  const env = { ...process.env, SELVEDGE_CONFIG: configFile, SELVEDGE_LOG_LEVEL: 'silent', ...(crashAt === undefined ? {} : { SELVEDGE_CRASH_AT: crashAt }) };
  const child: ChildProcess = spawn(process.execPath, [bundle], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close').then(() => undefined);
  const lines: Record<string, unknown>[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const parsed = JSON.parse(line) as Record<string, unknown>;
      if (parsed.ready === true) resolve(String(parsed.address));
      else lines.push(parsed);
    });
    void ended.then(() => {
      reject(new Error(`${bundle} ended before it was ready`));
    });
  });
  return {
    address,
    lines,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
