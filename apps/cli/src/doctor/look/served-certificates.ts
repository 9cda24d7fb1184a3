import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import type { TlsSetting } from '@selvedge/rpc';
import type { CertificateFacts } from '../domain/facts.js';

const TIMEOUT_MS = 3_000;
const MAX_CHAIN = 8;

/**
 * The certificates that a server shows in TLS, leaf first; none where it shows none. They are looked at and not
 * trusted: the connection ends at once.
 * @param address host:port
 */
export function readServedCertificates(name: string, address: string, tls: TlsSetting): Promise<CertificateFacts[]> {
  if (tls === 'off' || address === '' || address.startsWith('unix:')) return Promise.resolve([]);
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replaceAll(/[[\]]/g, '');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(address.slice(colon + 1)),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      cert: tls.certificatePem,
      key: tls.privateKeyPem,
      ca: tls.trustedRootsPem,
      ALPNProtocols: ['h2'],
      // An expired certificate is what is looked for.
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    });
    const end = (certificates: CertificateFacts[]): void => {
      socket.destroy();
      resolve(certificates);
    };
    socket.once('secureConnect', () => { end(chainOf(socket.getPeerCertificate(true)).map(({ valid_from, valid_to }) => ({ subject: name, use: 'TLS, as served', notBefore: new Date(valid_from), notAfter: new Date(valid_to) }))); });
    socket.once('error', () => { end([]); });
    socket.once('timeout', () => { end([]); });
  });
}

function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  // A server that shows no certificate gives an empty object; a root is its own issuer.
  for (let next: Partial<DetailedPeerCertificate> | undefined = leaf; isWhole(next) && chain.length < MAX_CHAIN && !chain.includes(next); next = next.issuerCertificate) chain.push(next);
  return chain;
}

function isWhole(certificate: Partial<DetailedPeerCertificate> | undefined): certificate is DetailedPeerCertificate {
  return certificate?.valid_to !== undefined;
}
