import { generateKeyPairSync, webcrypto, type KeyObject } from 'node:crypto';
import { importKey, loadX509, provider } from '../dev-ca/x509.js';
import { toPem } from '../x509/pem.js';
import { serializeIdentity } from '../signer.js';

/** The moment at which the test certificates are valid. */
export const NOW = new Date('2026-06-01T00:00:00Z');
const DEFAULT_FROM = new Date('2026-01-01T00:00:00Z');
const DEFAULT_TO = new Date('2027-01-01T00:00:00Z');

/** Key usage bits as in the first byte of the extension's BIT STRING (RFC 5280 section 4.2.1.3). */
export const USAGE = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04, crlSign: 0x02 } as const;

/** A certificate with the keys that it is for. */
export interface MadeCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface CertificateInput {
  readonly name: string;
  readonly units?: readonly string[];
  /** Left out: self-signed. */
  readonly issuer?: MadeCertificate;
  /** Issuer's name as written, when it is not the issuer's own. */
  readonly issuerName?: string;
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Bits of USAGE; undefined leaves the extension out. */
  readonly usage?: number | undefined;
  readonly criticalOid?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly curve?: 'P-256' | 'P-384';
  readonly hash?: 'SHA-256' | 'SHA-384';
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

async function subtleKey(key: KeyObject, curve: string): Promise<webcrypto.CryptoKey> {
  if (curve === 'P-256') return importKey(key);
  const algorithm = { name: 'ECDSA', namedCurve: curve };
  if (key.type === 'private') return webcrypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), algorithm, true, ['sign']);
  return webcrypto.subtle.importKey('spki', key.export({ format: 'der', type: 'spki' }), algorithm, true, ['verify']);
}

function curveOf(key: KeyObject): string {
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
}

function keyUsage(bits: number): Buffer {
  const unused = 31 - Math.clz32(bits & -bits);
  return Buffer.of(0x03, 0x02, unused, bits);
}

/** Makes any certificate, proper or not. */
export async function makeCertificate(input: CertificateInput): Promise<MadeCertificate> {
  const x509 = await loadX509();
  const keys = input.keys ?? generateKeyPairSync('ec', { namedCurve: input.curve ?? 'P-256' });
  const signingKey = input.issuer?.privateKey ?? keys.privateKey;
  const issuerName = input.issuerName ?? input.issuer?.name ?? input.name;
  const extensions = [
    ...(input.ca === undefined ? [] : [new x509.BasicConstraintsExtension(input.ca, input.pathLength, true)]),
    ...(input.usage === undefined ? [] : [new x509.Extension('2.5.29.15', true, keyUsage(input.usage))]),
    ...(input.criticalOid === undefined ? [] : [new x509.Extension(input.criticalOid, true, Buffer.from('0500', 'hex'))]),
  ];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [input.name] }, ...(input.units ?? []).map((unit) => ({ OU: [unit] }))],
      issuer: [{ CN: [issuerName] }],
      notBefore: input.notBefore ?? DEFAULT_FROM,
      notAfter: input.notAfter ?? DEFAULT_TO,
      signingAlgorithm: { name: 'ECDSA', hash: input.hash ?? 'SHA-256' },
      publicKey: await subtleKey(keys.publicKey, curveOf(keys.publicKey)),
      signingKey: await subtleKey(signingKey, curveOf(signingKey)),
      extensions,
    },
    provider,
  );
  const der = new Uint8Array(certificate.rawData);
  return { ...keys, der, pem: toPem(der, 'CERTIFICATE'), name: input.name };
}

/** A CA, self-signed unless an issuer is given. */
export async function makeAuthority(name: string, input: Partial<CertificateInput> = {}): Promise<MadeCertificate> {
  return makeCertificate({ name, ca: true, usage: USAGE.keyCertSign | USAGE.crlSign, ...input });
}

/** A peer's certificate. */
export async function makeLeaf(issuer: MadeCertificate, input: Partial<CertificateInput> = {}): Promise<MadeCertificate> {
  return makeCertificate({ name: 'peer0@org1', units: ['peer'], issuer, ca: false, usage: USAGE.digitalSignature, ...input });
}

export function identityOf(certificate: { readonly pem: string }, mspId = 'Org1MSP'): Uint8Array {
  return serializeIdentity(mspId, certificate.pem);
}

/** A revocation list of these serials (hex), with a critical extension when asked. */
export async function makeRevocationList(issuer: MadeCertificate, serials: readonly string[], options: { readonly criticalOid?: string; readonly issuerName?: string; readonly nextUpdate?: boolean } = {}): Promise<Uint8Array> {
  const x509 = await loadX509();
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: [{ CN: [options.issuerName ?? issuer.name] }],
      thisUpdate: DEFAULT_FROM,
      ...(options.nextUpdate === false ? {} : { nextUpdate: DEFAULT_TO }),
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: DEFAULT_FROM })),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      signingKey: await importKey(issuer.privateKey),
      extensions: options.criticalOid === undefined ? [] : [new x509.Extension(options.criticalOid, true, Buffer.from('020101', 'hex'))],
    },
    provider,
  );
  return new Uint8Array(list.rawData);
}
