import { generateKeyPairSync } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { parseKeyPair } from '../key-pair.js';
import { toPem } from '../x509/pem.js';
import { createRevocationList, issueCertificate, type CaKeys, type IssueInput } from './issue.js';
import { ALGORITHM, freshSerial, importKey, loadX509, provider } from './x509.js';

const HOUR_MS = 3_600_000;
const ROOT_VALIDITY_MS = 10 * 365 * 24 * HOUR_MS;

/** An organisation's certificate authority for development networks and tests: one P-256 root. */
export interface DevCa {
  readonly mspId: string;
  /** DER. */
  readonly rootCertificate: Uint8Array;
  readonly rootCertificatePem: string;
  /** PKCS #8. */
  readonly rootKeyPem: string;
  issue(input: IssueInput): Promise<{ certificatePem: string; privateKeyPem: string }>;
  /** A DER revocation list (RFC 5280 section 5) of these certificates. */
  revocationList(revoked: readonly { readonly certificatePem: string }[], at: Date): Promise<Uint8Array>;
}

/** Makes a CA with a fresh root, valid from an hour before `now` (default: the system's clock) for ten years. */
export async function createDevCa(mspId: string, options: { readonly now?: Date } = {}): Promise<DevCa> {
  const x509 = await loadX509();
  const now = options.now ?? new Date();
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = await importKey(keys.publicKey);
  const name = [{ O: [mspId] }, { CN: [`ca.${mspId}`] }];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: freshSerial(),
      subject: name,
      issuer: name,
      notBefore: new Date(now.getTime() - HOUR_MS),
      notAfter: new Date(now.getTime() + ROOT_VALIDITY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: await importKey(keys.privateKey),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, provider),
      ],
    },
    provider,
  );
  const rootKeyPem = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return loadDevCa({ mspId, rootCertificatePem: toPem(new Uint8Array(certificate.rawData), 'CERTIFICATE'), rootKeyPem });
}

/** Opens a CA from its stored root. Throws INVALID_CONFIGURATION when key and certificate do not fit. */
export function loadDevCa(input: { readonly mspId: string; readonly rootCertificatePem: string; readonly rootKeyPem: string }): DevCa {
  const { mspId, rootCertificatePem, rootKeyPem } = input;
  const { certificate: root, privateKey: key } = parseKeyPair({ mspId, certificatePem: rootCertificatePem, privateKeyPem: rootKeyPem });
  if (!root.isCa) throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId}: the root is not a CA certificate`);
  const ca: CaKeys = { mspId, root, key };
  return {
    mspId,
    rootCertificate: root.der,
    rootCertificatePem,
    rootKeyPem,
    issue: (request) => issueCertificate(ca, request),
    revocationList: (revoked, at) => createRevocationList(ca, revoked, at),
  };
}
