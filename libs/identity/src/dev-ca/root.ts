import { generateKeyPairSync } from 'node:crypto';
import { toPem } from '../x509/pem.js';
import { ALGORITHM, freshSerial, importKey, loadX509, provider } from './x509.js';

const HOUR_MS = 3_600_000;
const ROOT_VALIDITY_MS = 10 * 365 * 24 * HOUR_MS;

/** Makes a P-256 root that may sign leaves and revocation lists, valid from an hour before `now` for ten years; both PEM, the key PKCS #8. */
export async function createRoot(organisation: string, commonName: string, now: Date): Promise<{ readonly rootCertificatePem: string; readonly rootKeyPem: string }> {
  const x509 = await loadX509();
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = await importKey(keys.publicKey);
  const name = [{ O: [organisation] }, { CN: [commonName] }];
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
  return {
    rootCertificatePem: toPem(new Uint8Array(certificate.rawData), 'CERTIFICATE'),
    rootKeyPem: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
