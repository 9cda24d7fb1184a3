import type { ChaincodeEvent, ChaincodeEvents, Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGERS, isMissing, startVaults } from './src/ledgers.js';
import { runCommand } from './src/run-command.js';
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
    test = await startVaults(ledger, { viewers: true });
    // What one transaction wrote the next one reads: an endorser's peer that is slower than a second to follow would refuse that.
    for (const mspId of ['AuroraMSP', 'BorealisMSP']) gateways.set(mspId, await test.network.connect(mspId, { retry: { attempts: 5 } }));
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

  /** Through the viewers beside the business nodes of this same network. */
  describe('viewers', () => {
    let ids: string[];
    const views = async (mspId: string, user: string, viewerId?: string) => {
      const gateway = await test!.network.connect(mspId, { user });
      gateways.set(`${mspId} ${user} ${viewerId ?? ''}`, gateway);
      return gateway.getNetwork('main').getViews(viewerId);
    };
    const selvedge = async (...args: string[]) => runCommand('--dir', test!.directory, '--json', ...args);

    beforeAll(async () => {
      if (isSkipped) return;
      const submit = async (name: string, ...args: string[]): Promise<string> => {
        const submitted = await gateways.get('AuroraMSP')!.getNetwork('main').getContract('vaults').submitAsync(name, { arguments: args });
        await submitted.verifyCommitted();
        return submitted.getTransactionId();
      };
      ids = [await submit('AnnounceChange', 'seen', 'first'), await submit('AnnounceChange', 'seen', 'second'), await submit('Put', 'closed', 'secret', 'of Aurora'), await submit('Delete', '', 'seen')];
    });

    it.skipIf(isSkipped)('show an entitled reader values, histories, and what a transaction wrote and announced', async () => {
      const aurora = await views('AuroraMSP', 'Admin');
      const [first, second, secret, deleted] = ids;
      expect((await aurora.key({ contract: 'vaults', key: 'k' })).versions.map(({ value }) => text(value))).toEqual(['won']);
      expect((await aurora.key({ contract: 'vaults', key: 'seen' })).versions).toEqual([]);
      expect((await aurora.key({ contract: 'vaults', collection: 'closed', key: 'secret' })).versions.map(({ value }) => text(value))).toEqual(['of Aurora']);
      const { versions } = await aurora.history({ contract: 'vaults', key: 'seen' });
      expect(versions.map(({ txId, deleted: isDeleted, value }) => [Buffer.from(txId).toString('hex'), isDeleted, text(value)])).toEqual([[deleted, true, ''], [second, false, 'firstsecond'], [first, false, 'first']]);
      const seen = await aurora.transaction(Buffer.from(first!, 'hex'));
      expect(seen.status).toMatchObject({ successful: true, transactionId: first });
      const [section] = seen.sections;
      expect(section!.writes.map(({ key, value }) => [key, text(value)])).toEqual([['seen', 'first']]);
      expect([section!.event!.name, text(section!.event!.payload)]).toEqual(['Changed', 'first']);
      const [written] = (await aurora.transaction(Buffer.from(secret!, 'hex'))).sections;
      expect(written!.writes.map(({ key, value }) => [key, text(value)])).toEqual([['secret', 'of Aurora']]);
    });

    it.skipIf(isSkipped)('open nothing that their organisation does not own, nor events that it may not open', async () => {
      const borealis = await views('BorealisMSP', 'Admin');
      await expect(borealis.key({ contract: 'vaults', collection: 'closed', key: 'secret' })).rejects.toMatchObject({ code: 'DATASET_ACCESS_DENIED', role: 'viewer' });
      const [section] = (await borealis.transaction(Buffer.from(ids[2]!, 'hex'))).sections;
      expect(section!.writes.map(({ key }) => key)).toEqual(['']);
      expect((await borealis.transaction(Buffer.from(ids[0]!, 'hex'))).sections[0]).toMatchObject({ event: { denied: true, name: '' } });
    });

    it.skipIf(isSkipped)('answer nobody of another organisation, nor anybody whom their own does not entitle', async () => {
      const foreign = await views('BorealisMSP', 'Admin', 'viewer-aurora');
      await expect(foreign.key({ contract: 'vaults', key: 'k' })).rejects.toMatchObject({ code: 'READER_FOREIGN' });
      const user = await views('AuroraMSP', 'User1');
      await expect(user.key({ contract: 'vaults', key: 'k' })).rejects.toMatchObject({ code: 'READER_NOT_ENTITLED', role: 'viewer' });
    });

    it.skipIf(isSkipped)('are asked by commands, and every view is in a log that verifies', async () => {
      const key = await selvedge('view', 'key', 'k', '-n', 'vaults');
      expect(key).toMatchObject({ code: 0, value: { found: true, result: 'won' } });
      expect(await selvedge('view', 'history', 'seen', '-n', 'vaults')).toMatchObject({ code: 0, value: { versions: [{ deleted: true }, { result: 'firstsecond' }, { result: 'first' }] } });
      expect(await selvedge('view', 'tx', ids[0]!)).toMatchObject({ code: 0, value: { valid: true, validationCode: 'VALID', contracts: [{ writes: [{ key: 'seen', result: 'first' }], event: { name: 'Changed' } }] } });
      expect(await selvedge('--identity', 'AuroraMSP/User1', 'view', 'key', 'k', '-n', 'vaults')).toMatchObject({ code: 1, value: { error: { code: 'READER_NOT_ENTITLED' } } });
      const { audit } = key.value as { readonly audit: { readonly count: number; readonly hash: string } };
      const log = `${test!.network.node('viewer-aurora').dataDirectory}/views.jsonl`;
      expect(await selvedge('view', 'audit', 'verify', log, '--viewer', 'viewer-aurora', '--head', `${String(audit.count)}:${audit.hash}`)).toMatchObject({ code: 0, value: { verified: true, since: 3 } });
      await test!.network.kill('viewer-aurora');
      await test!.network.restart('viewer-aurora');
      await expect.poll(async () => (await selvedge('view', 'key', 'k', '-n', 'vaults')).code, { timeout: 60_000, interval: 500 }).toBe(0);
      expect(await selvedge('view', 'audit', 'verify', log)).toMatchObject({ code: 0, value: { verified: true } });
      expect(await selvedge('view', 'audit', 'verify', log, '--viewer', 'viewer-borealis')).toMatchObject({ code: 1, value: { error: { code: 'AUDIT_LOG_EDITED' } } });
    });
  });
});
