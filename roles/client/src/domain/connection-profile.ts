import { SelvedgeError } from '@selvedge/errors';

/** An organisation's node. */
export interface OrganisationEndpoint {
  readonly mspId: string;
  /** host:port or unix:path. */
  readonly address: string;
}

export interface ComputeEndpoint {
  readonly nodeId: string;
  readonly address: string;
}

/** Where the parts of a network are reached: the content of `network.json`. Addresses are hints and never trusted. */
export interface ConnectionProfile {
  readonly network: string;
  readonly channel: string;
  /** Path of the SignedProfile file; relative paths start at the connection profile's folder. */
  readonly signedProfile: string;
  readonly keyBroker: string;
  readonly sequencer: string;
  readonly endorsers: readonly OrganisationEndpoint[];
  readonly businessNodes: readonly OrganisationEndpoint[];
  readonly computeNodes: readonly ComputeEndpoint[];
}

/**
 * Checks an untrusted value, such as parsed JSON, as a connection profile.
 * Throws INVALID_CONFIGURATION and names the setting.
 */
export function parseConnectionProfile(value: unknown): ConnectionProfile {
  const record = requireRecord('connection profile', value);
  return {
    network: requireText(record, 'network'),
    channel: requireText(record, 'channel'),
    signedProfile: requireText(record, 'signedProfile'),
    keyBroker: requireText(record, 'keyBroker'),
    sequencer: requireText(record, 'sequencer'),
    endorsers: requireList(record, 'endorsers').map((item) => ({ mspId: requireText(item, 'mspId'), address: requireText(item, 'address') })),
    businessNodes: requireList(record, 'businessNodes').map((item) => ({ mspId: requireText(item, 'mspId'), address: requireText(item, 'address') })),
    computeNodes: requireList(record, 'computeNodes').map((item) => ({ nodeId: requireText(item, 'nodeId'), address: requireText(item, 'address') })),
  };
}

function requireRecord(what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SelvedgeError('INVALID_CONFIGURATION', `${what}: an object is expected`);
  return value as Record<string, unknown>;
}

function requireText(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  if (typeof value !== 'string' || value === '') throw new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${key} must be a non-empty string`);
  return value;
}

function requireList(record: Record<string, unknown>, key: string): Record<string, unknown>[] {
  const value = record[key];
  if (!Array.isArray(value)) throw new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${key} must be a list`);
  return value.map((item) => requireRecord(key, item));
}
