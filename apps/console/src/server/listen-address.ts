import { isIP } from 'node:net';
import { SelvedgeError } from '@selvedge/errors';

/** Where the console is to be served. */
export interface ListenSetting {
  /** Literal IP address and port, such as 127.0.0.1:7420; port 0 lets the system choose. */
  readonly listen: string;
  /** Other machines may reach it: then TLS is a must. */
  readonly exposed?: boolean | undefined;
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined;
  /** Host name that people open it by, where it is not the address. */
  readonly hostName?: string | undefined;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LISTEN = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9.]{7,15})):(\d{1,5})$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*$/;

/** Throws INVALID_CONFIGURATION for an address that is none, for every address without a name to open it by, and for one beyond loopback that is not meant to be, or has no TLS. */
export function parseListenAddress({ listen, exposed = false, tls, hostName }: ListenSetting): ListenAddress {
  const [, six, four, portText] = LISTEN.exec(listen) ?? [];
  const host = six ?? four ?? '';
  const port = Number(portText);
  if (isIP(host) === 0 || port > 65_535) throw invalid(`${listen.slice(0, 64)} is not an IP address and a port, such as 127.0.0.1:7420`);
  if (hostName !== undefined && !HOST_NAME.test(hostName)) throw invalid('the host name is none: lower-case letters, digits, "-" and "."');
  if (hostName === undefined && /^[0:.]+$/.test(host)) throw invalid(`${host} stands for every address, and people open one: it needs --host-name`);
  if (!isLoopback(host)) {
    if (!exposed) throw invalid(`other machines reach ${host}: say --expose where that is meant`);
    if (tls === undefined) throw invalid(`other machines reach ${host}: it needs --tls-certificate and --tls-key`);
  }
  return { host, port };
}

/** The address that people open: scheme://host:port, without the port where it is the scheme's. */
export function originOf({ tls, hostName }: Pick<ListenSetting, 'tls' | 'hostName'>, { host, port }: ListenAddress): string {
  const name = hostName ?? (isIP(host) === 6 ? `[${host}]` : host);
  return new URL(`${tls === undefined ? 'http' : 'https'}://${name}:${String(port)}`).origin;
}

const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');
const invalid = (message: string): SelvedgeError => new SelvedgeError('INVALID_CONFIGURATION', `console: ${message}`, { role: 'console' });
