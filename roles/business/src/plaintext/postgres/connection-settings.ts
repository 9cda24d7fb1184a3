import type { ClientConfig } from 'pg';
import { parsePostgresUrl, verifyPostgresTls } from '../../domain/plaintext/postgres-place.js';

/** How a database is reached. */
export interface PostgresConnection {
  /** `postgresql://user@host:port/database`, without a password. */
  readonly url: string;
  readonly password: string | undefined;
  /** PEM; the server's certificate must chain to it and name the host. Needed unless the server is on this machine. */
  readonly tlsRootCertificate: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Of one statement, which has at most a chunk of a block to write. */
const QUERY_TIMEOUT_MS = 60_000;

/**
 * For every session. A lost client's session ends by itself within half a minute, and with it the lock that it holds.
 * The search path names no schema where others could put functions of their own.
 */
const SESSION = {
  search_path: 'pg_catalog',
  bytea_output: 'hex',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '25000',
  idle_in_transaction_session_timeout: '30000',
};

/**
 * Settings for the client library. Every one that it would otherwise take from the environment (PGHOST, PGPASSWORD,
 * .pgpass, …) is set. Throws INVALID_CONFIGURATION.
 */
export function connectionSettings({ url, password, tlsRootCertificate }: PostgresConnection, applicationName: string): ClientConfig {
  const place = parsePostgresUrl(url);
  verifyPostgresTls(place, tlsRootCertificate !== undefined);
  return {
    ...place,
    // As a function it is no property that could be printed, and an absent one is not looked for elsewhere.
    password: () => password ?? '',
    ssl: tlsRootCertificate === undefined ? false : { ca: tlsRootCertificate, rejectUnauthorized: true },
    application_name: applicationName,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    client_encoding: 'UTF8',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  };
}
