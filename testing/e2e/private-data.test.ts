import { createHash } from 'node:crypto';
import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGERS, isMissing, startVaults } from './src/ledgers.js';
import { text, type TestNetwork } from './src/network.js';


/** What an unmodified chaincode sees of private data, on real processes: Fabric's rules, by the chaincode's own file. */
describe.each(LEDGERS)('private data on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork | undefined;
  const gateways: Gateway[] = [];
  let aurora: Contract;
  let borealis: Contract;

  const contractOf = async (mspId: string): Promise<Contract> => {
    const gateway = await (test as TestNetwork).network.connect(mspId);
    gateways.push(gateway);
    return gateway.getNetwork('main').getContract('vaults');
  };
  const query = async (contract: Contract, name: string, ...args: string[]): Promise<string> => text(await contract.evaluateTransaction(name, ...args));
  const refusal = async (attempt: Promise<unknown>): Promise<string> => attempt.then(() => 'nothing was refused', (error: unknown) => String(error));
  /** Each submit waits for its commit, so each makes a block of its own. */
  const passBlocks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await aurora.submitTransaction('Put', '', 'tick', String(i));
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startVaults(ledger);
    aurora = await contractOf('AuroraMSP');
    borealis = await contractOf('BorealisMSP');
  });
  afterAll(async () => {
    for (const gateway of gateways) gateway.close();
    await test?.end();
  });

  it.skipIf(isSkipped)('is shown and written by members only where the collection says so; its hash is everyone’s', async () => {
    await aurora.submitTransaction('Put', 'closed', 'k', 'ruby');
    expect(await query(aurora, 'Get', 'closed', 'k')).toBe('ruby');
    const denied = (access: string): string => `tx creator does not have ${access} access permission on privatedata in chaincodeName:vaults collectionName: closed`;
    expect(await refusal(borealis.evaluateTransaction('Get', 'closed', 'k'))).toContain(denied('read'));
    expect(await refusal(borealis.submitTransaction('Put', 'closed', 'k', 'glass'))).toContain(denied('write'));
    expect(await query(borealis, 'Hash', 'closed', 'k')).toBe(createHash('sha256').update('ruby').digest('hex'));
  });

  it.skipIf(isSkipped)('has a collection of each organisation’s own that nobody declares', async () => {
    await aurora.submitTransaction('Put', '_implicit_org_BorealisMSP', 'k', 'for Borealis');
    expect(await query(borealis, 'Get', '_implicit_org_BorealisMSP', 'k')).toBe('for Borealis');
    expect(await query(borealis, 'Get', '_implicit_org_AuroraMSP', 'k')).toBe('');
    expect(await refusal(aurora.submitTransaction('Put', '_implicit_org_NoSuchMSP', 'k', 'x'))).toContain('collection main/vaults/_implicit_org_NoSuchMSP could not be found');
  });

  it.skipIf(isSkipped)('is gone when it is deleted or purged', async () => {
    for (const end of ['Delete', 'Purge']) {
      await aurora.submitTransaction('Put', 'closed', 'gone', end);
      await aurora.submitTransaction(end, 'closed', 'gone');
      expect(await query(aurora, 'Get', 'closed', 'gone')).toBe('');
      expect(await query(aurora, 'Hash', 'closed', 'gone')).toBe('');
    }
  });

  it.skipIf(isSkipped)('ends after blockToLive: for reads, hashes, ranges and whoever has read it before', async () => {
    await aurora.submitTransaction('Put', 'ending', 'a', 'one');
    await aurora.submitTransaction('Put', 'ending', 'b', 'one');
    const held = await (await aurora.newProposal('Append', { arguments: ['ending', 'a', '!'] }).execute()).endorse();
    await passBlocks(2);
    expect(await query(aurora, 'Keys', 'ending')).toBe('a,b');
    // Rewritten, b lives on; the blocks of the put and of the three after it are over for a.
    await aurora.submitTransaction('Append', 'ending', 'b', ', two');
    expect(await query(aurora, 'Get', 'ending', 'a')).toBe('');
    expect(await query(aurora, 'Hash', 'ending', 'a')).toBe('');
    expect(await query(aurora, 'Keys', 'ending')).toBe('b');
    await expect((await held.submit()).verifyCommitted()).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
    await aurora.submitTransaction('Append', 'ending', 'a', 'anew');
    expect(await query(aurora, 'Get', 'ending', 'a')).toBe('anew');
    expect(await query(aurora, 'Get', 'ending', 'b')).toBe('one, two');
  });
});
