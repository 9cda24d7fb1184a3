'use strict';

const { Contract } = require('fabric-contract-api');
const { KeyEndorsementPolicy } = require('fabric-shim');

/** Notes in the world state and in collections, with what else a chaincode may do to a key. A collection '' is the world state. */
class Vaults extends Contract {
  constructor() {
    super('Vaults');
  }

  async Put(ctx, collection, key, note) {
    if (collection === '') await ctx.stub.putState(key, Buffer.from(note));
    else await ctx.stub.putPrivateData(collection, key, Buffer.from(note));
  }

  async Get(ctx, collection, key) {
    return Buffer.from(collection === '' ? await ctx.stub.getState(key) : await ctx.stub.getPrivateData(collection, key)).toString('utf8');
  }

  /** Puts what it reads, with a text after it. */
  async Append(ctx, collection, key, note) {
    await this.Put(ctx, collection, key, `${await this.Get(ctx, collection, key)}${note}`);
  }

  async Hash(ctx, collection, key) {
    return Buffer.from(await ctx.stub.getPrivateDataHash(collection, key)).toString('hex');
  }

  async Keys(ctx, collection) {
    const keys = [];
    for await (const { key } of ctx.stub.getPrivateDataByRange(collection, '', '')) keys.push(key);
    return keys.join();
  }

  async Delete(ctx, collection, key) {
    if (collection === '') await ctx.stub.deleteState(key);
    else await ctx.stub.deletePrivateData(collection, key);
  }

  /** Whoever endorses writes of the key from now on; mspIds with commas between them, none to end it. */
  async Protect(ctx, collection, key, mspIds) {
    const policy = new KeyEndorsementPolicy();
    if (mspIds !== '') policy.addOrgs('MEMBER', ...mspIds.split(','));
    const bytes = mspIds === '' ? Buffer.alloc(0) : Buffer.from(policy.getPolicy());
    if (collection === '') await ctx.stub.setStateValidationParameter(key, bytes);
    else await ctx.stub.setPrivateDataValidationParameter(collection, key, bytes);
  }

  async PutProtected(ctx, collection, key, note, mspIds) {
    await this.Put(ctx, collection, key, note);
    await this.Protect(ctx, collection, key, mspIds);
  }

  async Protectors(ctx, collection, key) {
    const bytes = collection === '' ? await ctx.stub.getStateValidationParameter(key) : await ctx.stub.getPrivateDataValidationParameter(collection, key);
    return bytes === undefined || bytes.length === 0 ? '' : new KeyEndorsementPolicy(bytes).listOrgs().sort().join();
  }

  /** Puts who protects a key under another key. */
  async CopyProtectors(ctx, collection, key, target) {
    await this.Put(ctx, collection, target, await this.Protectors(ctx, collection, key));
  }

  /** Versions of a key of the world state, newest first: transaction id, time, and the note or (deleted). */
  async History(ctx, key) {
    const versions = [];
    const iterator = await ctx.stub.getHistoryForKey(key);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const { txId, timestamp, isDelete, value } = next.value;
      versions.push([txId, `${timestamp.seconds.toString()}.${String(timestamp.nanos)}`, isDelete ? '(deleted)' : Buffer.from(value).toString('utf8')]);
    }
    await iterator.close();
    return JSON.stringify(versions);
  }

  /** Puts the number of a key's versions under another key. */
  async Count(ctx, key, target) {
    await this.Put(ctx, '', target, String(JSON.parse(await this.History(ctx, key)).length));
  }

  async Announce(ctx, name, note) {
    ctx.stub.setEvent(name, Buffer.from(note));
  }

  /** Changes a key and tells of it. */
  async AnnounceChange(ctx, key, note) {
    await this.Append(ctx, '', key, note);
    await this.Announce(ctx, 'Changed', note);
  }

  async Purge(ctx, collection, key) {
    await ctx.stub.purgePrivateData(collection, key);
  }
}

module.exports.contracts = [Vaults];
