import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { NodeRole } from '../identity.js';
import { parseCertificate, type Certificate } from '../x509/certificate.js';
import { parsePem, toPem } from '../x509/pem.js';
import { parseRevocationList } from '../x509/revocation-list.js';
import { ALGORITHM, freshSerial, importKey, loadX509, provider } from './x509.js';

/** Fabric CA's attribute extension: JSON {"attrs": {...}}. */
const FABRIC_ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';
const LIST_VALIDITY_MS = 30 * 24 * 3_600_000;

/** What a development CA puts into a certificate. */
export interface IssueInput {
  /** As Fabric writes it: "User1@org1". */
  readonly commonName: string;
  readonly role: NodeRole;
  /** Default: the root's. */
  readonly notBefore?: Date;
  /** Default: the root's. */
  readonly notAfter?: Date;
  /** Fabric CA's attribute extension (OID 1.2.3.4.5.6.7.8.1). */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A CA's root certificate and its private key. */
export interface CaKeys {
  readonly mspId: string;
  readonly root: Certificate;
  readonly key: KeyObject;
}

/** Issues a certificate for a fresh P-256 key; both as PEM, the key in PKCS #8. */
export async function issueCertificate(ca: CaKeys, input: IssueInput): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const x509 = await loadX509();
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = await importKey(keys.publicKey);
  const issuer = new x509.X509Certificate(ca.root.der);
  const attributes = Buffer.from(JSON.stringify({ attrs: input.attributes ?? {} }));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: freshSerial(),
      subject: [{ O: [ca.mspId] }, { OU: [input.role] }, { CN: [input.commonName] }],
      issuer: issuer.subjectName,
      notBefore: input.notBefore ?? ca.root.notBefore,
      notAfter: input.notAfter ?? ca.root.notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: await importKey(ca.key),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, provider),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, provider),
        ...(input.attributes === undefined ? [] : [new x509.Extension(FABRIC_ATTRIBUTES_OID, false, attributes)]),
      ],
    },
    provider,
  );
  return {
    certificatePem: toPem(new Uint8Array(certificate.rawData), 'CERTIFICATE'),
    privateKeyPem: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** Makes a DER revocation list of these certificates, issued at the given time, and of those that the previous list names. */
export async function createRevocationList(ca: CaKeys, revoked: readonly { readonly certificatePem: string }[], at: Date, previous?: Uint8Array): Promise<Uint8Array> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(ca.root.der);
  const serials = revoked.map(({ certificatePem }) => parseCertificate(parsePem(certificatePem, 'CERTIFICATE', 'IDENTITY_MALFORMED'), 'IDENTITY_MALFORMED').serial);
  const before = previous === undefined ? [] : parseRevocationList(previous, 'IDENTITY_MALFORMED').serials;
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: issuer.subjectName,
      thisUpdate: at,
      nextUpdate: new Date(at.getTime() + LIST_VALIDITY_MS),
      entries: [...new Set([...before, ...serials])].map((serial) => ({ serialNumber: serial.padStart(serial.length + (serial.length % 2), '0'), revocationDate: at })),
      signingAlgorithm: ALGORITHM,
      signingKey: await importKey(ca.key),
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer, false, provider)],
    },
    provider,
  );
  return new Uint8Array(list.rawData);
}
