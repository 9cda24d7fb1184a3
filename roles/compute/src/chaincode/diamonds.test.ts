import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStore, openTestHost, type TestCall, type TestHost, type TestStore } from './testdata/test-host.js';

/** The example contract, as it was built: an ordinary Fabric chaincode. */
const DIAMONDS = join(import.meta.dirname, '../../../../examples/contracts/diamonds');

let store: TestStore;
let it: TestHost;
beforeAll(async () => {
  store = await createTestStore(DIAMONDS);
  it = await openTestHost(store);
  await load('AuroraMSP', [stone('a-1', 326), stone('a-2', 500, { carat: 1.1 }), stone('a-3', 900, { cut: 'Fair' })]);
  await load('BorealisMSP', [stone('b-1', 400)]);
  await load('CelestaMSP', [stone('c-1', 300, { clarity: 'IF' })]);
});
afterAll(async () => {
  await it.close();
  await store.remove();
});

const stone = (id: string, price: number, changes: Record<string, unknown> = {}): Record<string, unknown> => ({ id, cut: 'Ideal', color: 'E', clarity: 'SI2', carat: 0.23, price, ...changes });
const as = (creatorMspId: string, transient: Record<string, string> = {}): TestCall => ({
  contract: 'diamonds',
  creatorMspId,
  transient: new Map(Object.entries(transient).map(([name, value]) => [name, Buffer.from(value)])),
});
const load = (mspId: string, stones: unknown[]): Promise<string> => it.text(['LoadStones'], as(mspId, { stones: JSON.stringify(stones) }));
const json = async (args: string[], call: TestCall): Promise<unknown> => JSON.parse(await it.text(args, call)) as unknown;
const refusal = async (args: string[], call: TestCall): Promise<string> => (await it.run(args, call)).message;

describe('reading', () => {
  test('stones lie in the collection of the house that loaded them', () => {
    expect(it.state.get('auroraStones', 'a-1')).toBe('{"id":"a-1","cut":"Ideal","color":"E","clarity":"SI2","carat":0.23,"price":326}');
    expect(it.state.get('borealisStones', 'a-1')).toBeUndefined();
  });

  test('anyone asks for any price', async () => {
    expect(await json(['PriceOf', 'c-1'], as('AuroraMSP'))).toEqual({ id: 'c-1', house: 'Celesta', price: 300 });
    expect(await refusal(['PriceOf', 'z-9'], as('AuroraMSP'))).toBe("stone z-9 is in no house's books");
  });

  test.each<[Record<string, unknown>, string[]]>([
    [{}, ['c-1', 'a-1', 'b-1', 'a-2', 'a-3']],
    [{ cut: 'Ideal' }, ['c-1', 'a-1', 'b-1', 'a-2']],
    [{ cut: 'Ideal', color: 'E', clarity: 'SI2' }, ['a-1', 'b-1', 'a-2']],
    [{ clarity: 'IF' }, ['c-1']],
    [{ minCarat: 1 }, ['a-2']],
    [{ minPrice: 326, maxPrice: 500 }, ['a-1', 'b-1', 'a-2']],
    [{ cut: 'Ideal', limit: 1 }, ['c-1']],
    [{ color: 'J' }, []],
  ])('stones by specification %j, cheapest first', async (specification, ids) => {
    const found = (await json(['FindStones', JSON.stringify(specification)], as('BorealisMSP'))) as { id: string }[];
    expect(found.map(({ id }) => id)).toEqual(ids);
  });
});

describe('changes', () => {
  test('only the owning house sets a price, and the index follows', async () => {
    expect(await refusal(['SetPrice', 'a-3'], as('BorealisMSP', { price: '1' }))).toBe('stone a-3 is not in the books of Borealis');
    const result = await it.run(['SetPrice', 'a-3'], as('AuroraMSP', { price: '950' }));
    expect({ name: result.event?.name, payload: Buffer.from(result.event?.payload ?? []).toString() }).toEqual({ name: 'PriceChanged', payload: '{"id":"a-3","house":"Aurora"}' });
    expect(await json(['FindStones', '{"minPrice":950}'], as('CelestaMSP'))).toMatchObject([{ id: 'a-3', price: 950 }]);
  });

  test('a transfer moves the stone and its index at the agreed price', async () => {
    await load('AuroraMSP', [stone('t-1', 700)]);
    await it.text(['OfferStone', 't-1', 'Celesta'], as('AuroraMSP', { price: '650' }));
    expect(await refusal(['TransferStone', 't-1', 'Borealis'], as('AuroraMSP', { price: '650' }))).toBe('stone t-1 is offered to Celesta');
    expect(await refusal(['TransferStone', 't-1', 'Celesta'], as('AuroraMSP', { price: '600' }))).toBe('the price agreed for stone t-1 is not the one it is offered at');
    expect(await refusal(['TransferStone', 't-1', 'Celesta'], as('CelestaMSP', { price: '650' }))).toBe('Celesta already owns its stones');
    await it.text(['TransferStone', 't-1', 'CelestaMSP'], as('AuroraMSP', { price: '650' }));
    expect(await json(['PriceOf', 't-1'], as('AuroraMSP'))).toEqual({ id: 't-1', house: 'Celesta', price: 650 });
    expect(await refusal(['SetPrice', 't-1'], as('AuroraMSP', { price: '1' }))).toBe('stone t-1 is not in the books of Aurora');
  });

  test('a withdrawn stone is gone, its index entry too', async () => {
    await load('BorealisMSP', [stone('w-1', 7000)]);
    await it.text(['WithdrawStone', 'w-1'], as('BorealisMSP'));
    expect(await json(['FindStones', '{"minPrice":7000}'], as('BorealisMSP'))).toEqual([]);
    expect(await refusal(['WithdrawStone', 'w-1'], as('BorealisMSP'))).toBe('stone w-1 is not in the books of Borealis');
  });

  test('what is wrong with a request is said', async () => {
    expect(await refusal(['LoadStones'], as('AuroraMSP'))).toBe('the transient field "stones" is missing');
    expect(await refusal(['LoadStones'], as('AuroraMSP', { stones: JSON.stringify([stone('a-1', 1)]) }))).toBe('stone a-1 is already in the books of Aurora');
    expect(await refusal(['LoadStones'], as('OtherMSP', { stones: '[]' }))).toBe('OtherMSP is not a diamond house; the houses are Aurora, Borealis, Celesta');
    expect(await refusal(['SetPrice', 'a-1'], as('AuroraMSP', { price: 'cheap' }))).toBe('price must be a whole number of dollars above 0');
    expect(await refusal(['OfferStone', 'a-1', 'Aurora'], as('AuroraMSP', { price: '1' }))).toBe('Aurora already owns its stones');
  });
});
