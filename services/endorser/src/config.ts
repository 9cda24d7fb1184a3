import type { Signer } from '@selvedge/identity';
import { verifySignedProfile, type Profile } from '@selvedge/policy';
import { ledgerConfig, monitoringConfig, readConfigured, readLedger, readTls, tlsConfig, type LedgerFiles, type TlsFiles } from '@selvedge/service-kit';
import { readSigner, readTrustAnchor } from '@selvedge/service-kit/network';
import { z } from 'zod';

/** Configuration of this process: the JSON file that SELVEDGE_CONFIG names. Unknown settings are refused. */
export const endorserConfig = z.strictObject({
  /** host:port or unix:path; port 0 lets the system choose. */
  listen: z.string().min(1).default('127.0.0.1:0'),
  network: z.string().min(1),
  channel: z.string().min(1),
  mspId: z.string().min(1),
  /** File of SignedProfile bytes: the trust anchor, the first profile on the ledger. */
  signedProfile: z.string().min(1),
  /** File of SignedProfile bytes: the newest profile, where this organisation joined after the first. */
  currentProfile: z.string().min(1).optional(),
  /** PEM files of the peer identity. */
  identity: z.strictObject({ certificate: z.string().min(1), privateKey: z.string().min(1) }),
  tls: tlsConfig,
  monitoring: monitoringConfig,
  ledger: ledgerConfig,
  /** Folder of the LMDB store. */
  directory: z.string().min(1),
});

export type EndorserConfig = z.infer<typeof endorserConfig>;

/** What the configuration's files hold. */
export interface EndorserMaterial {
  readonly profile: Profile;
  /** That lists this organisation, where the trust anchor does not. */
  readonly identityProfile: Profile | undefined;
  readonly signer: Signer;
  readonly tls: TlsFiles;
  readonly ledger: LedgerFiles;
}

/**
 * Reads the files that the configuration names, and checks that they are of one network.
 * Throws INVALID_CONFIGURATION, PROFILE_INVALID, PROFILE_SIGNATURES_MISSING, WRONG_NETWORK or WRONG_CHANNEL.
 */
export function readEndorserMaterial(config: EndorserConfig): EndorserMaterial {
  const profile = readTrustAnchor(config);
  const signer = readSigner({ mspId: config.mspId, certificateFile: config.identity.certificate, privateKeyFile: config.identity.privateKey });
  const identityProfile = config.currentProfile === undefined ? undefined : verifySignedProfile(readConfigured(config.currentProfile));
  return { profile, identityProfile, signer, tls: readTls(config.tls), ledger: readLedger(config.ledger) };
}
