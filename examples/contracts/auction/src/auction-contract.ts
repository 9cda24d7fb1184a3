import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';

const BIDS = 'bids';
const LOT = 'lot';

interface Lot {
  readonly seller: string;
  readonly isOpen: boolean;
}

/** An auction of sealed bids. Who closes it learns who won, and at what price. */
@Info({ title: 'AuctionContract', description: 'Sealed bids for lots' })
export class AuctionContract extends Contract {
  constructor() {
    super('AuctionContract');
  }

  /** Offers a lot. */
  @Transaction()
  async open(ctx: Context, id: string): Promise<void> {
    const known = await ctx.stub.getState(key(ctx, id));
    if (known.length > 0) throw new Error(`lot ${id} is there already`);
    await putLot(ctx, id, { seller: ctx.clientIdentity.getMSPID(), isOpen: true });
  }

  /** Bids for a lot, or changes a bid: the price is a number in the transient field `price`. */
  @Transaction()
  async bid(ctx: Context, id: string): Promise<void> {
    await requireOpen(ctx, id);
    const price = Number(ctx.stub.getTransient().get('price')?.toString());
    if (!Number.isInteger(price) || price < 1) throw new Error('the transient field price must be a whole number above 0');
    await ctx.stub.putPrivateData(BIDS, ctx.stub.createCompositeKey(LOT, [id, ctx.clientIdentity.getMSPID()]), Buffer.from(String(price)));
  }

  /** Ends the auction: the highest bid wins. Its result is gated on commit, or any bidder could run this and look. */
  @Transaction()
  @Returns('string')
  async close(ctx: Context, id: string): Promise<string> {
    const lot = await requireOpen(ctx, id);
    let best: { winner: string; price: number } | undefined;
    for await (const { key: bidKey, value } of ctx.stub.getPrivateDataByPartialCompositeKey(BIDS, LOT, [id])) {
      const [, winner = ''] = ctx.stub.splitCompositeKey(bidKey).attributes;
      const price = Number(Buffer.from(value).toString());
      if (best === undefined || price > best.price) best = { winner, price };
    }
    await putLot(ctx, id, { ...lot, isOpen: false });
    return JSON.stringify(best ?? null);
  }

  /** Whether bids are taken. */
  @Transaction(false)
  @Returns('boolean')
  async isOpen(ctx: Context, id: string): Promise<boolean> {
    return (await getLot(ctx, id)).isOpen;
  }
}

function key(ctx: Context, id: string): string {
  return ctx.stub.createCompositeKey(LOT, [id]);
}

async function getLot(ctx: Context, id: string): Promise<Lot> {
  const bytes = await ctx.stub.getState(key(ctx, id));
  if (bytes.length === 0) throw new Error(`there is no lot ${id}`);
  return JSON.parse(Buffer.from(bytes).toString()) as Lot;
}

async function requireOpen(ctx: Context, id: string): Promise<Lot> {
  const lot = await getLot(ctx, id);
  if (!lot.isOpen) throw new Error(`lot ${id} is closed`);
  return lot;
}

function putLot(ctx: Context, id: string, lot: Lot): Promise<void> {
  return ctx.stub.putState(key(ctx, id), Buffer.from(JSON.stringify(lot)));
}
