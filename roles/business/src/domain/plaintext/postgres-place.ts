import { SelvedgeError } from '@selvedge/errors';
import { MAX_IDENTIFIER_BYTES } from './table-name.js';

/** Where a database is. */
export interface PostgresPlace {
  /** A host, or the folder of a Unix socket, which starts with a slash. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

const DEFAULT_PORT = 5432;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Reads `postgresql://user@host:port/database`; the folder of a Unix socket may stand in place of the host, with `%2F` for
 * each slash. Throws INVALID_CONFIGURATION, also for a URL with a password, which would end up wherever configurations
 * do, and with parameters, which would be followed by some programs and not by others. The text never repeats the URL.
 */
export function parsePostgresUrl(text: string): PostgresPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:')) throw invalid('is not of the form postgresql://user@host:port/database');
  if (url.password !== '') throw invalid('holds a password; name a file or an environment variable that does');
  if (url.search !== '' || url.hash !== '') throw invalid('has parameters; it takes none');
  const host = decoded(url.hostname).replace(/^\[|\]$/g, '');
  const user = decoded(url.username);
  const database = decoded(url.pathname.slice(1));
  if (host === '' || user === '' || database === '' || database.includes('/')) throw invalid('lacks a host, a user or a database');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port), user, database };
}

/** Refuses what would send plaintext over a network in the clear. Throws INVALID_CONFIGURATION. */
export function verifyPostgresTls({ host }: PostgresPlace, hasTls: boolean): void {
  if (hasTls || host.startsWith('/') || LOOPBACK.test(host)) return;
  throw new SelvedgeError('INVALID_CONFIGURATION', `the database of plaintext datasets is on another machine (${host}): name the root certificate of its TLS`);
}

/** Refuses a schema’s name that PostgreSQL would cut or keeps for itself. Throws INVALID_CONFIGURATION. */
export function verifySchemaName(schema: string): void {
  const isUsable = schema !== '' && !schema.includes('\0') && !/^pg_/i.test(schema) && Buffer.byteLength(schema) <= MAX_IDENTIFIER_BYTES;
  if (!isUsable) throw new SelvedgeError('INVALID_CONFIGURATION', `the schema of plaintext datasets needs a name of 1 to ${String(MAX_IDENTIFIER_BYTES)} bytes that does not start with pg_`);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw invalid('has a % that encodes nothing', error);
  }
}

function invalid(what: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', `the URL of the database of plaintext datasets ${what}`, { cause });
}
