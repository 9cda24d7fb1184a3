// Serves a built site to this machine alone.
import { createServer } from 'node:http';
import sirv from 'sirv';

/** Resolves with the server once it listens on loopback. `port` 0: any that is free. */
export function serveSite(directory, port) {
  const server = createServer(sirv(directory, { etag: true }));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
