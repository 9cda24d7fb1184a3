'use strict';

const { Contract } = require('fabric-contract-api');

/** Keeps notes of its own and calls other contracts within the same transaction. */
class Relays extends Contract {
  constructor() {
    super('Relays');
  }

  async Get(ctx, key) {
    return Buffer.from(await ctx.stub.getState(key)).toString('utf8');
  }

  /** Calls another contract with arguments that are a JSON array; an error of it is this one's. */
  async Call(ctx, channel, contract, call) {
    const { status, message, payload } = await ctx.stub.invokeChaincode(contract, JSON.parse(call), channel);
    if (status !== 200) throw new Error(`${contract}: ${message}`);
    return Buffer.from(payload).toString('utf8');
  }

  /** Puts a note of its own, and calls. */
  async PutAndCall(ctx, key, note, contract, call) {
    await ctx.stub.putState(key, Buffer.from(note));
    return this.Call(ctx, '', contract, call);
  }

  /** The same, with an event of its own. */
  async AnnounceAndCall(ctx, key, note, contract, call) {
    ctx.stub.setEvent('Relayed', Buffer.from(note));
    return this.PutAndCall(ctx, key, note, contract, call);
  }

  /** Puts what the called contract answers. */
  async Copy(ctx, key, contract, call) {
    await ctx.stub.putState(key, Buffer.from(await this.Call(ctx, '', contract, call)));
  }
}

module.exports.contracts = [Relays];
