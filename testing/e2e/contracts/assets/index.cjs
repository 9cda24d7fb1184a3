'use strict';

const { Contract } = require('fabric-contract-api');

/** Ordinary Fabric chaincode: assets whose value is private to the members of a collection. */
class Assets extends Contract {
  constructor() {
    super('Assets');
  }

  /** Takes the value from the transient field `value`, so that it lies in no block. */
  async CreateAsset(ctx, collection, id) {
    const present = await ctx.stub.getPrivateData(collection, id);
    if (present.length > 0) throw new Error(`asset ${id} exists already`);
    const value = ctx.stub.getTransient().get('value');
    if (value === undefined) throw new Error('the transient field value is missing');
    await ctx.stub.putPrivateData(collection, id, value);
    return id;
  }

  async ReadAsset(ctx, collection, id) {
    const value = await ctx.stub.getPrivateData(collection, id);
    if (value.length === 0) throw new Error(`there is no asset ${id}`);
    return Buffer.from(value).toString('utf8');
  }
}

module.exports.contracts = [Assets];
