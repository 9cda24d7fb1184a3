'use strict';
// Tries to get out of a sandbox, with nothing of ours in the way, and prints what worked. Arguments: TCP port, UDP port, files, pid.
const fs = require('node:fs');
const net = require('node:net');
const { spawnSync } = require('node:child_process');
const [, , tcpPort, udpPort, secretFile, victim] = process.argv;

const attempt = (task) => {
  try {
    const result = task();
    return result === undefined ? 'worked' : result;
  } catch (error) {
    return error.code ?? error.message;
  }
};
const eventually = (start) =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve('nothing'), 3000);
    start((result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
const connect = (options) =>
  eventually((done) => {
    net.connect(options).on('connect', () => done('worked')).on('error', (error) => done(error.code));
  });
const capabilities = () => fs.readFileSync('/proc/self/status', 'utf8');

const main = async () => ({
  tcp: await connect({ host: '127.0.0.1', port: Number(tcpPort) }),
  tcpOutside: await connect({ host: '192.0.2.1', port: 80 }),
  udp: await eventually((done) => {
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('error', (error) => done(error.code));
    socket.send('hello', Number(udpPort), '127.0.0.1', (error) => done(error ? error.code : 'worked'));
  }),
  dns: await eventually((done) => require('node:dns').lookup('example.org', (error) => done(error ? error.code : 'worked'))),
  writeRoot: attempt(() => fs.writeFileSync('/file', 'x')),
  writeOwn: attempt(() => fs.writeFileSync(__filename, 'x')),
  writeTmp: attempt(() => fs.writeFileSync('/tmp/file', 'x')),
  chmodOwn: attempt(() => fs.chmodSync(__filename, 0o777)),
  secret: attempt(() => fs.readFileSync(secretFile, 'utf8')),
  passwd: attempt(() => fs.readFileSync('/etc/passwd', 'utf8')),
  proc: attempt(() => fs.readdirSync('/proc').length),
  status: attempt(capabilities),
  shell: attempt(() => spawnSync('/bin/sh', ['-c', 'echo worked']).error?.code ?? 'worked'),
  signal: attempt(() => process.kill(Number(victim), 0)),
  setuid: attempt(() => process.setuid(process.getuid() === 0 ? 1 : 0)),
  environment: Object.keys(process.env).sort(),
  root: fs.readdirSync('/').sort(),
  uid: process.getuid(),
  openFiles: attempt(() => {
    const opened = [];
    try {
      for (;;) opened.push(fs.openSync(__filename, 'r'));
    } catch (error) {
      return `${error.code} ${opened.length < 300}`;
    } finally {
      opened.forEach((descriptor) => fs.closeSync(descriptor));
    }
  }),
  memory: attempt(() => {
    const held = [];
    for (let size = 0; size < 4096; size += 64) held.push(Buffer.alloc(64 * 1024 * 1024, 1));
    return 'worked';
  }),
});

main().then((found) => process.stdout.write(JSON.stringify(found), () => process.exit()));
