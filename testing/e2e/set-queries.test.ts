import { fileURLToPath } from 'node:url';
import { isSelvedgeError } from '@selvedge/errors';
import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endorseUntilRefused } from './src/endorse-until-refused.js';
import { LEDGERS, isMissing } from './src/ledgers.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';

const STALLS = fileURLToPath(new URL('./contracts/stalls', import.meta.url));
/** What a query and update may lose a race with. */
const LOST = ['STALE_READ', 'STALE_GUARD', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT'];
const ROUNDS = 6;

/** An unmodified chaincode queries a set and writes in one transaction, on real processes; Fabric refuses that for private data. */
describe.each(LEDGERS)('a query and update on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork | undefined;
  const gateways: Gateway[] = [];
  let aurora: Contract;
  let borealis: Contract;

  const contractOf = async (mspId: string): Promise<Contract> => {
    const gateway = await (test as TestNetwork).network.connect(mspId);
    gateways.push(gateway);
    return gateway.getNetwork('main').getContract('stalls');
  };
  /** Block in which it was committed; undefined: it lost. */
  const submitted = async (contract: Contract, name: string, ...args: string[]): Promise<{ readonly result: string; readonly block: bigint } | undefined> => {
    try {
      const commit = await (await (await contract.newProposal(name, { arguments: args }).execute()).endorse()).submit();
      await commit.verifyCommitted();
      return { result: text(commit.getResult()), block: (await commit.getStatus()).blockNumber };
    } catch (error) {
      if (isSelvedgeError(error) && LOST.includes(error.code)) return undefined;
      throw error;
    }
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ ledger, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'] });
    await test.network.deploy(STALLS);
    aurora = await contractOf('AuroraMSP');
    borealis = await contractOf('BorealisMSP');
  });
  afterAll(async () => {
    for (const gateway of gateways) gateway.close();
    await test?.end();
  });

  it.skipIf(isSkipped).each(['', 'backroom'])('of a range and of a partial composite key is committed, in collection %j', async (collection) => {
    for (const [key, carat] of [['a1', '1'], ['a2', '2'], ['b1', '40']] as const) await aurora.submitTransaction('Put', collection, key, carat);
    for (const [stone, carat] of [['x', '5'], ['y', '6']] as const) await aurora.submitTransaction('Lay', collection, 'north', stone, carat);
    expect(text(await aurora.submitTransaction('SumRange', collection, 'a', 'b', 'sum-a'))).toBe('3');
    expect(text(await borealis.submitTransaction('SumStall', collection, 'north', 'sum-north'))).toBe('11');
    expect([text(await aurora.evaluateTransaction('Get', collection, 'sum-a')), text(await aurora.evaluateTransaction('Get', collection, 'sum-north'))]).toEqual(['3', '11']);
  });

  it.skipIf(isSkipped).each(['', 'backroom'])('that was executed before an insert is refused, in collection %j', async (collection) => {
    const early = await aurora.newProposal('SumRange', { arguments: [collection, 'a', 'b', 'early'] }).execute();
    await borealis.submitTransaction('Put', collection, `a-${ledger}`, '7');
    await expect(endorseUntilRefused(early)).rejects.toMatchObject({ code: 'STALE_GUARD' });
    const late = await (await aurora.newProposal('SumRange', { arguments: [collection, 'a', 'b', 'late'] }).execute()).endorse();
    await borealis.submitTransaction('Put', collection, `a-${ledger}-2`, '9');
    await expect((await late.submit()).verifyCommitted()).rejects.toMatchObject({ code: 'PHANTOM_READ_CONFLICT' });
  });

  it.skipIf(isSkipped).each(['', 'backroom'])('by a selector is committed, and refused when a stone newly matches, in collection %j', async (collection) => {
    for (const [key, kind, carat] of [['x1', 'opal', '3'], ['x2', 'opal', '4'], ['x3', 'ruby', '50']] as const) await aurora.submitTransaction('Show', collection, key, kind, carat);
    expect(text(await borealis.submitTransaction('SumKind', collection, 'opal', 'sum-opal'))).toBe('7');
    expect(text(await aurora.evaluateTransaction('Get', collection, 'sum-opal'))).toBe('7');
    // x3 was passed over without being read; once it is an opal, the sum is another.
    const early = await aurora.newProposal('SumKind', { arguments: [collection, 'opal', 'early'] }).execute();
    const late = await (await aurora.newProposal('SumKind', { arguments: [collection, 'opal', 'late'] }).execute()).endorse();
    await borealis.submitTransaction('Show', collection, 'x3', 'opal', '50');
    await expect(endorseUntilRefused(early)).rejects.toMatchObject({ code: 'STALE_GUARD' });
    await expect((await late.submit()).verifyCommitted()).rejects.toMatchObject({ code: 'PHANTOM_READ_CONFLICT' });
    expect(text(await aurora.submitTransaction('SumKind', collection, 'opal', 'sum-opal'))).toBe('57');
  });

  it.skipIf(isSkipped)('that races inserts gives what its place among them gives', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const stall = `race-${String(round)}`;
      await aurora.submitTransaction('Lay', '', stall, 'first', '1');
      const [sum, insert] = await Promise.all([submitted(aurora, 'SumStall', '', stall, `sum-${stall}`), submitted(borealis, 'Lay', '', stall, 'second', '10')]);
      // Inserts rest on nothing: they never lose.
      expect(insert).toBeDefined();
      if (sum === undefined) continue;
      if (sum.result === '1') expect(sum.block <= insert!.block).toBe(true);
      else expect([sum.result, sum.block >= insert!.block]).toEqual(['11', true]);
      expect(text(await aurora.evaluateTransaction('Get', '', `sum-${stall}`))).toBe(sum.result);
    }
  });
});
