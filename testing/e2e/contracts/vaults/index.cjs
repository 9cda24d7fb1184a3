'use strict';

const { Contract } = require('fabric-contract-api');

/** Notes in the world state and in collections, with what else a chaincode may do to a key. A collection '' is the world state. */
class Vaults extends Contract {
  constructor() {
    super('Vaults');
  }

  async Put(ctx, collection, key, note) {
    if (collection === '') await ctx.stub.putState(key, Buffer.from(note));
    else await ctx.stub.putPrivateData(collection, key, Buffer.from(note));
  }

  async Get(ctx, collection, key) {
    return Buffer.from(collection === '' ? await ctx.stub.getState(key) : await ctx.stub.getPrivateData(collection, key)).toString('utf8');
  }

  /** Puts what it reads, with a text after it. */
  async Append(ctx, collection, key, note) {
    await this.Put(ctx, collection, key, `${await this.Get(ctx, collection, key)}${note}`);
  }

  async Hash(ctx, collection, key) {
    return Buffer.from(await ctx.stub.getPrivateDataHash(collection, key)).toString('hex');
  }

  async Keys(ctx, collection) {
    const keys = [];
    for await (const { key } of ctx.stub.getPrivateDataByRange(collection, '', '')) keys.push(key);
    return keys.join();
  }

  async Delete(ctx, collection, key) {
    if (collection === '') await ctx.stub.deleteState(key);
    else await ctx.stub.deletePrivateData(collection, key);
  }

  async Purge(ctx, collection, key) {
    await ctx.stub.purgePrivateData(collection, key);
  }
}

module.exports.contracts = [Vaults];
