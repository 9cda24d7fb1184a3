import { Context, Contract, Info, Param, Returns, Transaction } from 'fabric-contract-api';
import { Books } from './books';
import { HOUSES, houseNamed, houseOf, type House } from './houses';
import { compareListings, matches, parseSpecification, type Listing } from './specification';
import { parsePrice, parseStones, requireId } from './stone';

/** Three diamond houses that keep their stones private, each in its own collection. */
@Info({ title: 'Diamonds', description: 'Diamond houses: load, find, price, offer, transfer and withdraw stones' })
export class DiamondsContract extends Contract {
  constructor() {
    super('DiamondsContract');
  }

  /** Takes stones into the caller's books. Transient field `stones`: a JSON array. Returns how many. */
  @Transaction()
  @Returns('string')
  async LoadStones(ctx: Context): Promise<string> {
    const house = callerHouse(ctx);
    const books = new Books(ctx.stub, house);
    const stones = parseStones(transientText(ctx, 'stones'));
    for (const stone of stones) {
      if ((await books.find(stone.id)) !== undefined) throw new Error(`stone ${stone.id} is already in the books of ${house.name}`);
      await books.put(stone);
    }
    emit(ctx, 'StonesLoaded', { house: house.name, count: stones.length });
    return JSON.stringify({ house: house.name, count: stones.length });
  }

  /** Whose a stone is and what it costs. */
  @Transaction(false)
  @Param('id', 'string')
  @Returns('string')
  async PriceOf(ctx: Context, id: string): Promise<string> {
    requireId(id);
    for (const house of housesFrom(ctx)) {
      const stone = await new Books(ctx.stub, house).find(id);
      if (stone !== undefined) return JSON.stringify({ id: stone.id, house: house.name, price: stone.price });
    }
    throw new Error(`stone ${id} is in no house's books`);
  }

  /** Stones of every house that meet a specification (JSON), the cheapest first. */
  @Transaction(false)
  @Param('specification', 'string')
  @Returns('string')
  async FindStones(ctx: Context, specification: string): Promise<string> {
    const wanted = parseSpecification(specification);
    const found: (Listing & { house: string })[] = [];
    for (const house of HOUSES) {
      for await (const listing of new Books(ctx.stub, house).listings(wanted)) {
        if (matches(wanted, listing)) found.push({ ...listing, house: house.name });
      }
    }
    const answer = found.sort(compareListings).slice(0, wanted.limit ?? found.length);
    return JSON.stringify(answer.map(({ id, house, cut, color, clarity, carat, price }) => ({ id, house, cut, color, clarity, carat, price })));
  }

  /** Changes the price of a stone of the caller's house. Transient field `price`. */
  @Transaction()
  @Param('id', 'string')
  @Returns('string')
  async SetPrice(ctx: Context, id: string): Promise<string> {
    const house = callerHouse(ctx);
    const books = new Books(ctx.stub, house);
    const price = parsePrice(transientText(ctx, 'price'), 'price');
    const stone = await books.require(requireId(id));
    await books.put({ ...stone, price });
    emit(ctx, 'PriceChanged', { id, house: house.name });
    return JSON.stringify({ id, house: house.name });
  }

  /** Offers a stone of the caller's house to another. Transient field `price`. */
  @Transaction()
  @Param('id', 'string')
  @Param('toHouse', 'string')
  @Returns('string')
  async OfferStone(ctx: Context, id: string, toHouse: string): Promise<string> {
    const house = callerHouse(ctx);
    const books = new Books(ctx.stub, house);
    const buyer = requireOther(house, toHouse);
    const price = parsePrice(transientText(ctx, 'price'), 'price');
    const stone = await books.require(requireId(id));
    await books.putOffer(stone.id, { toHouse: buyer.name, price });
    emit(ctx, 'StoneOffered', { id, house: house.name, toHouse: buyer.name });
    return JSON.stringify({ id, house: house.name, toHouse: buyer.name });
  }

  /** Moves a stone of the caller's house into another's books. Transient field `price`: what was agreed. */
  @Transaction()
  @Param('id', 'string')
  @Param('toHouse', 'string')
  @Returns('string')
  async TransferStone(ctx: Context, id: string, toHouse: string): Promise<string> {
    const house = callerHouse(ctx);
    const seller = new Books(ctx.stub, house);
    const buyer = requireOther(house, toHouse);
    const price = parsePrice(transientText(ctx, 'price'), 'price');
    const stone = await seller.require(requireId(id));
    const offer = await seller.findOffer(id);
    if (offer !== undefined && offer.toHouse !== buyer.name) throw new Error(`stone ${id} is offered to ${offer.toHouse}`);
    if (offer !== undefined && offer.price !== price) throw new Error(`the price agreed for stone ${id} is not the one it is offered at`);
    await seller.remove(stone);
    if (offer !== undefined) await seller.removeOffer(id);
    await new Books(ctx.stub, buyer).put({ ...stone, price });
    emit(ctx, 'StoneTransferred', { id, house: house.name, toHouse: buyer.name });
    return JSON.stringify({ id, house: buyer.name });
  }

  /** Takes a stone of the caller's house off the market. */
  @Transaction()
  @Param('id', 'string')
  @Returns('string')
  async WithdrawStone(ctx: Context, id: string): Promise<string> {
    const house = callerHouse(ctx);
    const books = new Books(ctx.stub, house);
    const stone = await books.require(requireId(id));
    await books.remove(stone);
    if ((await books.findOffer(id)) !== undefined) await books.removeOffer(id);
    emit(ctx, 'StoneWithdrawn', { id, house: house.name });
    return JSON.stringify({ id, house: house.name });
  }
}

const callerHouse = (ctx: Context): House => houseOf(ctx.clientIdentity.getMSPID());

/** All houses, the caller's own first: that is where it most often looks. */
function housesFrom(ctx: Context): House[] {
  const mspId = ctx.clientIdentity.getMSPID();
  return [...HOUSES].sort((a, b) => Number(b.mspId === mspId) - Number(a.mspId === mspId));
}

function requireOther(house: House, toHouse: string): House {
  const other = houseNamed(toHouse);
  if (other.mspId === house.mspId) throw new Error(`${house.name} already owns its stones`);
  return other;
}

/** Prices and stones travel as transient data, which a Fabric ledger does not keep. */
function transientText(ctx: Context, field: string): string {
  const value = ctx.stub.getTransient().get(field);
  if (value === undefined || value.length === 0) throw new Error(`the transient field "${field}" is missing`);
  return Buffer.from(value).toString();
}

/** Events are public on a Fabric ledger, so they never hold a price. */
function emit(ctx: Context, name: string, payload: Record<string, string | number>): void {
  ctx.stub.setEvent(name, Buffer.from(JSON.stringify(payload)));
}
