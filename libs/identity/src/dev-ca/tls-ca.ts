import { generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { SelvedgeError } from '@selvedge/errors';
import { toPem } from '../x509/pem.js';
import { loadCaKeys } from './dev-ca.js';
import type { CaKeys } from './issue.js';
import { createRoot } from './root.js';
import { ALGORITHM, freshSerial, importKey, loadX509, provider } from './x509.js';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const DNS_NAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** What a TLS certificate says. */
export interface IssueTlsInput {
  /** For people who read it; never compared with a host. */
  readonly commonName: string;
  /** IP addresses and DNS names, as subject alternative names. None: a client's certificate, which no server can use. */
  readonly hosts: readonly string[];
  /** Default: the root's. */
  readonly notBefore?: Date;
  /** Default: the root's. */
  readonly notAfter?: Date;
}

/**
 * An organisation's certificate authority for TLS, for development networks and tests: one P-256 root, apart from the
 * root of its identities, so that a TLS certificate is no identity.
 */
export interface DevTlsCa {
  readonly mspId: string;
  readonly rootCertificatePem: string;
  /** PKCS #8. */
  readonly rootKeyPem: string;
  /** A certificate for a fresh P-256 key, both PEM, the key PKCS #8. Throws INVALID_CONFIGURATION for a host that is neither an IP address nor a DNS name. */
  issueTls(input: IssueTlsInput): Promise<{ certificatePem: string; privateKeyPem: string }>;
}

/** Makes a TLS CA with a fresh root, valid from an hour before `now` (default: the system's clock) for ten years. */
export async function createDevTlsCa(mspId: string, options: { readonly now?: Date } = {}): Promise<DevTlsCa> {
  return loadDevTlsCa({ mspId, ...(await createRoot(mspId, `tlsca.${mspId}`, options.now ?? new Date())) });
}

/** Opens a TLS CA from its stored root. Throws INVALID_CONFIGURATION when key and certificate do not fit. */
export function loadDevTlsCa(input: { readonly mspId: string; readonly rootCertificatePem: string; readonly rootKeyPem: string }): DevTlsCa {
  const ca = loadCaKeys(input);
  return { ...input, issueTls: (request) => issueTlsCertificate(ca, request) };
}

async function issueTlsCertificate(ca: CaKeys, input: IssueTlsInput): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const x509 = await loadX509();
  const names = input.hosts.map((host) => {
    if (isIP(host) !== 0) return { type: 'ip' as const, value: host };
    if (!DNS_NAME.test(host)) throw new SelvedgeError('INVALID_CONFIGURATION', `${ca.mspId}: a TLS host is neither an IP address nor a DNS name: ${JSON.stringify(host)}`);
    return { type: 'dns' as const, value: host };
  });
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = await importKey(keys.publicKey);
  const issuer = new x509.X509Certificate(ca.root.der);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: freshSerial(),
      subject: [{ O: [ca.mspId] }, { CN: [input.commonName] }],
      issuer: issuer.subjectName,
      notBefore: input.notBefore ?? ca.root.notBefore,
      notAfter: input.notAfter ?? ca.root.notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: await importKey(ca.key),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(names.length === 0 ? [CLIENT_AUTH] : [SERVER_AUTH, CLIENT_AUTH], false),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names, false)]),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, provider),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, provider),
      ],
    },
    provider,
  );
  return {
    certificatePem: toPem(new Uint8Array(certificate.rawData), 'CERTIFICATE'),
    privateKeyPem: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
