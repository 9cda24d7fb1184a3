import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { SelvedgeError } from '@selvedge/errors';

// Below the ports that systems give to outgoing connections, so that a port stays free while its process restarts.
const FIRST = 20_000;
const LAST = 29_999;
const MAX_TRIES = 2_000;
const LOOPBACK = '127.0.0.1';

/** Finds free ports on 127.0.0.1, each once and none of `taken`. Throws UNAVAILABLE when there are too few. */
export async function findFreePorts(count: number, taken: ReadonlySet<number> = new Set()): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries >= MAX_TRIES) throw new SelvedgeError('UNAVAILABLE', `fewer than ${String(count)} free ports between ${String(FIRST)} and ${String(LAST)}`, { role: 'cli' });
    const port = randomInt(FIRST, LAST + 1);
    if (!taken.has(port) && !found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
