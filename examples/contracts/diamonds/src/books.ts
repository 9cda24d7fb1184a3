import type { Context } from 'fabric-contract-api';
import type { House } from './houses';
import type { Listing, Specification } from './specification';
import { indexPrefix } from './specification';
import { encodeStone, parseJson, parseStoredStone, type Stone } from './stone';

const INDEX = 'specification';
const OFFER = 'offer';

/** An open offer of a stone to another house. */
export interface Offer {
  readonly toHouse: string;
  readonly price: number;
}

/** The books of one house: its stones, their index by specification, and its offers, all in its collection. */
export class Books {
  constructor(
    private readonly stub: Context['stub'],
    private readonly house: House,
  ) {}

  async find(id: string): Promise<Stone | undefined> {
    const bytes = await this.stub.getPrivateData(this.house.collection, id);
    return bytes.length === 0 ? undefined : parseStoredStone(bytes);
  }

  /** The stone, or an error that says whose books it is missing from. */
  async require(id: string): Promise<Stone> {
    const stone = await this.find(id);
    if (stone === undefined) throw new Error(`stone ${id} is not in the books of ${this.house.name}`);
    return stone;
  }

  async put(stone: Stone): Promise<void> {
    await this.stub.putPrivateData(this.house.collection, stone.id, encodeStone(stone));
    const entry = JSON.stringify({ carat: stone.carat, price: stone.price });
    await this.stub.putPrivateData(this.house.collection, this.indexKey(stone), Buffer.from(entry));
  }

  async remove(stone: Stone): Promise<void> {
    await this.stub.deletePrivateData(this.house.collection, stone.id);
    await this.stub.deletePrivateData(this.house.collection, this.indexKey(stone));
  }

  /** Entries of the index below what the specification fixes. */
  async *listings(specification: Specification): AsyncGenerator<Listing> {
    for await (const { key, value } of this.stub.getPrivateDataByPartialCompositeKey(this.house.collection, INDEX, indexPrefix(specification))) {
      const [cut = '', color = '', clarity = '', id = ''] = this.stub.splitCompositeKey(key).attributes;
      const { carat, price } = parseJson(Buffer.from(value).toString(), 'index entry') as { carat: number; price: number };
      yield { cut, color, clarity, id, carat, price };
    }
  }

  async findOffer(id: string): Promise<Offer | undefined> {
    const bytes = await this.stub.getPrivateData(this.house.collection, this.offerKey(id));
    return bytes.length === 0 ? undefined : (parseJson(Buffer.from(bytes).toString(), 'offer') as Offer);
  }

  async putOffer(id: string, { toHouse, price }: Offer): Promise<void> {
    await this.stub.putPrivateData(this.house.collection, this.offerKey(id), Buffer.from(JSON.stringify({ toHouse, price })));
  }

  async removeOffer(id: string): Promise<void> {
    await this.stub.deletePrivateData(this.house.collection, this.offerKey(id));
  }

  private indexKey(stone: Stone): string {
    return this.stub.createCompositeKey(INDEX, [stone.cut, stone.color, stone.clarity, stone.id]);
  }

  private offerKey(id: string): string {
    return this.stub.createCompositeKey(OFFER, [id]);
  }
}
