import { createPrivateKey, X509Certificate } from 'node:crypto';
import { generateP256 } from '@selvedge/crypto';
import { buildCertificate, pemOfCertificate } from '../certificate/build.js';

const TEN_YEARS_MS = 3650 * 24 * 3600 * 1000;

/** A development root: what a profile lists under simulatedRoots. */
export interface DevelopmentRoot {
  readonly certificateDer: Uint8Array;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** One simulated platform: a stand-in for a machine with TEE hardware. */
export interface DevelopmentPlatform {
  readonly platformCertificatePem: string;
  readonly platformKeyPem: string;
}

/** Makes a development root, valid for ten years. For development networks only. */
export function createDevelopmentRoot(input: { readonly name: string; readonly now: Date }): DevelopmentRoot {
  const keys = generateP256();
  const certificateDer = buildCertificate({
    subject: { commonName: input.name, organization: 'Selvedge simulated TEE' },
    subjectPublicKeyDer: keys.publicKeyDer,
    issuer: 'self',
    issuerKey: keys.privateKey,
    notBefore: input.now,
    notAfter: new Date(input.now.getTime() + TEN_YEARS_MS),
    isCa: true,
  });
  return { certificateDer, certificatePem: pemOfCertificate(certificateDer), keyPem: exportKey(keys.privateKey) };
}

/** Issues a simulated platform's key and certificate. */
export function createDevelopmentPlatform(input: {
  readonly root: DevelopmentRoot;
  readonly name: string;
  readonly now: Date;
  readonly validityMs?: number;
}): DevelopmentPlatform {
  const keys = generateP256();
  const der = buildCertificate({
    subject: { commonName: input.name, organization: 'Selvedge simulated TEE' },
    subjectPublicKeyDer: keys.publicKeyDer,
    issuer: new X509Certificate(input.root.certificatePem),
    issuerKey: createPrivateKey(input.root.keyPem),
    notBefore: input.now,
    notAfter: new Date(input.now.getTime() + (input.validityMs ?? TEN_YEARS_MS)),
    isCa: false,
  });
  return { platformCertificatePem: pemOfCertificate(der), platformKeyPem: exportKey(keys.privateKey) };
}

function exportKey(key: ReturnType<typeof generateP256>['privateKey']): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
