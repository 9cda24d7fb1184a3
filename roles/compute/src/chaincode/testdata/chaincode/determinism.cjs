'use strict';

const crypto = require('node:crypto');
const { Contract } = require('fabric-contract-api');

const loaded = { now: Date.now(), random: Math.random() };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const later = (start) => new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));
const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** Everything that tells time or chance, as contracts use it. */
class Determinism extends Contract {
  async draw(ctx, pauseMs = '0') {
    const first = Math.random();
    await sleep(Number(pauseMs));
    await ctx.stub.getState('k');
    return {
      loaded, first,
      time: [Date.now(), new Date().getTime(), Date(), new Date().toISOString(), performance.now(), process.hrtime(), String(process.hrtime.bigint())],
      formatted: [new Intl.DateTimeFormat('en', { timeStyle: 'long', dateStyle: 'long' }).format(), new Date(2020, 0, 1).toISOString(), new Date(5).getTime(), new Date() instanceof Date, (1234.5).toLocaleString()],
      random: Math.random(),
      bytes: hex(crypto.randomBytes(40)),
      bytesLater: hex(await later((done) => crypto.randomBytes(8, done))),
      pseudo: hex(crypto.pseudoRandomBytes(8)),
      filled: hex(crypto.randomFillSync(Buffer.alloc(8), 2, 4)),
      words: [...crypto.randomFillSync(new Uint32Array(4), 1, 2)],
      filledLater: hex(await later((done) => crypto.randomFill(Buffer.alloc(8), done))),
      ints: [crypto.randomInt(1000), crypto.randomInt(5, 10), await later((done) => crypto.randomInt(1e9, done))],
      uuids: [crypto.randomUUID(), crypto.webcrypto.randomUUID()],
      values: [hex(crypto.getRandomValues(new Uint8Array(8))), hex(globalThis.crypto.getRandomValues(new Uint8Array(8)))],
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: Intl.DateTimeFormat().resolvedOptions().locale,
      host: require('node:os').hostname(), directory: __dirname,
    };
  }
  /** A write that depends on time and chance. */
  async store(ctx) {
    await ctx.stub.putState('drawn', Buffer.from(JSON.stringify([Date.now(), Math.random(), hex(crypto.randomBytes(16)), crypto.randomUUID()])));
  }
  async wrongArguments() {
    const attempt = (task) => { try { task(); return 'none'; } catch (error) { return error.code; } };
    return [attempt(() => crypto.randomBytes(-1)), attempt(() => crypto.randomBytes('x')), attempt(() => crypto.randomInt(5, 5)), attempt(() => crypto.getRandomValues(new Float32Array(1))), attempt(() => crypto.randomFillSync(Buffer.alloc(2), 3)), attempt(() => crypto.randomFill(Buffer.alloc(2)))];
  }
}

module.exports = { Determinism };
