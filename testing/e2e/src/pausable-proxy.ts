import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Hands bytes on to one address, until it is told to stop, as a cut cable would. */
export interface PausableProxy {
  /** host:port */
  readonly address: string;
  /** Cuts what is open and takes nothing new. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** @param target host:port */
export async function startPausableProxy(target: string): Promise<PausableProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let isPaused = false;
  const server = createServer((inner) => {
    if (isPaused) {
      inner.destroy();
      return;
    }
    const outer = connect({ host, port: Number(port) });
    for (const [socket, other] of [[inner, outer], [outer, inner]] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    pause() {
      isPaused = true;
      cut();
    },
    resume() {
      isPaused = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve(); });
        cut();
      }),
  };
}
