import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway, HopEvent, QueryConfirmation } from '@selvedge/client';
import type { SignedPart } from '@selvedge/protocol';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHostileClient } from './src/hostile-parts.js';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { blocksOf, commandsOf } from './src/mode-page.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { runCommand } from './src/run-command.js';

const STOCK = fileURLToPath(new URL('../../examples/contracts/stock', import.meta.url));
const parts = { partitions: [{ arguments: ['aurora'] }, { arguments: ['borealis'] }] };

/** Two houses' stock, each at a business node of its own, counted on two compute nodes. */
describe.each(LEDGERS)('functions in parts, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;
  let hops: HopEvent[];
  let onHop: (event: HopEvent) => void;

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ ledger, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'], computeNodes: 2 });
    await test.network.deploy(STOCK);
    [hops, onHop] = [[], () => undefined];
    gateway = await test.network.connect('AuroraMSP', {
      onHop: (event) => {
        if (event.hop === 'execute') hops.push(event);
        onHop(event);
      },
    });
    contract = gateway.getNetwork('main').getContract('stock');
    for (const [warehouse, id, points] of [['aurora', 'ruby', '70'], ['aurora', 'opal', '80'], ['borealis', 'jade', '30']] as const) await contract.submitTransaction('put', warehouse, id, points);
  });
  afterAll(async () => {
    if (isSkipped) return;
    gateway.close();
    await test.end();
  });

  const total = async (): Promise<unknown> => JSON.parse(text(await contract.evaluate('total', parts))) as unknown;
  const recorded = async (day: string): Promise<string> => text(await contract.evaluateTransaction('recorded', day));
  const put = (warehouse: string, id: string, points: string): Promise<Uint8Array> => contract.submitTransaction('put', warehouse, id, points);

  it.skipIf(isSkipped)('are what the page has its reader type', async () => {
    const sum = '{"stones":3,"points":180}';
    for (const command of commandsOf('partition')) {
      const { code, value } = await runCommand('--dir', test.directory, '--json', ...command);
      expect({ code, value }).toMatchObject({ code: 0, value: { result: sum } });
    }
    expect(await recorded('monday')).toBe(sum);
    expect(blocksOf('partition', 'json').map((json) => JSON.parse(json) as unknown)).toEqual([JSON.parse(readFileSync(path.join(STOCK, 'selvedge.json'), 'utf8'))]);
    const printed: unknown[] = [];
    const code = ts.transpile(`return (async () => {${blocksOf('partition', 'ts').join('\n')}})();`, { target: ts.ScriptTarget.ES2023 });
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    await new Function('contract', 'console', code)(contract, { log: (line: unknown) => printed.push(line) });
    expect(printed).toEqual([true]);
    expect(await recorded('tuesday')).toBe(sum);
  });

  it.skipIf(isSkipped)('are mapped on both compute nodes', async () => {
    hops = [];
    expect(await total()).toEqual({ stones: 3, points: 180 });
    const { txId } = hops.at(-1)!;
    const own = hops.filter((hop) => hop.txId === txId);
    expect(own).toHaveLength(3);
    expect(new Set(own.slice(0, 2).map(({ peer }) => peer)).size).toBe(2);
  });

  it.skipIf(isSkipped)('are confirmed together where that is asked for', async () => {
    let confirmation: QueryConfirmation | undefined;
    const answer = await contract.evaluate('total', { ...parts, confirm: 2, onConfirmed: (given) => (confirmation = given) });
    expect(JSON.parse(text(answer))).toEqual({ stones: 3, points: 180 });
    expect(confirmation?.organisations.length).toBeGreaterThanOrEqual(2);
  });

  it.skipIf(isSkipped)('do not commit when what a map has counted has changed, before or after the endorsements', async () => {
    const early = await contract.newProposal('recordTotal', { arguments: ['early'], ...parts }).execute();
    const late = await (await contract.newProposal('recordTotal', { arguments: ['late'], ...parts }).execute()).endorse();
    expect(text(late.getResult())).toBe('{"stones":3,"points":180}');
    await put('borealis', 'pearl', '20');
    await expect(early.endorse()).rejects.toMatchObject({ code: expect.stringMatching(/^STALE_(READ|GUARD)$/) as string });
    await expect(late.submit().then((submitted) => submitted.verifyCommitted())).rejects.toMatchObject({ code: expect.stringMatching(/CONFLICT|^STALE_/) as string });
    expect([await recorded('early'), await recorded('late')]).toEqual(['', '']);
    // A value that is replaced, beside a set that grows.
    const changed = await contract.newProposal('recordTotal', { arguments: ['changed'], ...parts }).execute();
    await put('aurora', 'ruby', '90');
    await expect(changed.endorse()).rejects.toMatchObject({ code: expect.stringMatching(/^STALE_(READ|GUARD)$/) as string });
    expect(text(await contract.submit('recordTotal', { arguments: ['now'], ...parts, retry: { attempts: 5 } }))).toBe('{"stones":4,"points":220}');
    expect(await recorded('now')).toBe('{"stones":4,"points":220}');
  });

  it.skipIf(isSkipped)('take no part that is forged, of another request, doubled or missing, and no reduce by itself', async () => {
    const client = await createHostileClient(test.network, { mspId: 'AuroraMSP', contract: 'stock' });
    try {
      const call = client.begin();
      const [aurora, borealis] = [await call.map(0, 0, 2, 'total', 'aurora'), await call.map(1, 1, 2, 'total', 'borealis')];
      const codeOf = async (...given: SignedPart[]): Promise<string | undefined> => (await call.reduce(given, 'total')).refusal?.code;
      expect(text((await call.reduce([aurora, borealis], 'total')).payload)).toBe('{"stones":4,"points":220}');
      const changed = { ...borealis, sealedPart: Uint8Array.from(borealis.sealedPart, (byte, i) => (i === borealis.sealedPart.length - 1 ? byte ^ 1 : byte)) };
      expect(await codeOf(aurora, changed)).toBe('TEE_SIGNATURE_INVALID');
      expect(await codeOf(aurora, { ...borealis, sealedPart: aurora.sealedPart })).toBe('TEE_SIGNATURE_INVALID');
      expect(await codeOf(aurora, { ...borealis, signatures: [] })).toBe('COMPUTE_QUORUM_NOT_MET');
      expect(await codeOf(aurora, await client.begin().map(1, 1, 2, 'total', 'borealis'))).toBe('PART_FOREIGN');
      expect(await codeOf(aurora)).toBe('PARTS_INCOMPLETE');
      expect(await codeOf(aurora, aurora)).toBe('PARTS_INCOMPLETE');
      expect(await codeOf(borealis, aurora)).toBe('PARTS_INCOMPLETE');
      // One warehouse twice is a matter for the contract, which sees it.
      const twice = await call.map(1, 1, 2, 'total', 'aurora');
      expect(await call.reduce([aurora, twice], 'total')).toMatchObject({ status: 500, message: expect.stringContaining('must be counted once') as string });
    } finally {
      client.close();
    }
    const invented = JSON.stringify([{ arguments: ['aurora'], result: '{"stones":1000,"points":1}' }, { arguments: ['borealis'], result: '{"stones":0,"points":0}' }]);
    for (const name of ['recordSum', 'StockContract:recordSum', 'RecordSum']) await expect(contract.submitTransaction(name, 'forged', invented)).rejects.toMatchObject({ code: 'PARTS_REQUIRED' });
    await expect(contract.evaluateTransaction('sum', invented)).rejects.toMatchObject({ code: 'PARTS_REQUIRED' });
    expect(await recorded('forged')).toBe('');
    await expect(contract.evaluate('put', parts)).rejects.toMatchObject({ code: 'PARTITION_UNKNOWN' });
  });

  it.skipIf(isSkipped)('have a part made elsewhere when the compute node that makes it is killed', { timeout: 120_000 }, async () => {
    const { network } = test;
    const victim = 'compute-2';
    // It takes its part and gets no further.
    process.kill(network.node(victim).pid, 'SIGSTOP');
    let killed: Promise<void> | undefined;
    hops = [];
    onHop = ({ hop, peer, refusal }) => {
      if (hop === 'execute' && peer !== victim && refusal === undefined) killed ??= network.kill(victim);
    };
    try {
      expect(text(await contract.submit('recordTotal', { arguments: ['short-handed'], ...parts, retry: { attempts: 5 } }))).toBe('{"stones":4,"points":220}');
      await killed;
      // The victim had a part, and gave none.
      expect(killed).toBeDefined();
      expect(hops.filter(({ peer }) => peer === victim).map(({ refusal }) => refusal === undefined)).toContain(false);
      expect(hops.some(({ peer, refusal }) => peer === victim && refusal === undefined)).toBe(false);
      expect(await recorded('short-handed')).toBe('{"stones":4,"points":220}');
      expect(await total()).toEqual({ stones: 4, points: 220 });
    } finally {
      onHop = () => undefined;
      await network.kill(victim).catch(() => undefined);
      await network.restart(victim);
    }
    await expect.poll(async () => {
      hops = [];
      await total();
      return new Set(hops.map(({ peer }) => peer)).size;
    }, { timeout: 60_000 }).toBe(2);
  });
});
