'use strict';

const { Contract } = require('fabric-contract-api');

/** A note for each key, at the desks that are named. */
class Desks extends Contract {
  constructor() {
    super('Desks');
  }

  /** @param desks collection names, with commas between them */
  async Put(ctx, desks, key, note) {
    for (const desk of desks.split(',')) await ctx.stub.putPrivateData(desk, key, Buffer.from(note));
  }

  async Get(ctx, desk, key) {
    return Buffer.from(await ctx.stub.getPrivateData(desk, key)).toString('utf8');
  }
}

module.exports.contracts = [Desks];
