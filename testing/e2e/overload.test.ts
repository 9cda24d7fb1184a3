import type { Contract, Gateway } from '@selvedge/client';
import { isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { missingCommits } from './src/crash/checks.js';
import { startWithContract, text, type TestContractNetwork } from './src/network.js';

const ROGUE = fileURLToPath(new URL('contracts/rogue', import.meta.url));
/** Small queues, so that a few hundred calls are several times what they hold. */
const LIMITS = { maxRunning: 4, maxQueued: 8, maxBatches: 1 };
const QUEUES = { sequencer: 6, compute: LIMITS.maxRunning + LIMITS.maxQueued + 5 * LIMITS.maxBatches };
const GATEWAYS = 4;
const CALLS_OF_EACH = 60;
const MAX_IN_FLIGHT = 40;
/** What a call may be refused with for load alone. */
const OVERLOAD_CODES: readonly RefusalCode[] = ['OVERLOADED'];

interface Outcome {
  readonly key: string;
  /** Its refusal's code; undefined: it was acknowledged. */
  readonly code: string | undefined;
  /** Of what was acknowledged, where the client learns it. */
  readonly txId: string | undefined;
}

describe('a network that is offered several times what its queues hold', () => {
  let test: TestContractNetwork;
  const gateways: Gateway[] = [];
  const outcomes: Outcome[] = [];

  const contractOf = async (isBatched: boolean): Promise<Contract> => {
    const gateway = await test.network.connect('AuroraMSP', {
      limits: { maxInFlight: MAX_IN_FLIGHT, overloadWaitMs: 2_000 },
      ...(isBatched ? { batching: { rogue: { maxBatch: 8, maxBatchDelayMs: 5 } } } : {}),
    });
    gateways.push(gateway);
    return gateway.getNetwork('main').getContract('rogue');
  };
  /** One by one the client tells a transaction's id; in batches it does not. */
  const put = async (contract: Contract, key: string, isBatched: boolean): Promise<Outcome> => {
    try {
      if (isBatched) {
        await contract.submitTransaction('Put', key, key);
        return { key, code: undefined, txId: undefined };
      }
      const submitted = await contract.submitAsync('Put', { arguments: [key, key] });
      await submitted.verifyCommitted();
      return { key, code: undefined, txId: submitted.getTransactionId() };
    } catch (error) {
      return { key, code: isSelvedgeError(error) ? error.code : String(error), txId: undefined };
    }
  };
  const queueDepths = async (): Promise<Record<string, string>> => {
    const nodes = test.network.nodes().filter(({ service }) => service === 'compute' || service === 'sequencer');
    const pages = await Promise.all(nodes.map(async ({ name, monitoring }) => [name, await (await fetch(`http://${monitoring ?? 'nowhere'}/metrics`)).text()] as const));
    return Object.fromEntries(pages.map(([name, page]) => [name, /^selvedge_queue_depth (\S+)$/m.exec(page)?.[1] ?? 'untold']));
  };

  beforeAll(async () => {
    test = await startWithContract(ROGUE, {
      readyTimeoutMs: 120_000,
      businessOrganisations: ['AuroraMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      configure: ({ service }) => (service === 'compute' ? { limits: LIMITS } : service === 'sequencer' ? { maxQueue: QUEUES.sequencer } : {}),
    });
    const contracts = await Promise.all(Array.from({ length: GATEWAYS }, (_, i) => contractOf(i % 2 === 1)));
    const before = test.network.nodes().map(({ name, pid }) => `${name} ${String(pid)}`);
    outcomes.push(...(await Promise.all(contracts.flatMap((contract, i) => Array.from({ length: CALLS_OF_EACH }, (_, n) => put(contract, `flood-${String(i)}-${String(n)}`, i % 2 === 1))))));
    expect(test.network.nodes().filter(({ running }) => running).map(({ name, pid }) => `${name} ${String(pid)}`), 'no process died').toEqual(before);
  });
  afterAll(async () => {
    for (const gateway of gateways) gateway.close();
    await test.end();
  });

  it('ends every call in success or in a code that says so', () => {
    const codes = new Set(outcomes.map(({ code }) => code));
    expect(outcomes).toHaveLength(GATEWAYS * CALLS_OF_EACH);
    expect([...codes].filter((code) => code !== undefined && !OVERLOAD_CODES.includes(code as RefusalCode))).toEqual([]);
    // More was offered than gateways let in, and more let in than queues hold.
    expect(outcomes.filter(({ code }) => code === 'OVERLOADED').length).toBeGreaterThanOrEqual(GATEWAYS * (CALLS_OF_EACH - MAX_IN_FLIGHT));
    expect(GATEWAYS * MAX_IN_FLIGHT).toBeGreaterThan(2 * (QUEUES.compute + QUEUES.sequencer));
    expect(codes.has(undefined)).toBe(true);
  });

  it('loses nothing that was acknowledged, and has nothing of what was refused', async () => {
    const acknowledged = outcomes.filter(({ code }) => code === undefined);
    expect(await missingCommits(test.network, 'AuroraMSP', acknowledged.flatMap(({ txId }) => txId ?? []))).toEqual([]);
    const kept = await Promise.all(inRows(outcomes).map(async (row) => {
      const values: string[] = [];
      for (const { key } of row) values.push(text(await test.contract.evaluateTransaction('Get', key)));
      return values;
    }));
    expect(kept.flat()).toEqual(inRows(outcomes).flat().map(({ key, code }) => (code === undefined ? key : '')));
  });

  it('has empty queues afterwards, and serves the next call', async () => {
    await expect.poll(queueDepths, { timeout: 10_000 }).toEqual({ sequencer: '0', 'compute-1': '0' });
    await test.contract.submitTransaction('Put', 'after', 'the flood');
    expect(text(await test.contract.evaluateTransaction('Get', 'after'))).toBe('the flood');
  });
});

/** What is asked side by side; each row one after the other. */
function inRows<T>(items: readonly T[]): T[][] {
  const rows = 8;
  return Array.from({ length: rows }, (_, row) => items.filter((_item, i) => i % rows === row));
}
