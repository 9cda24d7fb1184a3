import { unwatchFile, watchFile } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SelvedgeError } from '@selvedge/errors';
import type { Layout } from '../layout.js';
import type { NodeGroup } from '../node-group.js';
import { fabricLayout } from './fabric-layout.js';
import { fabricNodes, type FabricLedger } from './fabric-ledger.js';
import { HOST, readFabricPlan, writeFabricPlan, type FabricPlan } from './fabric-plan.js';
import { acceptsConnections } from './probes.js';

const WATCH_MS = 200;
const POLL_MS = 50;
const START_TIMEOUT_MS = 30_000;

/** Starts chaincode servers that deployments add to the plan, whichever process deploys. */
export interface ServerStarts {
  /** Writes the plan and starts what it adds. */
  start(plan: FabricPlan): Promise<void>;
  /** Starts nothing more; resolves when what is being started has started or failed. */
  close(): Promise<void>;
}

/** In the process that runs the network: it also starts what another process adds to the plan's file. */
export function createServerStarts(input: { readonly ledger: FabricLedger; readonly group: NodeGroup; readonly onStarted: () => Promise<void>; readonly onFailure: (error: unknown) => void }): ServerStarts {
  const { ledger, group } = input;
  const file = fabricLayout(ledger.target.layout).planFile;
  let last: Promise<void> = Promise.resolve();
  let isClosed = false;
  const startMissing = async (): Promise<void> => {
    const written = await readFabricPlan(ledger.target.layout);
    if (written === undefined || isClosed) return;
    ledger.adoptPlan(written);
    const known = new Set(group.list().map(({ name }) => name));
    const missing = fabricNodes(written).filter(({ name }) => !known.has(name));
    if (missing.length === 0) return;
    await Promise.all(missing.map((node) => group.start(node)));
    await input.onStarted();
  };
  // One at a time: the watcher sees what a deployment here writes, too.
  const next = (): Promise<void> => {
    last = last.catch(() => undefined).then(startMissing);
    return last;
  };
  const changed = (): void => {
    next().catch(input.onFailure);
  };
  watchFile(file, { persistent: false, interval: WATCH_MS }, changed);
  return {
    async start(plan) {
      await writeFabricPlan(ledger.target.layout, plan);
      await next();
    },
    async close() {
      isClosed = true;
      unwatchFile(file, changed);
      await last.catch(() => undefined);
    },
  };
}

/** From another process: writes the plan and waits until the servers that it adds listen. Throws TIMEOUT. */
export async function requestServers(layout: Layout, plan: FabricPlan): Promise<void> {
  await writeFabricPlan(layout, plan);
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (const { name, port } of plan.chaincodes) {
    while (!(await acceptsConnections(`${HOST}:${String(port)}`))) {
      if (performance.now() > deadline) throw new SelvedgeError('TIMEOUT', `${name} does not listen; check that the network runs ("selvedge status")`, { role: 'cli' });
      await sleep(POLL_MS);
    }
  }
}
