import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import { parseJsonText } from './package-json.js';

/** One private data collection as Fabric's collections_config.json defines it. */
export interface CollectionConfig {
  readonly name: string;
  /** MSP ids of the member policy, sorted, each once. */
  readonly members: readonly string[];
  readonly memberOnlyRead: boolean;
  readonly memberOnlyWrite: boolean;
  /** Blocks after which a value is purged; 0n keeps it. */
  readonly blockToLive: bigint;
  /** Endorsement policy of writes to the collection, in Fabric's notation, when the file has one. */
  readonly endorsementPolicy: string | undefined;
}

// core/chaincode/lifecycle: AllowedCharsCollectionName
const COLLECTION_NAME = /^[A-Za-z0-9_-]+([A-Za-z0-9_.-]+)*$/;
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const schema = z.array(
  z.object({
    name: z.string().regex(COLLECTION_NAME, 'must hold letters, digits, "_", "-" and "." only').max(128),
    policy: z.string(),
    requiredPeerCount: count.optional(),
    maxPeerCount: count.optional(),
    blockToLive: count.optional(),
    memberOnlyRead: z.boolean().optional(),
    memberOnlyWrite: z.boolean().optional(),
    endorsementPolicy: z.strictObject({ signaturePolicy: z.string().optional(), channelConfigPolicy: z.string().optional() }).optional(),
  }),
).max(256);

/** Fabric's own collections, one per organisation (core/chaincode/implicitcollection). */
export const IMPLICIT_COLLECTION_PREFIX = '_implicit_org_';

export const COLLECTIONS_FILE = 'collections_config.json';

/**
 * Parses Fabric's collections_config.json.
 *
 * @throws SelvedgeError MANIFEST_INVALID naming the collection and the field
 */
export function parseCollections(text: string, file = COLLECTIONS_FILE): CollectionConfig[] {
  const seen = new Set<string>();
  return parseJsonText(text, file, schema).map((entry) => {
    if (seen.has(entry.name)) throw new SelvedgeError('MANIFEST_INVALID', `${file}: collection ${entry.name} is defined twice`);
    seen.add(entry.name);
    if (entry.name.startsWith(IMPLICIT_COLLECTION_PREFIX)) throw new SelvedgeError('MANIFEST_INVALID', `${file}: ${entry.name} is the name of an implicit collection, which every organisation has without a definition`);
    if (entry.endorsementPolicy?.channelConfigPolicy !== undefined) {
      throw new SelvedgeError('MANIFEST_INVALID', `${file}: ${entry.name}.endorsementPolicy.channelConfigPolicy is not supported; use signaturePolicy`);
    }
    return {
      name: entry.name,
      members: parseMembers(entry.policy, `${file}: ${entry.name}.policy`),
      memberOnlyRead: entry.memberOnlyRead ?? false,
      memberOnlyWrite: entry.memberOnlyWrite ?? false,
      blockToLive: BigInt(entry.blockToLive ?? 0),
      endorsementPolicy: entry.endorsementPolicy?.signaturePolicy,
    };
  });
}

const MEMBER = /^'([A-Za-z0-9.-]+)\.(member|client|peer|admin|orderer)'$/;

/** Fabric takes a collection's policy as OR of organisations; any other rule has no members list. */
function parseMembers(policy: string, where: string): string[] {
  const wrong = (why: string): SelvedgeError => new SelvedgeError('MANIFEST_INVALID', `${where} must be OR('Org1MSP.member', …): ${why}`);
  const body = /^\s*OR\s*\(([^()]*)\)\s*$/.exec(policy)?.[1];
  if (body === undefined) throw wrong('it is not an OR of organisations');
  const members = body.split(',').map((part) => {
    const mspId = MEMBER.exec(part.trim().replaceAll('"', "'"))?.[1];
    if (mspId === undefined) throw wrong(`${part.trim() || 'an empty place'} is not 'MSP.role'`);
    return mspId;
  });
  return [...new Set(members)].sort();
}
