import { createSigner, type Signer } from '@selvedge/identity';
import { readConfigured } from '../read-configured.js';

/** PEM files of an identity. */
export interface IdentityFiles {
  readonly mspId: string;
  readonly certificateFile: string;
  /** PKCS #8. */
  readonly privateKeyFile: string;
}

/** Reads an identity to sign with. Throws INVALID_CONFIGURATION and what createSigner throws. */
export function readSigner({ mspId, certificateFile, privateKeyFile }: IdentityFiles): Signer {
  return createSigner({ mspId, certificatePem: readConfigured(certificateFile).toString('utf8'), privateKeyPem: readConfigured(privateKeyFile).toString('utf8') });
}
