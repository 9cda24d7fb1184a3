import { isSelvedgeError } from '@selvedge/errors';
import type { Trader } from './houses.js';
import { forEachInFlight } from './pool.js';
import { createProgress, green, say } from './print.js';
import { lots, type Stone } from './stones.js';

const LOT_SIZE = 10;
const LOTS_IN_FLIGHT = 6;

/** Loads every house's stones as private data, each lot a transaction of its own through the whole path. */
export async function loadStones(traders: readonly Trader[]): Promise<{ stones: number; transactions: number; seconds: number }> {
  const total = traders.reduce((sum, trader) => sum + trader.stones.length, 0);
  const progress = createProgress('loading', total);
  let stones = 0;
  let transactions = 0;
  const started = performance.now();
  await Promise.all(
    traders.map((trader) =>
      forEachInFlight(lots(trader.stones, LOT_SIZE), LOTS_IN_FLIGHT, async (lot) => {
        await trader.contract.submit('LoadStones', { transientData: { stones: JSON.stringify(lot.map(forContract)) } });
        stones += lot.length;
        transactions += 1;
        progress(stones);
      }),
    ),
  );
  return { stones, transactions, seconds: (performance.now() - started) / 1_000 };
}

function forContract({ id, cut, color, clarity, carat, price }: Stone): Record<string, string | number> {
  return { id, cut, color, clarity, carat, price };
}

/** Asks, changes, moves and withdraws stones, and checks every answer against the data set. Returns the number of queries. */
export async function trade(traders: readonly Trader[]): Promise<number> {
  const [aurora, borealis, celesta] = traders as readonly [Trader, Trader, Trader];
  const [first, second, third] = aurora.stones as [Stone, Stone, Stone];
  let queries = 0;
  const ask = async (trader: Trader, name: string, argument: string): Promise<unknown> => {
    queries += 1;
    return JSON.parse(new TextDecoder().decode(await trader.contract.evaluateTransaction(name, argument)));
  };

  const price = (await ask(borealis, 'PriceOf', first.id)) as { price: number; house: string };
  expect(price.price === first.price && price.house === 'Aurora', `${first.id} costs ${String(first.price)} at aurora, not ${JSON.stringify(price)}`);
  say(`   price by id        ${first.id} costs $${String(price.price)} at ${price.house}`);

  const specification = { cut: first.cut, color: first.color, minCarat: 0.2, maxCarat: 1, maxPrice: 2_000 };
  const found = (await ask(celesta, 'FindStones', JSON.stringify(specification))) as { id: string }[];
  const expected = traders.flatMap((trader) => trader.stones).filter((stone) => isWanted(stone, specification));
  expect(found.length === expected.length, `${String(expected.length)} stones meet the specification`);
  say(`   filter             ${JSON.stringify(specification)}: ${String(found.length)} stones of three houses`);

  await aurora.contract.submit('SetPrice', { arguments: [first.id], transientData: { price: String(first.price + 100) } });
  const raised = (await ask(celesta, 'PriceOf', first.id)) as { price: number };
  expect(raised.price === first.price + 100, 'the new price holds');
  say(`   change a price     ${first.id} now costs $${String(raised.price)}`);

  await aurora.contract.submit('TransferStone', { arguments: [second.id, 'Borealis'], transientData: { price: String(second.price) } });
  const moved = (await ask(celesta, 'PriceOf', second.id)) as { house: string };
  expect(moved.house === 'Borealis', 'the stone has moved');
  say(`   transfer a stone   ${second.id} is now at ${moved.house}: one transaction, two owners`);

  await aurora.contract.submit('WithdrawStone', { arguments: [third.id] });
  const gone = await refusalText(() => ask(celesta, 'PriceOf', third.id));
  expect(gone.includes(third.id), 'the stone is withdrawn');
  say(`   withdraw a stone   ${third.id} is withdrawn; asked for its price: ${gone}`);

  const denied = await refusalText(() => borealis.contract.submit('SetPrice', { arguments: [first.id], transientData: { price: '1' } }));
  expect(denied !== '', 'another house may not change a price');
  say(`   not one's own      a price by another house is refused: ${denied}`);
  say(`   ${green('every answer agrees with the data set')}`);
  return queries;
}

function isWanted(stone: Stone, wanted: { cut: string; color: string; minCarat: number; maxCarat: number; maxPrice: number }): boolean {
  return stone.cut === wanted.cut && stone.color === wanted.color && stone.carat >= wanted.minCarat && stone.carat <= wanted.maxCarat && stone.price <= wanted.maxPrice;
}

async function refusalText(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return '';
  } catch (error) {
    if (!isSelvedgeError(error, 'CHAINCODE_ERROR')) throw error;
    return error.message;
  }
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the tour expected: ${what}`);
}
