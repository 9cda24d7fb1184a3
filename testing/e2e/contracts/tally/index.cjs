'use strict';
const { Contract } = require('fabric-contract-api');
const { version } = require('./package.json');

/** Every value says which version of the code wrote it. */
class Tally extends Contract {
  async Put(ctx, key) {
    await ctx.stub.putState(key, Buffer.from(version));
    return version;
  }

  async Get(ctx, key) {
    return Buffer.from(await ctx.stub.getState(key)).toString();
  }
}

module.exports.contracts = [Tally];
