import type * as ChildProcess from 'node:child_process';
import type * as Dgram from 'node:dgram';
import type * as Dns from 'node:dns';
import type * as Fs from 'node:fs';
import type * as Net from 'node:net';
import type * as WorkerThreads from 'node:worker_threads';
import type { PreloadContext, RefusedKind } from './context.js';

/**
 * Gives clear errors for what the sandbox refuses, and tells the node which transaction tried it. The kernel is what
 * refuses; a chaincode that gets around this function meets that.
 */
export function explainRefusals({ require, report, peer }: PreloadContext): void {
  type Callable = (...args: unknown[]) => unknown;
  const refuse = (kind: RefusedKind, what: string): Error => {
    report(kind);
    return Object.assign(new Error(`${what} is not available to a chaincode`), { code: 'EACCES' });
  };
  const wrap = (target: object, names: readonly string[], make: (real: Callable, name: string) => Callable): void => {
    for (const name of names) {
      const real = Reflect.get(target, name) as unknown;
      if (typeof real === 'function') Reflect.set(target, name, make(real as Callable, name));
    }
  };

  // Network: one address stands for the node's socket, and is reached as a peer's address would be.
  const net = require('node:net') as typeof Net;
  wrap(net.Socket.prototype, ['connect'], (real) =>
    function connect(this: Net.Socket, ...args: unknown[]): unknown {
      const first = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0];
      const options = typeof first === 'object' && first !== null ? (first as { host?: unknown; port?: unknown; path?: unknown }) : { port: first, host: args[1] };
      const isPeer = options.path === undefined && options.host === peer.host && Number(options.port) === peer.port;
      if (!isPeer) return this.destroy(refuse('network', 'the network'));
      // net.connect passes its arguments on as one array
      const callback = args.flat().find((argument) => typeof argument === 'function') as (() => void) | undefined;
      return real.call(this, { path: peer.socketPath }, ...(callback === undefined ? [] : [callback]));
    });
  wrap(net.Server.prototype, ['listen'], () =>
    function listen(this: Net.Server): unknown {
      process.nextTick(() => this.emit('error', refuse('network', 'the network')));
      return this;
    });
  const dgram = require('node:dgram') as typeof Dgram;
  wrap(dgram.Socket.prototype, ['bind', 'connect', 'send'], () => () => {
    throw refuse('network', 'the network');
  });
  const dns = require('node:dns') as typeof Dns;
  const lookups = Object.keys(dns).filter((name) => /^(?:lookup|resolve|reverse)/.test(name));
  wrap(dns, lookups, (_real, name) => (...args) => {
    const error = refuse('network', `dns.${name}`);
    const callback = args.at(-1);
    if (typeof callback !== 'function') throw error;
    process.nextTick(callback, error);
  });
  wrap(dns.promises, lookups, (_real, name) => () => Promise.reject(refuse('network', `dns.${name}`)));

  // Files: reading its own package is allowed; a write fails by itself, so it is only noted.
  const fs = require('node:fs') as typeof Fs;
  const writing = ['appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'mkdir', 'mkdtemp', 'rename', 'rm', 'rmdir', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile'];
  const noting = (real: Callable): Callable =>
    function note(this: unknown, ...args) {
      report('file');
      return real.apply(this, args);
    };
  wrap(fs, writing.flatMap((name) => [name, `${name}Sync`]), noting);
  wrap(fs, ['createWriteStream'], noting);
  wrap(fs.promises, writing, noting);
  const opening = (real: Callable): Callable =>
    function open(this: unknown, ...args) {
      const flags = args[1];
      const isWrite = typeof flags === 'string' ? /[wa+]/.test(flags) : typeof flags === 'number' && (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0;
      if (isWrite) report('file');
      return real.apply(this, args);
    };
  wrap(fs, ['open', 'openSync'], opening);
  wrap(fs.promises, ['open'], opening);

  // Processes and threads
  const child = require('node:child_process') as typeof ChildProcess;
  const starting = (_real: Callable, name: string): Callable => () => {
    throw refuse('process', `child_process.${name}`);
  };
  wrap(child, ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'], starting);
  const threads = require('node:worker_threads') as typeof WorkerThreads;
  threads.Worker = new Proxy(threads.Worker, {
    construct: () => {
      throw refuse('process', 'worker_threads.Worker');
    },
  });
  // Node would open its inspector at this signal; a listener keeps it shut.
  process.on('SIGUSR1', () => undefined);
}
