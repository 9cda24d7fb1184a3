import type { PlaintextPlace } from '@selvedge/business';
import { readConfigured } from '@selvedge/service-kit';
import { z } from 'zod';

/** The variable with the database's password, where no file has it. */
export const PASSWORD_VARIABLE = 'SELVEDGE_PLAINTEXT_PASSWORD';

/** Where this node keeps the datasets that its contracts' manifests declare to be in plaintext. */
export const plaintextPlaceConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('embedded'),
    /** Folder of an LMDB store of its own. */
    directory: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('postgresql'),
    /** `postgresql://user@host:port/database`, without a password. */
    url: z.string().min(1),
    /** File with the password; where it is not set, the password is in SELVEDGE_PLAINTEXT_PASSWORD, or none is needed. */
    passwordFile: z.string().min(1).optional(),
    /** Of this node and channel alone; default: `selvedge`. */
    schema: z.string().min(1).optional(),
    /** PEM file of the root that the server's certificate chains to; needed unless the server is on this machine. */
    tlsRootCertificate: z.string().min(1).optional(),
  }),
]);

export type PlaintextPlaceConfig = z.infer<typeof plaintextPlaceConfig>;

/** Reads the files that the configuration names. @param environment of this process. Throws INVALID_CONFIGURATION. */
export function readPlaintextPlace(config: PlaintextPlaceConfig, environment: Readonly<Record<string, string | undefined>>): PlaintextPlace {
  if (config.kind === 'embedded') return config;
  const { url, schema, passwordFile, tlsRootCertificate } = config;
  return {
    kind: 'postgresql',
    url,
    schema,
    // Editors end files with a line break.
    password: passwordFile === undefined ? environment[PASSWORD_VARIABLE] : readText(passwordFile).replace(/\r?\n$/, ''),
    tlsRootCertificate: tlsRootCertificate === undefined ? undefined : readText(tlsRootCertificate),
  };
}

function readText(file: string): string {
  return readConfigured(file, 'plaintext').toString('utf8');
}
