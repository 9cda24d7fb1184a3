import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { issueTlsMaterial, layoutOf, type DevNetworkOptions } from '@selvedge/dev-network';
import { startRecordingProxy, type RecordingProxy } from '../canary/recording-proxy.js';
import { buildLyingKeeper } from './build.js';
import type { LegacyLie, Lie } from './lie.js';

/** A business node that lies when it is told to, behind a proxy that keeps what passes. */
export interface SuspectOwner {
  /** What a network is started with to have it. */
  readonly options: Required<Pick<DevNetworkOptions, 'bundles' | 'environment' | 'intercept'>>;
  /** Has it lie for as long as the action runs. */
  whileLying<T>(lie: Lie | LegacyLie, action: () => Promise<T>): Promise<T>;
  /** Everything that passed its proxy so far. */
  captured(): Buffer;
  close(): Promise<void>;
}

/** @param nodeId which of the network's business nodes it is. @param folder an existing one, for its files; the network itself goes to `directory`. */
export async function createSuspectOwner({ nodeId, folder, directory }: { readonly nodeId: string; readonly folder: string; readonly directory: string }): Promise<SuspectOwner> {
  const [lieFile, capture] = [path.join(folder, 'lie'), path.join(folder, 'capture')];
  const proxies: RecordingProxy[] = [];
  return {
    options: {
      bundles: { business: await buildLyingKeeper() },
      environment: ({ name }): Record<string, string> => (name === nodeId ? { SELVEDGE_LIE: lieFile } : {}),
      async intercept({ name, mspId, address }) {
        if (name !== nodeId) return address;
        const tls = await issueTlsMaterial(layoutOf(directory), mspId, { commonName: `proxy of ${name}`, hosts: ['127.0.0.1'] });
        const proxy = await startRecordingProxy({ target: address, tls, file: capture });
        proxies.push(proxy);
        return proxy.address;
      },
    },
    async whileLying(lie, action) {
      writeFileSync(lieFile, lie);
      try {
        return await action();
      } finally {
        rmSync(lieFile);
      }
    },
    captured: () => readFileSync(capture),
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}
