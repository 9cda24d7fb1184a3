'use strict';

const { Contract } = require('fabric-contract-api');

/** All that the transaction was given as transient data: the only field's name and value. */
function onlyTransientField(ctx) {
  const [[name, value]] = ctx.stub.getTransient();
  return { name, value };
}

/** Private queries and those of the world state answer differently; both can be iterated. */
async function keysAndValues(query) {
  const found = [];
  for await (const { key, value } of query) found.push({ key, value: Buffer.from(value).toString('utf8') });
  return found;
}

/** Does with its arguments whatever a contract may do with a secret. An empty collection name means the world state. */
class Canary extends Contract {
  constructor() {
    super('Canary');
  }

  async Put(ctx, collection, key, value) {
    const bytes = Buffer.from(value);
    if (collection === '') await ctx.stub.putState(key, bytes);
    else await ctx.stub.putPrivateData(collection, key, bytes);
    return value;
  }

  /** Reads first, so that the read set shows the key. */
  async Replace(ctx, collection, key, value) {
    const before = await this.Get(ctx, collection, key);
    await this.Put(ctx, collection, key, value);
    return before;
  }

  async Get(ctx, collection, key) {
    const bytes = collection === '' ? await ctx.stub.getState(key) : await ctx.stub.getPrivateData(collection, key);
    return Buffer.from(bytes).toString('utf8');
  }

  async Delete(ctx, collection, key) {
    if (collection === '') await ctx.stub.deleteState(key);
    else await ctx.stub.deletePrivateData(collection, key);
  }

  /** Stores the transient field's value under its name. */
  async PutTransient(ctx, collection) {
    const { name, value } = onlyTransientField(ctx);
    await ctx.stub.putPrivateData(collection, name, value);
    return name;
  }

  async PutComposite(ctx, objectType, attribute, value) {
    await ctx.stub.putPrivateData('secrets', ctx.stub.createCompositeKey(objectType, [attribute, 'last']), Buffer.from(value));
  }

  async GetComposites(ctx, objectType, attribute) {
    return keysAndValues(ctx.stub.getPrivateDataByPartialCompositeKey('secrets', objectType, [attribute]));
  }

  async GetRange(ctx, collection, startKey, endKey) {
    return keysAndValues(collection === '' ? ctx.stub.getStateByRange(startKey, endKey) : ctx.stub.getPrivateDataByRange(collection, startKey, endKey));
  }

  async Emit(ctx, key, name, payload) {
    ctx.stub.setEvent(name, Buffer.from(payload));
    await ctx.stub.putState(key, Buffer.from(payload));
  }

  /** Prints to both outputs, through every way that contracts have. */
  async Print(ctx, text) {
    console.log(`stdout ${text}`);
    console.error(`stderr ${text}`);
    process.stdout.write(`${Buffer.from(text).toString('base64')}\n`);
    ctx.logging.getLogger().error('logger %s', text);
    return text;
  }

  /** Fails with a text that holds an argument and the transient field. */
  async Fail(ctx, text) {
    const { name, value } = onlyTransientField(ctx);
    throw new Error(`no ${text}, ${name}=${Buffer.from(value).toString('utf8')}`);
  }

  /** Takes its process down with the text in a stack trace. */
  async Crash(_ctx, text) {
    setImmediate(() => {
      throw new Error(`fatal ${text}`);
    });
    await new Promise(() => undefined);
  }

  /** A composite key without an object type, which the runtime refuses. */
  async UntypedKey(ctx, key) {
    await ctx.stub.putState(`\u0000\u0000${key}\u0000`, Buffer.from(key));
  }
}

module.exports.contracts = [Canary];
