import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** How a node reaches its organisation's own peer. */
export interface PeerConnectionOptions {
  /** host:port */
  readonly endpoint: string;
  /** Roots that the peer's TLS certificate must end at. */
  readonly tlsRootCertificatePem: string;
  /** The name in the peer's TLS certificate, where it is not the endpoint's host. */
  readonly hostnameOverride?: string | undefined;
  /** Where the peer asks for client certificates. */
  readonly clientTls?: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined;
}

/** A connection to one peer. */
export interface PeerConnection {
  readonly endpoint: string;
  readonly client: Client;
  /** SHA-256 of the client certificate, which requests name when the peer asks for one; undefined without. */
  readonly tlsCertificateHash: Uint8Array | undefined;
  close(): void;
}

/** Fabric's peers refuse pings that come more often than once a minute. */
const KEEPALIVE_MS = 120_000;

/**
 * Opens a connection lazily; nothing is sent before the first call. Messages of any size are received: one block above
 * a limit would stop a follower for ever. Throws INVALID_CONFIGURATION for certificates or keys that do not parse.
 */
export function connectToPeer(options: PeerConnectionOptions): PeerConnection {
  const { endpoint, tlsRootCertificatePem, hostnameOverride, clientTls } = options;
  const host = hostnameOverride ?? hostOf(endpoint);
  const client = new Client(endpoint, createCredentials(host, tlsRootCertificatePem, clientTls), {
    // TLS's greeting has no place for IP addresses (RFC 6066 section 3); the name in it is not what is checked.
    ...(isIP(host) === 0 ? {} : { 'grpc.ssl_target_name_override': 'localhost' }),
    ...(hostnameOverride === undefined ? {} : { 'grpc.ssl_target_name_override': hostnameOverride, 'grpc.default_authority': hostnameOverride }),
    'grpc.max_receive_message_length': -1,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    // Peers restart: find them again quickly.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
  });
  return {
    endpoint,
    client,
    tlsCertificateHash: clientTls && sha256(new X509Certificate(clientTls.certificatePem).raw),
    close: () => {
      client.close();
    },
  };
}

function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

function createCredentials(host: string, roots: string, own: PeerConnectionOptions['clientTls']): ChannelCredentials {
  try {
    const context = createSecureContext({ ca: roots, ...(own && { cert: own.certificatePem, key: own.privateKeyPem }), minVersion: 'TLSv1.2' });
    // Explicit: the environment can turn Node's default off.
    return ChannelCredentials.createFromSecureContext(context, {
      rejectUnauthorized: true,
      checkServerIdentity: (_greeted: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    });
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', 'the TLS certificates or key for the peer do not parse', { cause });
  }
}
