import { z } from 'zod';
import { readConfigured } from './read-configured.js';

const file = z.string().min(1);

/**
 * The `tls` section of a service's configuration: PEM files of its own certificate and key, and of the roots of every
 * organisation's TLS certificates; or 'off', for plaintext on loopback addresses and Unix sockets only. There is no
 * default: plaintext has to be asked for.
 */
export const tlsConfig = z.union([z.literal('off'), z.strictObject({ certificate: file, privateKey: file, trustedRoots: file })], {
  error: "expected 'off' or { certificate, privateKey, trustedRoots }, the paths of PEM files",
});

export type TlsConfig = z.infer<typeof tlsConfig>;

/** What the files of a `tls` section hold; fits the TlsSetting of the gRPC layer, which checks it. */
export type TlsFiles = 'off' | { readonly certificatePem: string; readonly privateKeyPem: string; readonly trustedRootsPem: string };

/** Reads the files that a `tls` section names. Throws INVALID_CONFIGURATION naming the file that cannot be read. */
export function readTls(config: TlsConfig): TlsFiles {
  if (config === 'off') return 'off';
  return {
    certificatePem: readPem(config.certificate),
    privateKeyPem: readPem(config.privateKey),
    trustedRootsPem: readPem(config.trustedRoots),
  };
}

const readPem = (file: string): string => readConfigured(file, 'tls').toString('utf8');
