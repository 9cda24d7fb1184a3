'use strict';

const { Contract } = require('fabric-contract-api');

/** Stones in stalls, and transactions that query them and write what they found. A collection '' is the world state. */
class Stalls extends Contract {
  constructor() {
    super('Stalls');
  }

  async Put(ctx, collection, key, carat) {
    if (collection === '') await ctx.stub.putState(key, Buffer.from(carat));
    else await ctx.stub.putPrivateData(collection, key, Buffer.from(carat));
  }

  async Get(ctx, collection, key) {
    return Buffer.from(collection === '' ? await ctx.stub.getState(key) : await ctx.stub.getPrivateData(collection, key)).toString('utf8');
  }

  /** Puts a stone under a composite key of its stall. */
  async Lay(ctx, collection, stall, stone, carat) {
    await this.Put(ctx, collection, ctx.stub.createCompositeKey('stall', [stall, stone]), carat);
  }

  /** Adds up the keys from start to end and puts the sum under a key. */
  async SumRange(ctx, collection, start, end, target) {
    const found = collection === '' ? ctx.stub.getStateByRange(start, end) : ctx.stub.getPrivateDataByRange(collection, start, end);
    return this.#sum(ctx, found, collection, target);
  }

  /** Adds up the stones of a stall and puts the sum under a key. */
  async SumStall(ctx, collection, stall, target) {
    const found = collection === '' ? ctx.stub.getStateByPartialCompositeKey('stall', [stall]) : ctx.stub.getPrivateDataByPartialCompositeKey(collection, 'stall', [stall]);
    return this.#sum(ctx, found, collection, target);
  }

  /** Puts a stone as a document, for rich queries. */
  async Show(ctx, collection, key, kind, carat) {
    await this.Put(ctx, collection, key, JSON.stringify({ kind, carat: Number(carat) }));
  }

  /** Adds up the documents of a kind, found by a rich query, and puts the sum under a key. */
  async SumKind(ctx, collection, kind, target) {
    const query = JSON.stringify({ selector: { kind, carat: { $gt: 0 } } });
    const found = collection === '' ? ctx.stub.getQueryResult(query) : ctx.stub.getPrivateDataQueryResult(collection, query);
    let sum = 0;
    for await (const { value } of found) sum += JSON.parse(Buffer.from(value).toString('utf8')).carat;
    await this.Put(ctx, collection, target, String(sum));
    return sum;
  }

  async Delete(ctx, collection, key) {
    if (collection === '') await ctx.stub.deleteState(key);
    else await ctx.stub.deletePrivateData(collection, key);
  }

  async #sum(ctx, found, collection, target) {
    let sum = 0;
    for await (const { value } of found) sum += Number(Buffer.from(value).toString('utf8'));
    await this.Put(ctx, collection, target, String(sum));
    return sum;
  }
}

module.exports.contracts = [Stalls];
