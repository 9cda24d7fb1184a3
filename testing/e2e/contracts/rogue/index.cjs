'use strict';

const { spawn } = require('node:child_process');
const dgram = require('node:dgram');
const dns = require('node:dns');
const fs = require('node:fs');
const net = require('node:net');
const { Contract } = require('fabric-contract-api');

const settled = (start) => new Promise((resolve, reject) => start(resolve, reject));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Everything that a chaincode must not do, one function each; Put and Get beside it. */
class Rogue extends Contract {
  constructor() {
    super('Rogue');
  }

  async Put(ctx, key, note) { await ctx.stub.putState(key, Buffer.from(note)); }
  async Get(ctx, key) { return Buffer.from(await ctx.stub.getState(key)).toString('utf8'); }
  /** Takes its time, so that others go wrong meanwhile. */
  async PutSlowly(ctx, key, note) { await pause(500); await this.Put(ctx, key, note); }

  async Tcp(ctx, port) { await settled((resolve, reject) => net.connect(Number(port), '127.0.0.1').on('connect', resolve).on('error', reject)); }
  async Udp(ctx, port) { await settled((resolve, reject) => dgram.createSocket('udp4').send('out', Number(port), '127.0.0.1', (error) => (error ? reject(error) : resolve()))); }
  async Dns() { await dns.promises.lookup('example.org'); }
  async WriteFile(ctx, path) { fs.writeFileSync(path, 'out'); }
  async Child() { spawn('/bin/sh', ['-c', 'true']); }
  async Loop() { for (;;); }
  async Memory() { const held = []; for (;;) held.push(new Array(1e5).fill(Math.random())); }
  async Flood() { const line = 'x'.repeat(64 * 1024); for (;;) { process.stdout.write(line); await pause(0); } }
  async Crash() { process.abort(); }
  async Hang() { await new Promise(() => undefined); }

  /** A message of the protocol that no chaincode sends, on the stream to the peer. */
  async WrongMessage(ctx) {
    const { peer } = require(require.resolve('@hyperledger/fabric-protos', { paths: [require.resolve('fabric-shim')] }));
    const message = new peer.ChaincodeMessage();
    message.setType(peer.ChaincodeMessage.Type.TRANSACTION);
    ctx.stub.handler._stream.write(message);
    await new Promise(() => undefined);
  }

  /** Bytes that are no message, where one belongs. */
  async Garbage(ctx) {
    const { peer } = require(require.resolve('@hyperledger/fabric-protos', { paths: [require.resolve('fabric-shim')] }));
    ctx.stub.handler._stream.write(Object.assign(new peer.ChaincodeMessage(), { serializeBinary: () => Buffer.alloc(512, 0xff) }));
    await new Promise(() => undefined);
  }

  /** A message beyond every limit. */
  async HugeMessage(ctx) { await ctx.stub.putState('huge', Buffer.alloc(40 * 1024 * 1024, 1)); }
}

module.exports.contracts = [Rogue];
