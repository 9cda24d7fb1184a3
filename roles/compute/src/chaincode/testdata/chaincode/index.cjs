'use strict';

const { spawn } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { Contract } = require('fabric-contract-api');
const { Determinism } = require('./determinism.cjs');
const { Hostile } = require('./hostile.cjs');

const collect = async (iterator) => {
  const keys = [];
  for (let entry = await iterator.next(); !entry.done; entry = await iterator.next()) keys.push(entry.value.key);
  await iterator.close();
  return keys;
};

/** A message of this transaction, written past the shim's queue. */
const rawMessage = (ctx, type, payload = Buffer.alloc(0), txid = ctx.stub.getTxID()) => {
  const { peer } = require(require.resolve('@hyperledger/fabric-protos', { paths: [require.resolve('fabric-shim')] }));
  const message = new peer.ChaincodeMessage();
  message.setType(peer.ChaincodeMessage.Type[type] ?? type);
  message.setPayload(payload);
  message.setTxid(txid);
  message.setChannelId(ctx.stub.getChannelID());
  return message;
};
const write = (ctx, message) => ctx.stub.handler._stream.write(message);
const forever = () => new Promise(() => undefined);

let calls = 0;

class Behaviours extends Contract {
  async show(ctx, ...args) {
    const { seconds, nanos } = ctx.stub.getTxTimestamp();
    return {
      args, seconds: seconds.toNumber(), nanos,
      channel: ctx.stub.getChannelID(),
      txId: ctx.stub.getTxID(),
      binding: ctx.stub.getBinding(),
      processMspId: ctx.stub.getMspID(),
      creatorMspId: ctx.clientIdentity.getMSPID(),
      id: ctx.clientIdentity.getID(),
      colour: ctx.clientIdentity.getAttributeValue('colour'),
      transient: Object.fromEntries([...ctx.stub.getTransient()].map(([name, value]) => [name, value.toString('hex')])),
      environment: Object.keys(process.env).sort(),
      directory: process.cwd(),
      pid: process.pid,
    };
  }
  /** What the preload put in place of the shim's own. */
  async preloaded(ctx) {
    const { ClientIdentity } = require('fabric-shim');
    return JSON.stringify([require('node:util').types.isProxy(ClientIdentity), ctx.clientIdentity instanceof ClientIdentity, ctx.logging.getLogger('x').write.name]);
  }
  async bytes(ctx) { return ctx.stub.getBufferArgs()[1].toString('hex'); }
  async count() { calls += 1; return String(calls); }
  async put(ctx, collection, key, value) {
    if (collection === '') await ctx.stub.putState(key, Buffer.from(value));
    else await ctx.stub.putPrivateData(collection, key, Buffer.from(value));
  }
  async get(ctx, collection, key) {
    return (collection === '' ? await ctx.stub.getState(key) : await ctx.stub.getPrivateData(collection, key)).toString();
  }
  async putThenGet(ctx, key, value) {
    await ctx.stub.putState(key, Buffer.from(value));
    return (await ctx.stub.getState(key)).toString();
  }
  /** Sets a key's policy, in hex; what it was before comes back. */
  async exchangePolicy(ctx, collection, key, policy) {
    const get = collection === '' ? ctx.stub.getStateValidationParameter(key) : ctx.stub.getPrivateDataValidationParameter(collection, key);
    const before = await get;
    if (collection === '') await ctx.stub.setStateValidationParameter(key, Buffer.from(policy, 'hex'));
    else await ctx.stub.setPrivateDataValidationParameter(collection, key, Buffer.from(policy, 'hex'));
    return before === undefined ? 'none' : Buffer.from(before).toString('hex');
  }
  async history(ctx, key) {
    const versions = [];
    const iterator = await ctx.stub.getHistoryForKey(key);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const { txId, timestamp, isDelete, value } = next.value;
      versions.push([txId, Number(timestamp.seconds), timestamp.nanos, isDelete, Buffer.from(value).toString()]);
    }
    await iterator.close();
    return JSON.stringify(versions);
  }
  async remove(ctx, collection, key) {
    if (collection === '') await ctx.stub.deleteState(key);
    else await ctx.stub.deletePrivateData(collection, key);
  }
  async purge(ctx, collection, key) { await ctx.stub.purgePrivateData(collection, key); }
  async hash(ctx, collection, key) { return (await ctx.stub.getPrivateDataHash(collection, key)).toString('hex'); }
  async range(ctx, start, end) { return collect(await ctx.stub.getStateByRange(start, end)); }
  async privateRange(ctx, collection, start, end) { return collect((await ctx.stub.getPrivateDataByRange(collection, start, end)).iterator); }
  async firstOfRange(ctx) {
    const iterator = await ctx.stub.getStateByRange('', '');
    const first = await iterator.next();
    await iterator.close();
    return first.value.key;
  }
  async openQueries(ctx, count) { for (let i = 0; i < Number(count); i++) await ctx.stub.getStateByRange('', ''); }
  async page(ctx, size, bookmark) {
    const { iterator, metadata } = await ctx.stub.getStateByRangeWithPagination('', '', Number(size), bookmark);
    return { keys: await collect(iterator), metadata };
  }
  async richQuery(ctx, query) { return collect(await ctx.stub.getQueryResult(query)); }
  async privateRichQuery(ctx, collection, query) { return collect((await ctx.stub.getPrivateDataQueryResult(collection, query)).iterator); }
  async richPage(ctx, query, size, bookmark) {
    const { iterator, metadata } = await ctx.stub.getQueryResultWithPagination(query, Number(size), bookmark);
    return { keys: await collect(iterator), metadata };
  }
  async swallowBadQuery(ctx) { try { await ctx.stub.getQueryResult('{"selector":{"a":{"$foo":1}}}'); } catch (error) { return error.message; } }
  async putComposite(ctx, type, attributes, value) { await ctx.stub.putState(ctx.stub.createCompositeKey(type, JSON.parse(attributes)), Buffer.from(value)); }
  async partial(ctx, type, attributes) {
    const found = [];
    for await (const { key } of ctx.stub.getStateByPartialCompositeKey(type, JSON.parse(attributes))) found.push(ctx.stub.splitCompositeKey(key).attributes);
    return found;
  }
  async event(ctx, name, payload) { ctx.stub.setEvent(name, Buffer.from(payload)); return 'done'; }
  async eventThenFail(ctx) { ctx.stub.setEvent('never', Buffer.from('x')); throw new Error('after the event'); }
  async fail(ctx, message) { throw new Error(message); }
  async print(ctx, text) { console.log(text); console.error(text); return 'printed'; }
  async result(ctx, length) { return 'x'.repeat(Number(length)); }

  async signedProposal(ctx) {
    const { proposal, signature } = ctx.stub.getSignedProposal();
    const { header, payload } = proposal;
    const { idBytes, mspid } = ctx.stub.getCreator();
    return {
      args: ctx.stub.getArgs(),
      channelId: header.channelHeader.getChannelId(),
      txId: header.channelHeader.getTxId(),
      type: header.channelHeader.getType(),
      epoch: header.channelHeader.getEpoch(),
      extension: Buffer.from(header.channelHeader.getExtension_asU8()).toString('hex'),
      timestamp: ctx.stub.getDateTimestamp().toISOString(),
      nonce: Buffer.from(header.signatureHeader.nonce).toString('hex'),
      creator: mspid,
      headerCreator: header.signatureHeader.creator.getMspid(),
      certificate: Buffer.from(idBytes).toString(),
      input: Buffer.from(payload.input ?? payload.getInput_asU8()).toString('hex'),
      signatureLength: signature.length,
      binding: ctx.stub.getBinding(),
    };
  }
  /** Calls a contract and shows how its call ended. */
  async call(ctx, ...all) {
    const [name, channel, ...args] = all;
    const { status, message, payload } = await ctx.stub.invokeChaincode(name, args, channel);
    return { status, message, payload: payload.toString() };
  }
  /** Calls a contract and carries on whatever comes of it. */
  async tryCall(ctx, ...all) {
    try { return await this.call(ctx, ...all); } catch (error) { return { error: error.message }; }
  }
  async callTwice(ctx, ...all) { return [await this.call(ctx, ...all), await this.call(ctx, ...all)]; }
  async eventAndCall(ctx, ...all) { ctx.stub.setEvent('mine', Buffer.from('m')); return this.call(ctx, ...all); }
  async callWithoutEvent(ctx, name) { return this.call(ctx, name, '', 'event', 'theirs', 'x'); }

  // Misuse
  async keyPolicy(ctx) { await ctx.stub.setStateValidationParameter('k', Buffer.from('p')); }
  async readKeyPolicy(ctx) { await ctx.stub.getStateValidationParameter('k'); }
  async swallow(ctx, collection, key) {
    try { await this.get(ctx, collection, key); return 'present'; } catch (error) { return `swallowed: ${error.message}`; }
  }
  async swallowHistory(ctx) { try { await ctx.stub.getHistoryForKey('k'); } catch { return 'swallowed'; } }
  async putMany(ctx, count, length) { for (let i = 0; i < Number(count); i++) await ctx.stub.putState(`k${i}`, Buffer.alloc(Number(length), 1)); }
  async getMany(ctx, count) { for (let i = 0; i < Number(count); i++) await ctx.stub.getState('big'); }
  async putForever(ctx) { for (;;) await ctx.stub.putState('k', Buffer.from('v')).catch(() => undefined); }
  async forgottenAwait(ctx) { ctx.stub.putState('forgotten', Buffer.from('v')); return 'done'; }
  async exit(ctx, code) { process.exit(Number(code)); }
  async hang() { await forever(); }
  async slow(ctx, ms) { await new Promise((resolve) => setTimeout(resolve, Number(ms))); return 'slow'; }
  async putSlowly(ctx, key, ms) { await ctx.stub.putState(key, Buffer.from('v')); await this.slow(ctx, ms); }
  async spin() { for (;;); }
  async overlap(ctx) { write(ctx, rawMessage(ctx, 'GET_STATE')); write(ctx, rawMessage(ctx, 'GET_STATE')); await forever(); }
  async garbage(ctx) { write(ctx, Object.assign(rawMessage(ctx, 'GET_STATE'), { serializeBinary: () => Buffer.from('ffffffff', 'hex') })); await forever(); }
  async garbagePayload(ctx) { write(ctx, rawMessage(ctx, 'GET_STATE', Buffer.from('ffffffff', 'hex'))); await forever(); }
  async garbageResult(ctx) { write(ctx, rawMessage(ctx, 'COMPLETED', Buffer.from('ffffffff', 'hex'))); await forever(); }
  async wrongType(ctx) { write(ctx, rawMessage(ctx, 'TRANSACTION')); await forever(); }
  async shimError(ctx, text) { write(ctx, rawMessage(ctx, 'ERROR', Buffer.from(text))); await forever(); }
  async strays(ctx, count) { for (let i = 0; i < Number(count); i++) write(ctx, rawMessage(ctx, 'GET_STATE', Buffer.alloc(0), 'ff')); await forever(); }
  async strayResult(ctx, txId) { write(ctx, rawMessage(ctx, 'COMPLETED', Buffer.alloc(0), txId)); return 'done'; }
  async hugeMessage(ctx, length) { await ctx.stub.putState('k', Buffer.alloc(Number(length))); }
  async emptyPut(ctx, key) { await ctx.stub.putState(key, Buffer.alloc(0)); }
  async leaveChild() {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    return String(child.pid);
  }
  async changeOwnCode() { writeFileSync('index.cjs', 'module.exports = {}'); }
}

module.exports = { Behaviours, contracts: [Behaviours, Determinism, Hostile] };
