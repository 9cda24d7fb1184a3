import { checkServerIdentity, connect } from 'node:tls';

const TIMEOUT_MS = 3_000;

/**
 * Whether a server's TLS certificate names the host of its address, so that no other name has to be set for it.
 * false when it cannot be reached. Nothing is trusted on this answer.
 */
export function certificateNamesHost(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)), rejectUnauthorized: false, timeout: TIMEOUT_MS });
    const answer = (names: boolean): void => {
      socket.destroy();
      resolve(names);
    };
    socket.once('secureConnect', () => {
      answer(checkServerIdentity(host, socket.getPeerCertificate()) === undefined);
    });
    socket.once('error', () => {
      answer(false);
    });
    socket.once('timeout', () => {
      answer(false);
    });
  });
}
