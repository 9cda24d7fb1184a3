import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SERVICE_CONFIGS } from './service-configs.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const DEPLOY = path.join(ROOT, 'deploy');

/** Text of a file under deploy/. */
export const textOf = (file: string): string => readFileSync(path.join(DEPLOY, file), 'utf8');

interface Published {
  readonly name: string;
  readonly programs?: readonly { readonly file: string }[];
}

/** Programs that the published packages hold, as paths below a folder that they are installed in. */
export async function installedPrograms(): Promise<ReadonlySet<string>> {
  const { PACKAGES } = (await import(pathToFileURL(path.join(ROOT, 'scripts/pack/packages.mjs')).href)) as { readonly PACKAGES: readonly Published[] };
  return new Set(PACKAGES.flatMap(({ name, programs = [] }) => programs.map(({ file }) => `node_modules/${name}/${file}`)));
}

/** Service of a program, such as key-broker of …/key-broker.production.mjs. */
export const serviceOf = (program: string): string => path.basename(program).replace(/(?:\.production)?\.mjs$/, '');

/** What is wrong with a service's configuration, by the service's own parser; empty when nothing is. */
export async function faultsOf(service: string, config: unknown): Promise<string[]> {
  const [file, name] = SERVICE_CONFIGS[service] ?? [];
  if (file === undefined || name === undefined) return [`there is no service ${service}`];
  const module = (await import(pathToFileURL(path.join(ROOT, file)).href)) as Record<string, { safeParse(value: unknown): { readonly error?: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } } }>;
  return (module[name]?.safeParse(config).error?.issues ?? []).map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`);
}

/** Files that a configuration names below a folder. */
export function filesNamed(config: unknown, folder: string): string[] {
  return [...JSON.stringify(config).matchAll(/"(\/[^"]+)"/g)].map(([, file = '']) => file).filter((file) => file.startsWith(folder)).sort();
}

/** Runs a program of this machine; undefined where there is none. */
export function tryProgram(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): { readonly code: number | null; readonly out: string } | undefined {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000, env: { ...process.env, ...environment } });
  return error === undefined ? { code: status, out: `${stdout}${stderr}` } : undefined;
}
