'use strict';

const { spawn } = require('node:child_process');
const dgram = require('node:dgram');
const dns = require('node:dns');
const fs = require('node:fs');
const inspector = require('node:inspector');
const net = require('node:net');
const { Worker } = require('node:worker_threads');
const { Contract } = require('fabric-contract-api');

const settled = (start) => new Promise((resolve, reject) => start(resolve, reject));
const forever = () => new Promise(() => undefined);

/** A contract that wants out, and one that wants everything. */
class Hostile extends Contract {
  async tcp(ctx, port) { await settled((resolve, reject) => net.connect(Number(port), '127.0.0.1').on('connect', resolve).on('error', reject)); }
  async fetch(ctx, port) { await fetch(`http://127.0.0.1:${port}/`); }
  async listen() { await settled((resolve, reject) => net.createServer().listen(0).on('listening', resolve).on('error', reject)); }
  async udp(ctx, port) { await settled((resolve, reject) => dgram.createSocket('udp4').send('hello', Number(port), '127.0.0.1', (error) => (error ? reject(error) : resolve()))); }
  async dns() { await dns.promises.lookup('example.org'); }
  async dnsCallback() { await settled((resolve, reject) => dns.resolve4('example.org', (error) => (error ? reject(error) : resolve()))); }
  /** The node's own socket: a second stream to it. */
  async secondStream() {
    const grpc = require(require.resolve('@grpc/grpc-js', { paths: [require.resolve('fabric-shim')] }));
    const { peer } = require(require.resolve('@hyperledger/fabric-protos', { paths: [require.resolve('fabric-shim')] }));
    const stream = new peer.ChaincodeSupportClient('127.0.0.1:7052', grpc.credentials.createInsecure()).register();
    const id = new peer.ChaincodeID();
    id.setName(process.env.CORE_CHAINCODE_ID_NAME);
    const message = new peer.ChaincodeMessage();
    message.setType(peer.ChaincodeMessage.Type.REGISTER);
    message.setPayload(id.serializeBinary());
    let answers = 0;
    stream.on('data', () => { answers += 1; }).on('error', () => undefined);
    stream.write(message);
    await new Promise((resolve) => stream.on('close', resolve).on('end', resolve).on('status', resolve));
    return String(answers);
  }
  async tolerantOfNetwork(ctx, port) { await this.tcp(ctx, port).catch(() => undefined); return 'went on'; }

  async write(ctx, path) { fs.writeFileSync(path, 'x'); }
  async writeLater(ctx, path) { await fs.promises.writeFile(path, 'x'); }
  async openToWrite(ctx, path) { fs.openSync(path, 'w'); }
  async read(ctx, path) { return fs.readFileSync(path, 'utf8'); }
  async list(ctx, path) { return fs.readdirSync(path); }

  async child() { spawn('/bin/sh', ['-c', 'true']); }
  async thread() { new Worker('0', { eval: true }); }
  async inspector() { inspector.open(0); return inspector.url(); }
  async inspectorUrl() { return String(inspector.url()); }
  async kill(ctx, pid) { process.kill(Number(pid), 'SIGKILL'); }

  async heap() { const held = []; for (;;) held.push(new Array(1e5).fill(Math.random())); }
  async buffers() { const held = []; for (;;) { held.push(Buffer.alloc(32 * 1024 * 1024, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); } }
  async flood() { const line = 'x'.repeat(64 * 1024); for (;;) { process.stdout.write(line); await new Promise((resolve) => setImmediate(resolve)); } }
  async spin() { for (;;); }
  async block() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }
  async pretendToBeOther(ctx, txId) {
    const { peer } = require(require.resolve('@hyperledger/fabric-protos', { paths: [require.resolve('fabric-shim')] }));
    const response = new peer.Response();
    response.setStatus(200);
    response.setPayload(Buffer.from('forged'));
    const message = new peer.ChaincodeMessage();
    message.setType(peer.ChaincodeMessage.Type.COMPLETED);
    message.setPayload(response.serializeBinary());
    message.setTxid(txId);
    message.setChannelId(ctx.stub.getChannelID());
    ctx.stub.handler._stream.write(message);
    await forever();
  }
  async falseReport(ctx, text) { process.stderr.write(text); throw new Error('as it says'); }
}

module.exports = { Hostile };
