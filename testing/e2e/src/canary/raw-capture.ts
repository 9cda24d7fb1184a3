import { appendFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A relay of TCP bytes in front of one address that writes what passes, both ways, as it is: what the wire shows. */
export interface RawCapture {
  /** host:port to dial instead. */
  readonly address: string;
  close(): Promise<void>;
}

export async function startRawCapture(target: string, file: string): Promise<RawCapture> {
  const [host, port] = [target.slice(0, target.lastIndexOf(':')), Number(target.slice(target.lastIndexOf(':') + 1))];
  const sockets = new Set<Socket>();
  const relay = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      appendFileSync(file, chunk);
      to.write(chunk);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((down) => {
    const up = connect({ host, port });
    relay(down, up);
    relay(up, down);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** "/selvedge.v1." as HTTP/2 compresses it (RFC 7541 appendix B), up to the last whole byte: the begin of every method's path. */
const COMPRESSED_PATH = '6105a3b96498abf70a';

/** What of these texts, or of the names of our methods, can be read in a capture. */
export function readableIn(capture: Buffer, texts: readonly string[]): string[] {
  const found = ['/selvedge.v1.', ...texts].filter((text) => capture.includes(text));
  return capture.includes(Buffer.from(COMPRESSED_PATH, 'hex')) ? ['compressed path', ...found] : found;
}
