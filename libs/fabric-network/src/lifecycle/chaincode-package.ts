import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { SelvedgeError } from '@selvedge/errors';
import { createTar, type TarEntry } from './tar.js';

/** Where a peer reaches a chaincode that runs as a service, and with which certificates. */
export interface ChaincodeConnection {
  /** host:port of the chaincode's server. */
  readonly address: string;
  /** How long a peer tries to reach it. Default 10,000. */
  readonly dialTimeoutMs?: number;
  /** Mutual TLS; without it the connection is clear, which only a loopback connection should be. */
  readonly tls?: {
    /** PEM: roots of the server's certificate. */
    readonly rootCertificatePem: string;
    /** PEM: what the peer shows. */
    readonly clientCertificatePem: string;
    readonly clientPrivateKeyPem: string;
  };
}

/** A chaincode package as peers install it. */
export interface ChaincodePackage {
  readonly label: string;
  /** gzip-compressed archive. With mutual TLS it holds the peer's client key: keep it to the organisation. */
  readonly bytes: Uint8Array;
  /** "<label>:<SHA-256 of the bytes>", as peers compute it. */
  readonly packageId: string;
}

/** Fabric's rule for package labels (core/chaincode/persistence). */
const LABEL = /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/;
const DEFAULT_DIAL_TIMEOUT_MS = 10_000;

/** Text of connection.json, as peers read it from a package of type ccaas. */
export function connectionJson(connection: ChaincodeConnection): string {
  const { address, dialTimeoutMs = DEFAULT_DIAL_TIMEOUT_MS, tls } = connection;
  const common = { address, dial_timeout: `${String(dialTimeoutMs)}ms`, tls_required: tls !== undefined };
  if (tls === undefined) return JSON.stringify(common);
  return JSON.stringify({
    ...common,
    client_auth_required: true,
    root_cert: tls.rootCertificatePem,
    client_key: tls.clientPrivateKeyPem,
    client_cert: tls.clientCertificatePem,
  });
}

/**
 * Packs a chaincode that runs as a service. The same input gives the same bytes and so the same package id.
 * Throws INVALID_CONFIGURATION for a label that Fabric would refuse.
 */
export function createChaincodePackage(label: string, connection: ChaincodeConnection): ChaincodePackage {
  if (!LABEL.test(label)) throw new SelvedgeError('INVALID_CONFIGURATION', `chaincode label ${JSON.stringify(label)}: a letter or digit, then letters, digits and "_.+-"`);
  const code = archive([file('connection.json', connectionJson(connection))]);
  const bytes = archive([file('metadata.json', JSON.stringify({ type: 'ccaas', label })), { name: 'code.tar.gz', content: code }]);
  return { label, bytes, packageId: packageIdOf(label, bytes) };
}

/** The id that peers give to a package. */
export function packageIdOf(label: string, bytes: Uint8Array): string {
  return `${label}:${createHash('sha256').update(bytes).digest('hex')}`;
}

function file(name: string, text: string): TarEntry {
  return { name, content: Buffer.from(text) };
}

function archive(entries: readonly TarEntry[]): Uint8Array {
  const compressed = gzipSync(createTar(entries));
  // Byte 9 names the system that compressed (RFC 1952 section 2.3.1); the id must not depend on it. 255 is "unknown".
  compressed[9] = 255;
  return new Uint8Array(compressed);
}
