import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { Deployment } from './deployment.js';
import { ownOrganisations } from './folder.js';
import { loadMspSigner } from './msp-folder.js';

/** Administrators of the organisations that are operated here. Throws INVALID_CONFIGURATION. */
export function signingAdmins(deployment: Deployment): Promise<Signer[]> {
  return Promise.all(ownOrganisations(deployment).map(({ mspId, own }) => loadMspSigner(mspId, own.admin)));
}

/** Names of the identities that a deployment has of each organisation operated here. */
export const IDENTITY_NAMES = ['client', 'admin', 'peer'] as const;

/** An identity of an organisation that is operated here, by name: client, admin or peer. Throws INVALID_CONFIGURATION. */
export async function loadIdentity(deployment: Deployment, mspId: string, name: string): Promise<Signer> {
  const organisation = ownOrganisations(deployment).find((candidate) => candidate.mspId === mspId);
  const names: readonly string[] = IDENTITY_NAMES;
  if (organisation === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId} is not operated from this folder; there are ${ownOrganisations(deployment).map((own) => own.mspId).join(', ') || 'none'}`, { role: 'cli' });
  }
  if (!names.includes(name)) throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId} has no identity ${name}; there are ${names.join(', ')}`, { role: 'cli' });
  const directory = organisation.own[name as (typeof IDENTITY_NAMES)[number]];
  if (directory === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `organisations: ${mspId}.own.${name} names no MSP folder`, { role: 'cli' });
  return loadMspSigner(mspId, directory);
}
