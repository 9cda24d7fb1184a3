import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { SelvedgeError } from '@selvedge/errors';

/** What a side of mutual TLS shows and whom it trusts, PEM. */
export interface TlsMaterial {
  /** The leaf first, then intermediates. */
  readonly certificatePem: string;
  /** PKCS #8 or SEC 1. */
  readonly privateKeyPem: string;
  /** Roots of every organisation's TLS certificates, one after the other. */
  readonly trustedRootsPem: string;
}

/** Mutual TLS, or 'off': plaintext, which only a Unix socket or the loopback interface may carry. */
export type TlsSetting = TlsMaterial | 'off';

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The host of host:port or [host]:port; undefined for a Unix socket. */
export function hostOf(address: string): string | undefined {
  if (address.startsWith('unix:')) return undefined;
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

/** Whether bytes to this address stay on this machine: a Unix socket or a literal loopback address; a name may mean anything. */
export function isLocalAddress(address: string): boolean {
  const host = hostOf(address);
  return host === undefined || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether a server's name is an IP address, which TLS has no place for in its greeting. */
export function isIpAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/**
 * Checks a setting before anything is opened. Untyped callers may leave it out: that is refused, never plaintext.
 * Throws INVALID_CONFIGURATION: no setting, plaintext to another machine, PEM that does not parse, a key of another
 * certificate, no trusted root, or a trusted certificate that is no CA.
 */
export function verifyTlsSetting(address: string, tls: TlsSetting | undefined): void {
  if (tls === undefined) throw refusal(`${address}: no TLS certificate, key and trusted roots are given`);
  if (tls === 'off') {
    if (!isLocalAddress(address)) throw refusal(`${address}: without TLS, only a loopback address such as 127.0.0.1 or a Unix socket may be used`);
    return;
  }
  const certificate = parseCertificate(tls.certificatePem, 'certificate');
  if (!certificate.checkPrivateKey(parsePrivateKey(tls.privateKeyPem))) throw refusal('TLS: private key and certificate do not belong together');
  const roots = trustedRoots(tls);
  // An empty list would stand for the roots of the Web.
  if (roots.length === 0) throw refusal('TLS: the trusted roots hold no certificate');
  if (!roots.every(({ ca }) => ca)) throw refusal('TLS: a trusted root is not a CA certificate');
}

/** Names of who issued our own certificate and of whom we trust, for messages: what has to match on the two sides. */
export function describeTrust(tls: TlsMaterial): { readonly issuer: string; readonly trusted: string } {
  const names = trustedRoots(tls).map(({ subject }) => commonName(subject));
  return { issuer: commonName(parseCertificate(tls.certificatePem, 'certificate').issuer), trusted: names.join(', ') };
}

function trustedRoots({ trustedRootsPem }: TlsMaterial): X509Certificate[] {
  return (trustedRootsPem.match(CERTIFICATE_BLOCK) ?? []).map((block) => parseCertificate(block, 'trusted root'));
}

/** X509Certificate gives a name as lines such as "CN=tlsca.org1". */
function commonName(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ');
}

function parseCertificate(pem: string, what: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `TLS ${what}: does not parse`, { cause });
  }
}

function parsePrivateKey(pem: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    // Without the cause, whose text is not ours: it must not show any of the key.
    throw refusal('TLS private key: does not parse');
  }
}

function refusal(text: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', text);
}
