import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { isStillRunning, readJson, recordProcess, writeWhole } from '@selvedge/service-kit/launch';
import { z } from 'zod';

const schema = z.object({ origin: z.string().max(512), process: z.object({ name: z.string(), pid: z.number().int(), startedAt: z.string() }) });
const fileOf = (directory: string): string => join(resolve(directory), 'console.json');

/** Notes where this process serves the folder's console, so that `selvedge console sign-in` finds it. */
export function notePlace(directory: string, origin: string): Promise<void> {
  return writeWhole(fileOf(directory), `${JSON.stringify({ origin, process: recordProcess('console', process.pid) })}\n`, 0o600);
}

/** Takes the note back, where it is still this console's: a folder can have had another since. */
export async function forgetPlace(directory: string, origin: string): Promise<void> {
  const { data } = schema.safeParse(await readJson(fileOf(directory)));
  if (data?.origin === origin) await rm(fileOf(directory), { force: true });
}

/** Where the folder's console is. Throws INVALID_CONFIGURATION where none runs. */
export async function findPlace(directory: string): Promise<string> {
  const { success, data } = schema.safeParse(await readJson(fileOf(directory)));
  if (!success || !isStillRunning(data.process)) throw new SelvedgeError('INVALID_CONFIGURATION', `no console runs in ${directory}; "selvedge up" or "selvedge console serve" starts one`, { role: 'cli' });
  return data.origin;
}
