import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { findBundle, isStillRunning, readJson, recordProcess, startService, writeJson, type NodeProcess, type RecordedProcess } from '@selvedge/service-kit/launch';
import type { FabricLayout } from './folder-layout.js';
import { readServices, type WrittenService } from './write-services.js';
import { countFailure, nextStep, type Failures, type Held } from './supervision.js';

/** processes.json: who supervises, and what runs. */
export interface RunningProcesses {
  readonly supervisor: RecordedProcess;
  readonly services: readonly (RecordedProcess & { readonly fingerprint: string })[];
}

const POLL_MS = 500;
const READY_TIMEOUT_MS = 30_000;

interface Running extends Held {
  readonly process: NodeProcess;
}

export interface SupervisionOptions {
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  /** Called when a process listens; what it rejects with is noted. */
  readonly onStarted?: (service: WrittenService) => Promise<void>;
}

/**
 * Runs the processes of a deployment's folder until the signal: starts what the folder lists, also what a deployment
 * adds meanwhile; starts again what ended, after a pause; and restarts what has a new configuration.
 * Throws INVALID_CONFIGURATION when the folder is supervised already.
 */
export async function superviseServices(layout: FabricLayout, options: SupervisionOptions): Promise<void> {
  await refuseSecondSupervisor(layout);
  const { note, signal } = options;
  const running = new Map<string, Running>();
  const failures = new Map<string, Failures>();
  let isIdleTold = false;

  const stop = async (name: string): Promise<void> => {
    const held = running.get(name);
    running.delete(name);
    await held?.process.end('SIGTERM');
  };
  const start = async (service: WrittenService): Promise<void> => {
    try {
      const process = await startService({ ...launchOf(layout, service), readyTimeoutMs: READY_TIMEOUT_MS });
      running.set(service.name, { process, fingerprint: service.fingerprint, isRunning: () => process.isRunning() });
      note(`${service.name} listens at ${process.address} (pid ${String(process.pid)})`);
      process.onExit((reason) => {
        if (running.get(service.name)?.process !== process || signal.aborted) return;
        failures.set(service.name, countFailure(failures.get(service.name), performance.now()));
        note(`${service.name} ended (${reason}); its log: ${launchOf(layout, service).logFile}`);
      });
      await options.onStarted?.(service).catch((error: unknown) => {
        note(`${service.name}: ${isSelvedgeError(error) ? error.message : String(error)}`);
      });
    } catch (error) {
      failures.set(service.name, countFailure(failures.get(service.name), performance.now()));
      note(isSelvedgeError(error) ? error.message : String(error));
    }
  };

  await record(layout, running);
  while (!signal.aborted) {
    const listed = await readServices(layout);
    if (listed.length === 0 && !isIdleTold) note('nothing to run yet; "selvedge fabric deploy" writes the list');
    isIdleTold = listed.length === 0;
    const steps = nextStep({ listed, running, failures, now: performance.now() });
    await Promise.all(steps.stop.map(stop));
    await Promise.all(steps.start.map(start));
    if (steps.stop.length + steps.start.length > 0) await record(layout, running);
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  note('stopping');
  // Those that call go before those that are called.
  for (const name of [...running.keys()].reverse()) await stop(name);
  await rm(layout.processesFile, { force: true });
}

/** What runs, as its supervisor wrote it; undefined when nothing is supervised. */
export async function readRunning({ processesFile }: FabricLayout): Promise<RunningProcesses | undefined> {
  return (await readJson(processesFile)) as RunningProcesses | undefined;
}

/** Where a process's log goes. */
export function serviceLog(layout: FabricLayout, name: string): string {
  return join(layout.serviceDirectory(name), 'log');
}

function launchOf(layout: FabricLayout, { name, service, configFile }: WrittenService) {
  const directory = layout.serviceDirectory(name);
  return { name, bundle: findBundle(service), configFile, logFile: serviceLog(layout, name), workingDirectory: directory, environment: {} };
}

async function record(layout: FabricLayout, running: ReadonlyMap<string, Running>): Promise<void> {
  const services = [...running].filter(([, held]) => held.isRunning()).map(([name, { process, fingerprint }]) => ({ ...recordProcess(name, process.pid), fingerprint }));
  await writeJson(layout.processesFile, { supervisor: recordProcess('selvedge', process.pid), services });
}

async function refuseSecondSupervisor(layout: FabricLayout): Promise<void> {
  const recorded = await readRunning(layout);
  if (recorded === undefined) return;
  const alive = [recorded.supervisor, ...recorded.services].filter(isStillRunning);
  if (alive.length === 0) return;
  throw new SelvedgeError('INVALID_CONFIGURATION', `the services in ${layout.directory} run already: ${alive.map(({ name, pid }) => `${name} (pid ${String(pid)})`).join(', ')}`, { role: 'cli' });
}
