import { basename } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import type { DeclaredIndexes } from '@selvedge/rich-query';
import { z } from 'zod';
import { COLLECTIONS_FILE, IMPLICIT_COLLECTION_PREFIX, parseCollections, type CollectionConfig } from './collections.js';
import { readDeclaredIndexes } from './index-files.js';
import { keyAccessRulesSchema } from './key-access.js';
import { readJsonFile, readPackageJson } from './package-json.js';
import { readStartCommand, runtimeSchema, type StartCommand } from './start-command.js';

const contractName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must hold letters, digits, "_" and "-", 64 at most');
const mspId = z.string().regex(/^[A-Za-z0-9.-]{1,128}$/, 'is not an MSP id');
const policyText = z.string().min(1).max(4096);
const functionName = z.string().min(1).max(256);

/** The file selvedge.json: what Selvedge needs beyond what Fabric's own files say. Every field is optional. */
export const selvedgeJsonSchema = z.strictObject({
  $schema: z.string().optional(),
  name: contractName.optional(),
  version: z.string().min(1).max(64).optional(),
  /** How a chaincode other than Node's starts; found by itself where the package holds one executable or one jar. */
  runtime: runtimeSchema.optional(),
  /** Owners of the world state; the deployment decides when this is absent. */
  worldState: z.strictObject({ owners: z.array(mspId).min(1), endorsementPolicy: policyText.optional() }).optional(),
  /** The contract's own endorsement policy, in Fabric's notation. */
  endorsementPolicy: policyText.optional(),
  /** Endorsement policy by collection, for those that need another. */
  ownerSets: z.record(z.string(), z.strictObject({ endorsementPolicy: policyText })).optional(),
  /** Functions whose result is released after commit only. */
  gatedFunctions: z.array(z.string().min(1)).optional(),
  /** Whose word that a transaction is committed releases such results, and how many of them; default: all that are named. */
  gate: z.strictObject({ organisations: z.array(mspId).min(1), quorum: z.number().int().min(1).optional() }).optional(),
  /** Functions that clients may call in parts: `map` runs once for each part, `reduce` once over what all of them gave. */
  partitionedFunctions: z.array(z.strictObject({ function: functionName, map: functionName, reduce: functionName })).optional(),
  /** Endorser organisation by organisation that the chaincode names in key-level policies. */
  organisationMap: z.record(mspId, mspId).optional(),
  /** Datasets ('' for the world state) that keep no content guard: their transactions cannot write after a rich query of them. */
  withoutContentGuard: z.array(z.string()).optional(),
  /** Datasets ('' for the world state) that their owners keep in plaintext too, for the organisations' own programs. Stands for good. */
  plaintext: z.array(z.string()).optional(),
  /** Collections that chaincode without Selvedge has written under the contract's name on Fabric: read in place, and moved as their keys are written. Stands for good. */
  takesOver: z.array(z.string().min(1)).optional(),
  /** Contracts of the channel that it calls, by itself or through others: checked when it is deployed, and no limit on what it may call. */
  calls: z.array(contractName).optional(),
  suite: z.string().optional(),
  /** Distinct compute nodes that must agree. */
  computeQuorum: z.number().int().min(1).max(16).optional(),
  /** What they are distinct by: their platforms (the default), the organisations that operate them, or their types of TEE. */
  distinctBy: z.enum(['platform', 'operator', 'teeType']).optional(),
  /** Organisations entitled to open the contract's events. */
  eventReaders: z.array(mspId).optional(),
  /** Who may get the contract's keys, within what the network profile lets. */
  keyAccess: keyAccessRulesSchema.optional(),
});

export type SelvedgeJson = z.infer<typeof selvedgeJsonSchema>;

/** What a package says of itself. */
export interface ContractManifest {
  readonly name: string;
  readonly version: string;
  readonly start: StartCommand;
  readonly collections: readonly CollectionConfig[];
  /** CouchDB indexes by dataset. */
  readonly indexes: DeclaredIndexes;
  readonly settings: SelvedgeJson;
}

const SELVEDGE_FILE = 'selvedge.json';

/**
 * Reads package.json, collections_config.json, selvedge.json and the declared indexes of a collected package.
 *
 * @throws SelvedgeError MANIFEST_INVALID naming file and field, PACKAGE_INVALID when it is no chaincode that can start
 */
export async function readManifest(directory: string): Promise<ContractManifest> {
  const packageJson = await readPackageJson(directory);
  const start = await readStartCommand(directory);
  const settings = (await readJsonFile(directory, SELVEDGE_FILE, selvedgeJsonSchema)) ?? {};
  const collectionsJson = await readJsonFile(directory, COLLECTIONS_FILE, z.unknown());
  const collections = collectionsJson === undefined ? [] : parseCollections(JSON.stringify(collectionsJson));
  for (const name of Object.keys(settings.ownerSets ?? {})) {
    if (!name.startsWith(IMPLICIT_COLLECTION_PREFIX) && !collections.some((collection) => collection.name === name)) {
      throw new SelvedgeError('MANIFEST_INVALID', `${SELVEDGE_FILE}: ownerSets.${name} is not a collection of ${COLLECTIONS_FILE}`);
    }
  }
  for (const field of ['withoutContentGuard', 'plaintext', 'takesOver'] as const) {
    const unknown = settings[field]?.find((name) => name !== '' && !collections.some((collection) => collection.name === name));
    if (unknown !== undefined) throw new SelvedgeError('MANIFEST_INVALID', `${SELVEDGE_FILE}: ${field}: ${unknown} is not a collection of ${COLLECTIONS_FILE}`);
  }
  return {
    name: readName(settings.name, packageJson?.name ?? programName(start)),
    version: settings.version ?? packageJson?.version ?? '1.0.0',
    start,
    collections,
    indexes: await readDeclaredIndexes(directory),
    settings,
  };
}

/** Without a package.json, a program's file names the contract. */
const programName = ({ program }: StartCommand): string => basename(program).replace(/\.jar$/, '');

/** A scope is npm's affair, so `@houses/diamonds` is the contract `diamonds`. */
function readName(declared: string | undefined, packageName: string | undefined): string {
  const name = declared ?? packageName?.replace(/^@[^/]*\//, '');
  const parsed = contractName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new SelvedgeError('MANIFEST_INVALID', `${SELVEDGE_FILE}: name: ${name ?? '(absent)'} is not a contract name; it must hold letters, digits, "_" and "-", 64 at most`);
}
