import { keyAccessRuleOf } from '@selvedge/contract-package';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ChannelConfig } from '@selvedge/fabric-network';
import { parsePem } from '@selvedge/identity';
import { appraisalPolicyToJson, createProfile, DISTINCT_BY_NAMES, keyAccessToJson, parseProfile, type Profile } from '@selvedge/policy';
import { encodeMessage, OrganisationSchema, type DistinctBy, type NetworkProfile } from '@selvedge/protocol';
import type { Deployment } from './deployment.js';

/** What a profile says beside the deployment. */
export interface ProfileFacts {
  readonly channelConfig: ChannelConfig;
  /** Public unlock keys by MSP id. */
  readonly unlockKeys: ReadonlyMap<string, Uint8Array>;
  /** Roots of the simulated TEEs, DER. */
  readonly teeRoots: readonly Uint8Array[];
  /** What the TEE processes measure as. */
  readonly measurements: { readonly compute: Uint8Array; readonly keyBroker: Uint8Array; readonly viewer: Uint8Array };
}

/**
 * NetworkProfile bytes that the deployment asks for; organisations are recognised as the channel recognises them.
 * Throws INVALID_CONFIGURATION for an organisation that is not on the channel, PROFILE_INVALID.
 */
export function wantedProfile({ network, channel, organisations, viewers, suites, adminQuorum, viewQuorum, keyAccess, quorumFloors }: Deployment, version: bigint, facts: ProfileFacts): Uint8Array {
  const { channelConfig, unlockKeys, teeRoots, measurements } = facts;
  return createProfile({
    network,
    channel,
    version,
    organisations: organisations.map(({ mspId }) => ({ ...trustOf(channelConfig, channel, mspId), unlockKey: unlockKeys.get(mspId) ?? new Uint8Array(0) })),
    adminQuorum,
    appraisalPolicies: [
      { role: 'compute', teeType: 'simulated', measurements: [measurements.compute], ...floorOf(quorumFloors, 'simulated') },
      { role: 'key-broker', teeType: 'simulated', measurements: [measurements.keyBroker] },
      // What is not there is not admitted either.
      ...(viewers.length === 0 ? [] : [{ role: 'viewer', teeType: 'simulated', measurements: [measurements.viewer] }]),
    ],
    allowedSuites: [...suites],
    allowSimulated: true,
    simulatedRoots: [...teeRoots],
    viewQuorum,
    keyAccess: keyAccess.map(({ contract, rules }) => ({ contract, rules: rules.map(keyAccessRuleOf) })),
  });
}

function floorOf(floors: Deployment['quorumFloors'], teeType: string): { quorum?: { count: number; distinctBy: DistinctBy } } {
  const floor = floors.find((candidate) => candidate.teeType === teeType);
  const [distinctBy] = [...DISTINCT_BY_NAMES].find(([, name]) => name === floor?.distinctBy) ?? [];
  return floor === undefined || distinctBy === undefined ? {} : { quorum: { count: floor.count, distinctBy } };
}

function trustOf({ organisations }: ChannelConfig, channel: string, mspId: string) {
  const found = organisations.find((organisation) => organisation.mspId === mspId);
  if (found === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `organisations: ${mspId} is not on channel ${channel}; add it there first`, { role: 'cli' });
  if (!found.hasNodeUnits) throw new SelvedgeError('INVALID_CONFIGURATION', `organisations: the channel’s MSP of ${mspId} has no NodeOUs (config.yaml), and Selvedge tells administrators, peers and clients apart by them`, { role: 'cli' });
  const der = (pem: string): Uint8Array => parsePem(pem, 'CERTIFICATE', 'INVALID_CONFIGURATION');
  return {
    mspId,
    rootCertificates: found.rootCertificatesPem.map(der),
    intermediateCertificates: found.intermediateCertificatesPem.map(der),
    revocationLists: found.revocationListsPem.map((pem) => parsePem(pem, 'X509 CRL', 'INVALID_CONFIGURATION')),
  };
}

/** In what two profiles differ beside their version, for people; empty when in nothing. */
export function profileDifferences(a: Profile, b: Profile): string[] {
  const [before, after] = [a.message, b.message];
  const differences: string[] = [];
  const compare = (what: string, of: (message: NetworkProfile) => unknown): void => {
    if (JSON.stringify(of(before)) !== JSON.stringify(of(after))) differences.push(`${what}: ${JSON.stringify(of(before))} becomes ${JSON.stringify(of(after))}`);
  };
  compare('network', ({ network }) => network);
  compare('channel', ({ channel }) => channel);
  compare('organisations', ({ organisations }) => organisations.map(({ mspId }) => mspId));
  compare('adminQuorum', ({ adminQuorum }) => adminQuorum);
  compare('viewQuorum', ({ viewQuorum }) => viewQuorum);
  for (const organisation of before.organisations) {
    const same = after.organisations.find(({ mspId }) => mspId === organisation.mspId);
    if (same !== undefined && !equalBytes(encodeMessage(OrganisationSchema, organisation), encodeMessage(OrganisationSchema, same))) differences.push(`certificates, revocation lists or unlock key of ${organisation.mspId}`);
  }
  compare('appraisal policies (code of compute nodes, key broker and viewers, Node’s version, and terms for their TEEs)', ({ appraisalPolicies }) => appraisalPolicies.map(appraisalPolicyToJson));
  compare('key access', ({ keyAccess }) => keyAccess.map(keyAccessToJson));
  compare('roots of simulated TEEs', ({ simulatedRoots }) => simulatedRoots.map((root) => toHex(root).slice(0, 12)));
  compare('suites', ({ allowedSuites }) => allowedSuites);
  if (differences.length === 0 && !equalBytes(a.bytes, withVersion(b, before.version))) differences.push('other settings');
  return differences;
}

/** NetworkProfile bytes of the same content under another version. */
export function withVersion({ message }: Profile, version: bigint): Uint8Array {
  return createProfile({ ...message, version });
}

/** A profile without its version: whether two say the same. */
export function isSameProfile(a: Profile, b: Uint8Array): boolean {
  const other = parseProfile(b);
  return equalBytes(a.bytes, withVersion(other, a.message.version));
}
