'use strict';

const { Contract } = require('fabric-contract-api');

const OWN = '_implicit_org_CelestaMSP';
const COUNT = 'count';

/**
 * Each price is written twice, at all owners and at one alone, with the transaction that wrote it; and every write goes on from one count, so that the items of a
 * batch rest on each other.
 */
class Pairs extends Contract {
  constructor() {
    super('Pairs');
  }

  async SetPrice(ctx, name) {
    const value = Buffer.from(JSON.stringify({ price: Number(Buffer.from(ctx.stub.getTransient().get('price')).toString()), txId: ctx.stub.getTxID() }));
    await ctx.stub.putState(COUNT, Buffer.from(String((await this.Count(ctx)) + 1)));
    await ctx.stub.putState(name, value);
    await ctx.stub.putPrivateData(OWN, name, value);
  }

  async Count(ctx) {
    return Number(Buffer.from(await ctx.stub.getState(COUNT)).toString('utf8'));
  }

  /** The other of the two. */
  async Twin(ctx, name) {
    return Buffer.from(await ctx.stub.getPrivateData(OWN, name)).toString('utf8');
  }

  /** Every price that a name had, the newest first, with the transaction that the ledger says wrote it. */
  async Prices(ctx, name) {
    const prices = [];
    for await (const { txId, value } of ctx.stub.getHistoryForKey(name)) prices.push({ ledgerTxId: txId, ...JSON.parse(Buffer.from(value).toString('utf8')) });
    return JSON.stringify(prices);
  }
}

module.exports.contracts = [Pairs];
