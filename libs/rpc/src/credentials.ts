import { ChannelCredentials, ServerCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import { hostOf, isIpAddress, type TlsMaterial, type TlsSetting } from './tls.js';

/** TLS 1.3's suites, and of TLS 1.2 those with ephemeral keys and authenticated encryption. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':');
const MIN_VERSION = 'TLSv1.2';
/** How long a stranger may hold a socket before it has shown its certificate. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** What a certificate must name for the server at the other end of a Unix socket. */
const UNIX_SOCKET_HOST = 'localhost';

/** How a channel to this address is opened. */
export function channelSecurity(address: string, tls: TlsSetting): { readonly credentials: ChannelCredentials; readonly options: ChannelOptions } {
  // A proxy from the environment would carry plaintext to another machine.
  if (tls === 'off') return { credentials: ChannelCredentials.createInsecure(), options: { 'grpc.enable_http_proxy': 0 } };
  const context = createSecureContext({ cert: tls.certificatePem, key: tls.privateKeyPem, ca: tls.trustedRootsPem, ciphers: CIPHERS, minVersion: MIN_VERSION });
  const host = hostOf(address) ?? UNIX_SOCKET_HOST;
  const credentials = ChannelCredentials.createFromSecureContext(context, {
    // Explicit: the environment can turn Node's default off.
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) => checkHost(host, certificate),
  });
  // The greeting has no place for IP addresses (RFC 6066 section 3); the name in it is not what is checked.
  return { credentials, options: isIpAddress(host) ? { 'grpc.ssl_target_name_override': UNIX_SOCKET_HOST } : {} };
}

/** Only subject alternative names count; Node would take a common name where there are none. */
function checkHost(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined) return new Error(`the certificate names no host, and ${host} is called`);
  return checkServerIdentity(host, certificate);
}

/** What a server shows and asks for. */
export function serverCredentials(tls: TlsSetting): ServerCredentials {
  return tls === 'off' ? ServerCredentials.createInsecure() : new MutualTlsCredentials(tls);
}

/** Like ServerCredentials.createSsl, which leaves versions, suites and timeout to the environment. */
class MutualTlsCredentials extends ServerCredentials {
  constructor(tls: TlsMaterial) {
    super(
      { requestCert: true, rejectUnauthorized: true, ciphers: CIPHERS, minVersion: MIN_VERSION, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
      { cert: tls.certificatePem, key: tls.privateKeyPem, ca: tls.trustedRootsPem },
    );
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
