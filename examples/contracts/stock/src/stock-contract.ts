import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';
import { collectionOf, sumCounts, type Count } from './counts';

const STONE = 'stone';
const TOTAL = 'total';

/** Stones in the warehouses of two houses. Totals are counted in parts: each warehouse by itself, wherever there is a compute node. */
@Info({ title: 'StockContract', description: 'Stock of several warehouses' })
export class StockContract extends Contract {
  constructor() {
    super('StockContract');
  }

  /** Lays a stone into a warehouse; its weight in hundredths of a carat. */
  @Transaction()
  async put(ctx: Context, warehouse: string, id: string, points: string): Promise<void> {
    if (!/^[1-9]\d{0,6}$/.test(points)) throw new Error('a whole number of points above 0 is expected');
    await ctx.stub.putPrivateData(collectionOf(warehouse), ctx.stub.createCompositeKey(STONE, [id]), Buffer.from(points));
  }

  /** Counts one warehouse. The map of both totals. */
  @Transaction(false)
  @Returns('string')
  async count(ctx: Context, warehouse: string): Promise<string> {
    const count = { stones: 0, points: 0 };
    for await (const { value } of ctx.stub.getPrivateDataByPartialCompositeKey(collectionOf(warehouse), STONE, [])) {
      count.stones += 1;
      count.points += Number(Buffer.from(value).toString());
    }
    return JSON.stringify(count satisfies Count);
  }

  /** The reduce of `total`: what all warehouses hold. */
  @Transaction(false)
  @Returns('string')
  async sum(_ctx: Context, parts: string): Promise<string> {
    return Promise.resolve(JSON.stringify(sumCounts(parts)));
  }

  /** The reduce of `recordTotal`: writes the total down under a day. */
  @Transaction()
  @Returns('string')
  async recordSum(ctx: Context, day: string, parts: string): Promise<string> {
    const total = JSON.stringify(sumCounts(parts));
    await ctx.stub.putState(ctx.stub.createCompositeKey(TOTAL, [day]), Buffer.from(total));
    return total;
  }

  /** A total that was written down. */
  @Transaction(false)
  @Returns('string')
  async recorded(ctx: Context, day: string): Promise<string> {
    const bytes = await ctx.stub.getState(ctx.stub.createCompositeKey(TOTAL, [day]));
    return Buffer.from(bytes).toString();
  }
}
