import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { issueTlsMaterial, layoutOf, type Deployment, type DevNetwork, type DevNetworkOptions } from '@selvedge/dev-network';
import { startTestNetwork } from '../network.js';
import { startSpanCollector } from '../span-collector.js';
import { startRawCapture } from './raw-capture.js';
import { startRecordingProxy } from './recording-proxy.js';

/** The contract that goes through every kind of request. */
export const CANARY = fileURLToPath(new URL('../../contracts/canary', import.meta.url));

/** A network whose processes reach each other through recording proxies only, with the canary contract on it. */
export interface ObservedNetwork {
  readonly network: DevNetwork;
  readonly deployment: Deployment;
  /** The network's folder: stores, logs, configurations. */
  readonly directory: string;
  /** For each node: `<node>.bodies` and `<node>.headers` as a party to TLS sees them, and `<node>.wire` as the wire shows it. */
  readonly captures: string;
  /** Temporary folders of the processes, by node. */
  readonly temporary: string;
  /** Checkpoint traces of the processes, by node. */
  readonly traces: string;
  /** Spans of the processes as their collector gets them, by node. */
  readonly spans: string;
  /** Address of each node that has a proxy in front of it. */
  readonly intercepted: ReadonlyMap<string, string>;
  end(): Promise<void>;
}

export async function startObservedNetwork(options: Pick<DevNetworkOptions, 'bundles' | 'suites' | 'viewers' | 'brokers' | 'businessOrganisations' | 'endorserOrganisations'>): Promise<ObservedNetwork> {
  const root = mkdtempSync(path.join(tmpdir(), 'selvedge-canary-'));
  const below = (name: string): string => {
    const folder = path.join(root, name);
    mkdirSync(folder);
    return folder;
  };
  const [directory, captures, temporary, traces, spans] = [path.join(root, 'network'), below('captures'), below('temporary'), below('traces'), below('spans')];
  const collector = await startSpanCollector(spans);
  const proxies: { close(): Promise<void> }[] = [];
  const intercepted = new Map<string, string>();
  const removeAll = async (): Promise<void> => {
    await Promise.all([collector, ...proxies].map((server) => server.close()));
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const test = await startTestNetwork({
      ...options,
      directory,
      async intercept({ name, mspId, address }) {
        const tls = await issueTlsMaterial(layoutOf(directory), mspId, { commonName: `proxy of ${name}`, hosts: ['127.0.0.1'] });
        const proxy = await startRecordingProxy({ target: address, tls, file: path.join(captures, `${name}.bodies`), headersFile: path.join(captures, `${name}.headers`) });
        const wire = await startRawCapture(proxy.address, path.join(captures, `${name}.wire`));
        proxies.push(wire, proxy);
        intercepted.set(name, address);
        return wire.address;
      },
      environment({ name }) {
        mkdirSync(path.join(temporary, name), { recursive: true });
        const otel = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint(name), OTEL_BSP_SCHEDULE_DELAY: '100' };
        return { SELVEDGE_LOG_LEVEL: 'trace', SELVEDGE_TRACE_FILE: path.join(traces, name), TMPDIR: path.join(temporary, name), ...otel };
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
      return { network, deployment, directory, captures, temporary, traces, spans, intercepted, end };
    } catch (error) {
      await end();
      throw error;
    }
  } catch (error) {
    await removeAll();
    throw error;
  }
}
