'use strict';
const { generateKeyPairSync } = require('node:crypto');
const { Contract } = require('fabric-contract-api');

class Scales extends Contract {
  async Put(ctx, key, carat) {
    await ctx.stub.putState(key, Buffer.from(carat));
    return carat;
  }

  async Get(ctx, key) {
    return Buffer.from(await ctx.stub.getState(key)).toString();
  }

  /** Fails as a chaincode fails. */
  async Refuse() {
    throw new Error('the scales are broken');
  }

  /** Makes a key pair, which is another one on each node. */
  async Seal(ctx, key) {
    const { publicKey } = generateKeyPairSync('ed25519');
    await ctx.stub.putState(key, publicKey.export({ format: 'der', type: 'spki' }));
  }
}

module.exports.contracts = [Scales];
