import { url as inspectorUrl } from 'node:inspector';
import { guardProcess, openTee, type OwnTee, type TeeConfig } from '@selvedge/attestation/process';
import type { Profile } from '@selvedge/policy';
import type { ServiceContext } from '../service.js';
import { readTrustAnchor, type TrustAnchorSettings } from '../network/read-trust-anchor.js';

/** The TEE that a service runs in, and the profile by which others judge it. */
export interface TeeService extends OwnTee {
  readonly profile: Profile;
}

/**
 * What a service in a TEE does before it holds a secret: opens the TEE, reads its trust anchor, and refuses to go on
 * outside development where its memory can be seen.
 * Throws what openTee, readTrustAnchor and guardProcess throw.
 */
export async function openTeeService(
  { config, logger, nodeOptions }: Pick<ServiceContext<TrustAnchorSettings & { readonly tee: TeeConfig }>, 'config' | 'logger' | 'nodeOptions'>,
  now: () => Date,
): Promise<TeeService> {
  const own = await openTee({ tee: config.tee, codeFile: process.argv[1] ?? '', isInspected: inspectorUrl() !== undefined, now });
  const profile = readTrustAnchor(config);
  const open = guardProcess({ isDevelopment: profile.message.allowSimulated, kind: config.tee.kind, inspectorUrl: inspectorUrl(), nodeOptions });
  if (open.length > 0) logger.warn({ open }, 'the process shows its memory to this machine');
  return { ...own, profile };
}
