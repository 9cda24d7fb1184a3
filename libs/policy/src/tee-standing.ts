import { SelvedgeError } from '@selvedge/errors';
import { BrokerRootSchema, LIMITS, parseMessage, type BrokerRoot, type TeeBinding } from '@selvedge/protocol';
import { CHANNEL_EPOCH, facts, isEpochUsable, type FactReader } from './facts.js';

/** Parsed roots by the fact's own bytes: a ledger state keeps one array per fact until it changes. */
const parsedRoots = new WeakMap<Uint8Array, BrokerRoot>();

/** The key broker's root as the ledger records it. Throws TEE_CERTIFICATE_INVALID when there is none: nothing chains to it. */
export function readBrokerRoot(reader: FactReader): BrokerRoot {
  const bytes = reader.fact(facts.brokerRoot);
  if (bytes === undefined) throw new SelvedgeError('TEE_CERTIFICATE_INVALID', 'the ledger holds no broker root yet');
  const known = parsedRoots.get(bytes);
  if (known !== undefined) return known;
  const root = parseMessage(BrokerRootSchema, bytes, LIMITS.maxFactBytes);
  parsedRoots.set(bytes, root);
  return root;
}

/** What a certified TEE must be, to be heard. */
export interface ExpectedTee {
  readonly network: string;
  readonly channel: string;
  readonly role: string;
}

/**
 * Whether a certified TEE is in good standing on the ledger: of this channel, of the role, its epoch current or
 * previous, and neither node, platform nor measurement revoked. The certificate's chain is checked before.
 * Throws TEE_CERTIFICATE_INVALID, TEE_WRONG_ROLE, TEE_CERTIFICATE_EXPIRED or TEE_REVOKED.
 */
export function verifyTeeStanding(reader: FactReader, binding: TeeBinding, expected: ExpectedTee): void {
  if (binding.network !== expected.network) throw new SelvedgeError('TEE_CERTIFICATE_INVALID', 'the certificate is of another network');
  if (binding.channel !== expected.channel) throw new SelvedgeError('TEE_CERTIFICATE_INVALID', 'the certificate is of another channel');
  if (binding.role !== expected.role) throw new SelvedgeError('TEE_WRONG_ROLE', `role ${binding.role}, ${expected.role} needed`);
  verifyChannelEpoch(reader, binding.epoch);
  verifyNotRevoked(reader, facts.revokedNode(binding.nodeId), 'node');
  verifyNotRevoked(reader, facts.revokedPlatform(binding.platformId), 'platform');
  verifyNotRevoked(reader, facts.revokedMeasurement(binding.measurement), 'measurement');
}

function verifyChannelEpoch(reader: FactReader, epoch: bigint): void {
  const status = isEpochUsable(reader, CHANNEL_EPOCH, epoch);
  if (status === 'revoked') throw new SelvedgeError('TEE_REVOKED', `channel epoch ${String(epoch)} is revoked`);
  if (status !== 'usable') throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', `channel epoch ${String(epoch)} is ${status}`);
}

function verifyNotRevoked(reader: FactReader, key: string, what: string): void {
  if (reader.fact(key) !== undefined) throw new SelvedgeError('TEE_REVOKED', `the ${what} is revoked`);
}
