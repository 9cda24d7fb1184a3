import { sha256, toHex } from '@selvedge/crypto';

/** Reads a policy fact of one ledger height. */
export interface FactReader {
  /** undefined: absent */
  fact(key: string): Uint8Array | undefined;
}

/** Facts of one ledger height that can be listed. */
export interface FactList extends FactReader {
  /** Keys of the facts that begin with the prefix, sorted. */
  keys(prefix: string): readonly string[];
}

/** All facts of one ledger height. */
export function listFacts(entries: Iterable<{ readonly key: string; readonly value: Uint8Array }>): FactList {
  const values = new Map([...entries].map(({ key, value }) => [key, value]));
  return { fact: (key) => values.get(key), keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)).sort() };
}

/** The pseudo contract under which the channel's envelope epochs are recorded. */
export const CHANNEL_EPOCH = '@channel';

/** The epoch that a broker's envelope keys, and a contract's keys, begin with. */
export const FIRST_KEY_EPOCH = 1n;

/** Keys of the facts on the ledger, one per fact. */
export const facts = {
  profile: 'profile',
  brokerRoot: 'broker-root',
  /** Revocation lists that an organisation recorded: RevocationLists of DER. */
  revocationLists: (mspId: string): string => `revocation-lists/${mspId}`,
  /** Those of Fabric's channel configuration, as they stand there. Followers take them from configuration blocks; no policy change sets them. */
  channelRevocationLists: (mspId: string): string => `channel/revocation-lists/${mspId}`,
  /** HPKE keys that copies of plaintext datasets are sealed to: OwnerKeys. */
  ownerKeys: (mspId: string): string => `owner-keys/${mspId}`,
  contract: (name: string): string => `contract/${name}`,
  epoch: (contract: string, n: bigint): string => `epoch/${contract}/${String(n)}`,
  nameKeys: (contract: string): string => `name-keys/${contract}`,
  revokedNode: (nodeId: string): string => `revoked/node/${nodeId}`,
  revokedPlatform: (platformId: Uint8Array): string => `revoked/platform/${toHex(platformId)}`,
  revokedMeasurement: (measurement: Uint8Array): string => `revoked/measurement/${toHex(measurement)}`,
  revokedEpoch: (contract: string, n: bigint): string => `revoked/epoch/${contract}/${String(n)}`,
} as const;

/** usable: current or previous; retired: older; unknown: not recorded. */
export type EpochStatus = 'usable' | 'unknown' | 'retired' | 'revoked';

/**
 * State of a key epoch, decided by the three facts that an endorsement reads: a revocation wins, then it must be
 * recorded, and the epoch after the next must not be.
 */
export function isEpochUsable(reader: FactReader, contract: string, epoch: bigint): EpochStatus {
  if (reader.fact(facts.revokedEpoch(contract, epoch)) !== undefined) return 'revoked';
  if (reader.fact(facts.epoch(contract, epoch)) === undefined) return 'unknown';
  if (reader.fact(facts.epoch(contract, epoch + 2n)) !== undefined) return 'retired';
  return 'usable';
}

/** SHA-256 of a fact's value as it stands in fact reads and expected hashes; empty for an absent fact. */
export function factHash(value: Uint8Array | undefined): Uint8Array {
  return value === undefined ? new Uint8Array(0) : sha256(value);
}
