import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGERS, isMissing, startVaults } from './src/ledgers.js';
import { text, type TestNetwork } from './src/network.js';


/** getHistoryForKey of an unmodified chaincode, over world state that its owners alone keep and every organisation's followers chain. */
describe.each(LEDGERS)('the history of keys on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork | undefined;
  let gateway: Gateway | undefined;
  let contract: Contract;

  const history = async (key: string): Promise<[string, string, string][]> => JSON.parse(text(await contract.evaluateTransaction('History', key))) as [string, string, string][];
  /** Resolves with the transaction's id. */
  const submit = async (name: string, ...args: string[]): Promise<string> => {
    const submitted = await contract.submitAsync(name, { arguments: args });
    await submitted.verifyCommitted();
    return submitted.getTransactionId();
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startVaults(ledger);
    gateway = await test.network.connect('BorealisMSP');
    contract = gateway.getNetwork('main').getContract('vaults');
  });
  afterAll(async () => {
    gateway?.close();
    await test?.end();
  });

  it.skipIf(isSkipped)('has every version, deletes too, newest first, with the transaction and the time of its request', async () => {
    const before = Math.floor(Date.now() / 1000);
    const ids = [await submit('Put', '', 'k', 'one'), await submit('Append', '', 'k', ', two'), await submit('Delete', '', 'k'), await submit('Put', '', 'k', 'again')];
    const versions = await history('k');
    expect(versions.map(([txId, , note]) => [txId, note])).toEqual([[ids[3], 'again'], [ids[2], '(deleted)'], [ids[1], 'one, two'], [ids[0], 'one']]);
    for (const [, time] of versions) expect(Number(time)).toBeGreaterThanOrEqual(before);
    expect(await history('never')).toEqual([]);
    await submit('Protect', '', 'k', 'Org1MSP');
    expect(await history('k')).toHaveLength(4);
  });

  it.skipIf(isSkipped)('of more versions than one message holds is whole, and stays so over a restart of its keeper', async () => {
    const wide = 'x'.repeat(100_000);
    for (let i = 0; i < 25; i += 1) await submit('Put', '', 'wide', `${String(i)} ${wide}`);
    expect((await history('wide')).map(([, , note]) => note.split(' ')[0])).toEqual(Array.from({ length: 25 }, (_, i) => String(24 - i)));
    await test!.network.kill('business-aurora');
    await test!.network.restart('business-aurora');
    await expect.poll(async () => (await history('wide').catch(() => [])).length, { timeout: 60_000, interval: 500 }).toBe(25);
  });

  it.skipIf(isSkipped)('that was read and has grown by the commit is a conflict', async () => {
    await submit('Put', '', 'read', 'one');
    const reader = await (await contract.newProposal('Count', { arguments: ['read', 'count'] }).execute()).endorse();
    await submit('Put', '', 'read', 'two');
    await expect(reader.submit().then((submitted) => submitted.verifyCommitted())).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
    await submit('Count', 'read', 'count');
    expect(text(await contract.evaluateTransaction('Get', '', 'count'))).toBe('2');
  });

  it.skipIf(isSkipped)('is not what the events are: those come to who submitted with the response', async () => {
    const executed = await contract.newProposal('Announce', { arguments: ['Sold', 'gem'] }).execute();
    const event = executed.getEvent();
    expect([event?.name, text(event?.payload ?? new Uint8Array(0))]).toEqual(['Sold', 'gem']);
  });
});
