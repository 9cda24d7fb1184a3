import type * as ChildProcess from 'node:child_process';
import type * as Net from 'node:net';

/**
 * A program for runtimes that speak TCP only: inside the chaincode's own network namespace it listens on the loopback
 * address, passes each connection on to the node's socket, and starts the chaincode as its child. Like the preload it
 * travels as source text. Arguments: port, socket path, command.
 */
function relay(require: NodeJS.Require): void {
  const net = require('node:net') as typeof Net;
  const { spawn } = require('node:child_process') as typeof ChildProcess;
  const [port = '', socketPath = '', program = '', ...args] = process.argv.slice(2);
  const server = net.createServer((inside) => {
    const outside = net.connect(socketPath);
    inside.pipe(outside).pipe(inside);
    for (const [one, other] of [[inside, outside], [outside, inside]] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(Number(port), '127.0.0.1', () => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => process.exit(127));
    child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGABRT' ? 134 : 137)));
  });
}

/** The relay as a CommonJS module. */
export const relaySource = (): string => `'use strict';\n(${relay.toString()})(require);\n`;
