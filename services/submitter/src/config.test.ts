import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { readBatching, submitterConfig } from './config.js';

const REQUIRED = {
  connectionProfile: 'network.json',
  mspId: 'AuroraMSP',
  identity: { certificate: 'a.pem', privateKey: 'a.key' },
  tls: { certificate: 'b.pem', privateKey: 'b.key', trustedRoots: 'roots.pem' },
  clientRoots: 'own.pem',
};

describe('a submitter’s configuration', () => {
  it('has the defaults that its page names', () => {
    const { batching, limits, listen } = submitterConfig.parse(REQUIRED);
    const page = readFileSync(fileURLToPath(new URL('../../../docs/modes/submitter.md', import.meta.url)), 'utf8');
    const { maxBatch, maxBatchDelayMs } = batching.default;
    const { maxQueued, maxQueuedBytes, maxQueuedPerClient, drainMs } = limits;
    const named = [listen, `${String(maxBatch)}, ${String(maxBatchDelayMs)} ms, 2`, `${maxQueued.toLocaleString('en')}, ${String(maxQueuedBytes / 1024 / 1024)} MiB, ${maxQueuedPerClient.toLocaleString('en')}`, drainMs.toLocaleString('en')];
    expect(named.filter((text) => !page.includes(text))).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['without TLS', { tls: 'off' }],
    ['without roots of its own clients', { clientRoots: undefined }],
    ['with a setting that nobody knows', { maxBatch: 3 }],
  ])('%s is refused', (_name, change) => {
    expect(submitterConfig.safeParse({ ...REQUIRED, ...change }).success).toBe(false);
  });

  it('batches each contract by its own policy, others by the default', () => {
    const policyOf = readBatching(submitterConfig.parse({ ...REQUIRED, batching: { contracts: { stones: { maxBatch: 7, maxBatchDelayMs: 1, maxInFlight: 3 } } } }));
    expect([policyOf('stones'), policyOf('others')]).toEqual([{ maxBatch: 7, maxBatchDelayMs: 1, maxInFlight: 3 }, { maxBatch: 100, maxBatchDelayMs: 5 }]);
  });

  it('has no batch that is larger than a batch may be', () => {
    const config = submitterConfig.parse({ ...REQUIRED, batching: { contracts: { stones: { maxBatch: 257, maxBatchDelayMs: 1 } } } });
    expect(refusalCode(() => readBatching(config))).toBe('INVALID_CONFIGURATION');
  });
});
