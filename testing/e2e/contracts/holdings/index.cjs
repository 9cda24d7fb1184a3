'use strict';

const { Contract } = require('fabric-contract-api');

/** Holdings as documents. A collection '' is the world state. */
class Holdings extends Contract {
  constructor() {
    super('Holdings');
  }

  async Put(ctx, collection, key, value) {
    if (collection === '') await ctx.stub.putState(key, Buffer.from(value));
    else await ctx.stub.putPrivateData(collection, key, Buffer.from(value));
  }

  async Get(ctx, collection, key) {
    return Buffer.from(collection === '' ? await ctx.stub.getState(key) : await ctx.stub.getPrivateData(collection, key)).toString('utf8');
  }

  async Delete(ctx, collection, key) {
    if (collection === '') await ctx.stub.deleteState(key);
    else await ctx.stub.deletePrivateData(collection, key);
  }

  /** Every key with its value. */
  async All(ctx, collection) {
    const found = collection === '' ? ctx.stub.getStateByRange('', '') : ctx.stub.getPrivateDataByRange(collection, '', '');
    const all = {};
    for await (const { key, value } of found) all[key] = Buffer.from(value).toString('utf8');
    return JSON.stringify(all);
  }

  /** Adds up the carats of a kind, found by a rich query, and puts the sum under a key. */
  async SumKind(ctx, kind, target) {
    let sum = 0;
    for await (const { value } of ctx.stub.getQueryResult(JSON.stringify({ selector: { kind } }))) sum += JSON.parse(Buffer.from(value).toString('utf8')).carat;
    await ctx.stub.putState(target, Buffer.from(String(sum)));
    return sum;
  }

  async History(ctx, key) {
    const values = [];
    for await (const { value, isDelete } of ctx.stub.getHistoryForKey(key)) values.push(isDelete ? null : Buffer.from(value).toString('utf8'));
    return JSON.stringify(values);
  }
}

module.exports.contracts = [Holdings];
