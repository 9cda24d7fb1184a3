import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Deployment, DevNetwork, DevNetworkOptions } from '@selvedge/dev-network';
import { startTestNetwork } from '../network.js';
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.js';

const CANARY = fileURLToPath(new URL('../../contracts/canary', import.meta.url));

/** A network whose processes reach each other through recording proxies only, with the canary contract on it. */
export interface ObservedNetwork {
  readonly network: DevNetwork;
  readonly deployment: Deployment;
  /** The network's folder: stores, logs, configurations. */
  readonly directory: string;
  /** `<node>.bodies` and `<node>.headers` for each node. */
  readonly captures: string;
  /** Temporary folders of the processes, by node. */
  readonly temporary: string;
  /** Checkpoint traces of the processes, by node. */
  readonly traces: string;
  /** Address of each node that has a proxy in front of it. */
  readonly intercepted: ReadonlyMap<string, string>;
  end(): Promise<void>;
}

export async function startObservedNetwork(options: Pick<DevNetworkOptions, 'bundles' | 'businessOrganisations' | 'endorserOrganisations'>): Promise<ObservedNetwork> {
  const root = mkdtempSync(path.join(tmpdir(), 'selvedge-canary-'));
  const below = (name: string): string => {
    const folder = path.join(root, name);
    mkdirSync(folder);
    return folder;
  };
  const [directory, captures, temporary, traces] = [path.join(root, 'network'), below('captures'), below('temporary'), below('traces')];
  const proxies: RecordingProxy[] = [];
  const intercepted = new Map<string, string>();
  const removeAll = async (): Promise<void> => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const test = await startTestNetwork({
      ...options,
      directory,
      async intercept({ name, address }) {
        const proxy = await startRecordingProxy(address, path.join(captures, `${name}.bodies`), path.join(captures, `${name}.headers`));
        proxies.push(proxy);
        intercepted.set(name, address);
        return proxy.address;
      },
      environment({ name }) {
        mkdirSync(path.join(temporary, name), { recursive: true });
        return { SELVEDGE_LOG_LEVEL: 'trace', SELVEDGE_TRACE_FILE: path.join(traces, name), TMPDIR: path.join(temporary, name) };
      },
    });
    const { network } = test;
    const end = async (): Promise<void> => {
      // Nothing is left to be seen of an orderly end, which takes its time.
      await Promise.all(network.nodes().map(({ name }) => network.kill(name)));
      await test.end();
      await removeAll();
    };
    try {
      const deployment = await network.deploy(CANARY);
      return { network, deployment, directory, captures, temporary, traces, intercepted, end };
    } catch (error) {
      await end();
      throw error;
    }
  } catch (error) {
    await removeAll();
    throw error;
  }
}
