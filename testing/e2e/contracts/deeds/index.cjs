'use strict';

const { Contract } = require('fabric-contract-api');

/** Deeds in private data collections. Their texts come as transient data. */
class Deeds extends Contract {
  constructor() {
    super('Deeds');
  }

  async Put(ctx, collection, key) {
    await ctx.stub.putPrivateData(collection, key, ctx.stub.getTransient().get('text'));
  }

  async Get(ctx, collection, key) {
    return Buffer.from(await ctx.stub.getPrivateData(collection, key)).toString('utf8');
  }

  /** What a peer shows to everybody, hexadecimal. */
  async Hash(ctx, collection, key) {
    return Buffer.from(await ctx.stub.getPrivateDataHash(collection, key)).toString('hex');
  }

  async Delete(ctx, collection, key) {
    await ctx.stub.deletePrivateData(collection, key);
  }

  async Purge(ctx, collection, key) {
    await ctx.stub.purgePrivateData(collection, key);
  }

  /** Adds to a deed what stands in another collection. */
  async Append(ctx, collection, key, other, otherKey) {
    const [own, added] = [await ctx.stub.getPrivateData(collection, key), await ctx.stub.getPrivateData(other, otherKey)];
    await ctx.stub.putPrivateData(collection, key, Buffer.concat([own, added]));
  }

  /** Every key, in order. */
  async Keys(ctx, collection) {
    const keys = [];
    for await (const { key } of ctx.stub.getPrivateDataByRange(collection, '', '')) keys.push(key);
    return JSON.stringify(keys);
  }
}

module.exports.contracts = [Deeds];
