'use strict';

const { Contract } = require('fabric-contract-api');

const COLLECTION = 'values';

/** One private collection: read, check, add, write back. */
class Bench extends Contract {
  constructor() {
    super('Bench');
  }

  async Update(ctx, key) {
    const change = JSON.parse(Buffer.from(ctx.stub.getTransient().get('value')).toString('utf8'));
    if (typeof change.amount !== 'number') throw new Error('value needs an amount');
    const present = await ctx.stub.getPrivateData(COLLECTION, key);
    const before = present.length === 0 ? { total: 0, updates: 0 } : JSON.parse(Buffer.from(present).toString('utf8'));
    const after = { total: before.total + change.amount, updates: before.updates + 1, memo: change.memo };
    await ctx.stub.putPrivateData(COLLECTION, key, Buffer.from(JSON.stringify(after)));
    return String(after.updates);
  }

  async Read(ctx, key) {
    const present = await ctx.stub.getPrivateData(COLLECTION, key);
    return Buffer.from(present).toString('utf8');
  }
}

module.exports.contracts = [Bench];
