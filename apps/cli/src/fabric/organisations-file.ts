import { join, relative } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { fetchChannelConfig } from '@selvedge/fabric-network';
import { parseEndorsementPolicy } from '@selvedge/policy';
import { writeWhole } from '@selvedge/service-kit/launch';
import { PORTS_PER_ORGANISATION } from './deployment-checks.js';
import type { Deployment, Endpoint, Organisation } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import { openFabricFolder, ownOrganisations, readDeployment, writeDeployment } from './folder.js';
import { findOwnFiles, relativeOwnFiles } from './own-files.js';
import { adminOf, findPeerProgram } from './peer-program.js';

/** What is said of an organisation that joins. */
export interface JoiningOrganisation {
  readonly mspId: string;
  readonly role: 'business' | 'endorser';
  /** A folder with its MSP folders, when it is operated here. */
  readonly msp: string | undefined;
  readonly clientTls: string | undefined;
  /** host:port of its peer; default: the channel's anchor peer. */
  readonly peer: string | undefined;
  readonly host: string | undefined;
  readonly firstPort: number | undefined;
}

/**
 * Puts an organisation that is on the channel into the deployment file, or gives it another role. A new endorser joins
 * the endorsement policies of the file where those are an "n of all endorsers": a majority of one more.
 * Throws INVALID_CONFIGURATION when the channel does not have it.
 */
export async function noteOrganisation(layout: FabricLayout, joining: JoiningOrganisation): Promise<Deployment> {
  const { deployment: opened } = await openFabricFolder(layout.directory);
  const deployment = await readDeployment(layout);
  const present = deployment.organisations.find(({ mspId }) => mspId === joining.mspId);
  const changed = present === undefined ? await newOrganisation(layout, opened, joining) : withRole(present, joining.role);
  const organisations = present === undefined ? [...deployment.organisations, changed] : deployment.organisations.map((other) => (other.mspId === joining.mspId ? changed : other));
  const joined = joining.role === 'endorser' ? withEndorser({ ...deployment, organisations }, joining.mspId) : { ...deployment, organisations };
  await writeDeployment(layout, joined);
  return joined;
}

function withRole(organisation: Organisation, role: JoiningOrganisation['role']): Organisation {
  return { ...organisation, roles: [...new Set([...organisation.roles, role])] };
}

async function newOrganisation(layout: FabricLayout, opened: Deployment, joining: JoiningOrganisation): Promise<Organisation> {
  const { mspId, role } = joining;
  const [asker] = ownOrganisations(opened);
  if (asker === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'no organisation is operated from this folder', { role: 'cli' });
  const channelConfig = await fetchChannelConfig(await findPeerProgram(layout.clientConfig), adminOf(asker), opened.channel);
  const found = channelConfig.organisations.find((organisation) => organisation.mspId === mspId);
  if (found === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId} is not on channel ${opened.channel}; add it to the channel first, by an update of the channel’s configuration`, { role: 'cli' });
  const tlsRoots = join(layout.directory, 'fabric-tls', `${mspId}.pem`);
  await writeWhole(tlsRoots, found.tlsRootCertificatesPem.map((pem) => `${pem.trimEnd()}\n`).join(''));
  const addresses = joining.peer === undefined ? found.endpoints : [joining.peer];
  if (addresses.length === 0) throw new SelvedgeError('INVALID_CONFIGURATION', `the channel has no anchor peer of ${mspId}; name one with --peer host:port`, { role: 'cli' });
  const at = (path: string): string => relative(layout.directory, path);
  const peers: Endpoint[] = addresses.map((address) => ({ address, tlsRoots: at(tlsRoots) }));
  const [first = ''] = addresses;
  const last = Math.max(...opened.organisations.map(({ services }) => services.firstPort));
  const own = joining.msp === undefined ? undefined : relativeOwnFiles(at, await findOwnFiles(mspId, joining.msp, joining.clientTls));
  return {
    mspId,
    roles: [role],
    peers,
    services: { host: joining.host ?? first.slice(0, first.lastIndexOf(':')), firstPort: joining.firstPort ?? last + PORTS_PER_ORGANISATION },
    ...(own === undefined ? {} : { own }),
  };
}

/** Adds an endorser to the policies of the deployment that a majority of all endorsers satisfies; others stay as they are. */
function withEndorser(deployment: Deployment, mspId: string): Deployment {
  const add = (policy: string): string => addToMajority(policy, mspId);
  return {
    ...deployment,
    endorsementPolicy: add(deployment.endorsementPolicy),
    contracts: deployment.contracts.map((contract) => (contract.endorsementPolicy === undefined ? contract : { ...contract, endorsementPolicy: add(contract.endorsementPolicy) })),
  };
}

/** "OutOf(majority, 'A.peer', 'B.peer', …)" with one more peer; any other policy unchanged. */
export function addToMajority(policy: string, mspId: string): string {
  const { rule, mspIds } = parseEndorsementPolicy(policy);
  if (mspIds.includes(mspId) || rule.kind !== 'out-of' || rule.n !== majority(rule.rules.length)) return policy;
  const peers = rule.rules.flatMap((part) => (part.kind === 'principal' && part.role === 'peer' ? [part.mspId] : []));
  return peers.length === rule.rules.length ? majorityOf([...peers, mspId]) : policy;
}

function majorityOf(mspIds: readonly string[]): string {
  return `OutOf(${String(majority(mspIds.length))}, ${mspIds.map((mspId) => `'${mspId}.peer'`).join(', ')})`;
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}
