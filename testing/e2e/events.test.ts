import type { ChaincodeEvent, ChaincodeEvents, Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGERS, isMissing, startVaults } from './src/ledgers.js';
import { text, type TestNetwork } from './src/network.js';

/** Events of an unmodified chaincode lie sealed on the ledger; the manifest entitles Aurora to open them. */
describe.each(LEDGERS)('chaincode events on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork | undefined;
  const gateways = new Map<string, Gateway>();
  let borealis: Contract;

  const events = (mspId: string, startBlock?: bigint): ChaincodeEvents => gateways.get(mspId)!.getNetwork('main').getChaincodeEvents('vaults', { startBlock });
  /** The next so many, without those that only tell that a reader reads. */
  const take = async (from: ChaincodeEvents, count: number, onEvent?: (name: string) => void): Promise<ChaincodeEvent[]> => {
    const found: ChaincodeEvent[] = [];
    for await (const event of from) {
      onEvent?.(event.eventName);
      if (event.eventName !== 'Ping') found.push(event);
      if (found.length === count) from.close();
    }
    return found;
  };
  const announce = async (name: string, note: string): Promise<string> => {
    const submitted = await borealis.submitAsync('Announce', { arguments: [name, note] });
    await submitted.verifyCommitted();
    return submitted.getTransactionId();
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startVaults(ledger);
    for (const mspId of ['AuroraMSP', 'BorealisMSP']) gateways.set(mspId, await test.network.connect(mspId));
    borealis = gateways.get('BorealisMSP')!.getNetwork('main').getContract('vaults');
  });
  afterAll(async () => {
    for (const gateway of gateways.values()) gateway.close();
    await test?.end();
  });

  it.skipIf(isSkipped)('are opened as they come, for an organisation that did not set them', async () => {
    await announce('before', 'the start');
    const seen: string[] = [];
    const reading = take(events('AuroraMSP'), 2, (name) => seen.push(name));
    // The reader starts with the next block; which one that is, it asks the ledger.
    while (seen.length === 0) await Promise.race([announce('Ping', 'anybody there'), reading]);
    const ids = [await announce('Sold', 'ruby'), await announce('Bought', 'opal')];
    const found = await reading;
    expect(found.map(({ transactionId, chaincodeName, eventName, payload }) => [transactionId, chaincodeName, eventName, text(payload)])).toEqual([
      [ids[0], 'vaults', 'Sold', 'ruby'],
      [ids[1], 'vaults', 'Bought', 'opal'],
    ]);
    expect(found[0]!.blockNumber < found[1]!.blockNumber).toBe(true);
  });

  it.skipIf(isSkipped)('are read again from any block, also after the compute node was away', async () => {
    await test!.network.kill('compute-1');
    await test!.network.restart('compute-1');
    const found = await take(events('AuroraMSP', 0n), 3);
    expect(found.map(({ eventName }) => eventName)).toEqual(['before', 'Sold', 'Bought']);
    expect((await take(events('AuroraMSP', found[2]!.blockNumber), 1)).map(({ eventName }) => eventName)).toEqual(['Bought']);
  });

  it.skipIf(isSkipped)('are opened for nobody else, the organisation that set them included', async () => {
    await expect(take(events('BorealisMSP', 0n), 1)).rejects.toMatchObject({ code: 'EVENT_ACCESS_DENIED', message: expect.stringContaining('BorealisMSP') as string });
  });

  it.skipIf(isSkipped)('of transactions that were found invalid are not there', async () => {
    const loser = await (await borealis.newProposal('AnnounceChange', { arguments: ['k', 'lost'] }).execute()).endorse();
    await borealis.submitTransaction('AnnounceChange', 'k', 'won');
    await expect(loser.submit().then((submitted) => submitted.verifyCommitted())).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
    await announce('after', 'all');
    const found = await take(events('AuroraMSP', 0n), 5);
    expect(found.slice(3).map(({ eventName, payload }) => [eventName, text(payload)])).toEqual([['Changed', 'won'], ['after', 'all']]);
  });
});
