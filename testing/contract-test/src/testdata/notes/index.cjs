'use strict';
const { Contract } = require('fabric-contract-api');

class Notes extends Contract {
  async put(ctx, key, value) {
    await ctx.stub.putState(key, Buffer.from(value));
    ctx.stub.setEvent('Noted', Buffer.from(key));
    return key;
  }
  async get(ctx, key) {
    const value = await ctx.stub.getState(key);
    if (value.length === 0) throw new Error(`there is no note ${key}`);
    return value.toString();
  }
  async remove(ctx, key) {
    await ctx.stub.putState(key, Buffer.from('for a moment'));
    await ctx.stub.deleteState(key);
  }
  async extend(ctx, key, more) {
    const value = await ctx.stub.getState(key);
    await ctx.stub.putState(key, Buffer.concat([value, Buffer.from(more)]));
  }
  async hide(ctx, collection, key) {
    const value = ctx.stub.getTransient().get('value');
    if (value === undefined) throw new Error('the transient field value is missing');
    await ctx.stub.putPrivateData(collection, key, value);
  }
  async reveal(ctx, collection, key) {
    return Buffer.from(await ctx.stub.getPrivateData(collection, key)).toString();
  }
  async whoAndWhen(ctx) {
    return [ctx.clientIdentity.getMSPID(), ctx.clientIdentity.getAttributeValue('colour') ?? 'none', ctx.stub.getDateTimestamp().toISOString()].join(' ');
  }
  async price(ctx, name) {
    console.log(`asks for the price of ${name}`);
    const { payload } = await ctx.stub.invokeChaincode('prices', ['priceOf', name], ctx.stub.getChannelID());
    return Buffer.from(payload).toString();
  }
  async late() {
    return 'gated';
  }
}

module.exports.contracts = [Notes];
