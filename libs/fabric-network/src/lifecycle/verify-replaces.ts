import { SelvedgeError } from '@selvedge/errors';
import { MARKER_COLLECTION } from '@selvedge/fabric';
import { parseEndorsementPolicy } from '@selvedge/policy';
import type { ChaincodeDefinition } from './commands.js';
import type { CommittedDefinition } from './outputs.js';

/** What definitionVersion of deploy-chaincode makes; others may number their chaincode so, too. */
const OWN_VERSION = /^\d+-[0-9a-f]{12}$/;

/** Of an entry of collections_config.json. */
interface WantedCollection {
  readonly name?: string;
  readonly policy?: string;
}

/**
 * Whether what is committed is of Selvedge, as the definition that shall take its place: by its version and, for a contract, by the
 * collection of its replay markers. The policy chaincode has no collections.
 */
export function isOwnDefinition({ version, collections }: CommittedDefinition, { collections: wanted }: Pick<ChaincodeDefinition, 'collections'>): boolean {
  const isContract = wantedOf(wanted).some(({ name }) => name === MARKER_COLLECTION);
  return OWN_VERSION.test(version) && (!isContract || collections.some(({ name }) => name === MARKER_COLLECTION));
}

/**
 * Whether a definition may take the place of what is committed under its name: of Selvedge's own, or of other chaincode's whose collections it
 * takes over. Fabric keeps a collection for good, forgets the values of one with blockToLive at heights of its own, and gives
 * a new member all values of before.
 * Throws CHAINCODE_NAME_TAKEN, COLLECTION_LEFT_OUT, TAKE_OVER_IMPOSSIBLE.
 *
 * @param wanted whose `collections` are the text of a collections_config.json
 * @param takesOver names of collections that were not Selvedge's
 */
export function verifyReplaces(committed: CommittedDefinition | undefined, definition: Omit<ChaincodeDefinition, 'sequence'>, takesOver: readonly string[]): void {
  const { channel, name } = definition;
  const refuse = (code: 'CHAINCODE_NAME_TAKEN' | 'COLLECTION_LEFT_OUT' | 'TAKE_OVER_IMPOSSIBLE', text: string): SelvedgeError =>
    new SelvedgeError(code, `chaincode ${name} on channel ${channel}: ${text}`, { role: 'cli' });
  if (committed !== undefined && !isOwnDefinition(committed, definition) && takesOver.length === 0) {
    throw refuse('CHAINCODE_NAME_TAKEN', `version ${committed.version} is there already, and Selvedge did not deploy it`);
  }
  const present = committed?.collections ?? [];
  const wanted = wantedOf(definition.collections);
  for (const collection of takesOver) {
    const found = present.find((each) => each.name === collection);
    if (found === undefined) throw refuse('TAKE_OVER_IMPOSSIBLE', `there is no collection ${collection} to take over`);
    if (found.blockToLive !== 0) throw refuse('TAKE_OVER_IMPOSSIBLE', `peers forget the values of collection ${collection} after ${String(found.blockToLive)} blocks`);
    const added = membersOf(wanted.find((each) => each.name === collection)).filter((mspId) => !found.members.includes(mspId));
    if (added.length > 0) throw refuse('TAKE_OVER_IMPOSSIBLE', `${added.join(', ')} would become a member of collection ${collection}, and be given the old values by Fabric`);
  }
  const left = present.filter((collection) => !wanted.some((each) => each.name === collection.name));
  if (left.length > 0) throw refuse('COLLECTION_LEFT_OUT', `it has ${left.map((collection) => collection.name).join(', ')}, and collections stay for good`);
}

function wantedOf(collections = '[]'): readonly WantedCollection[] {
  return JSON.parse(collections) as readonly WantedCollection[];
}

function membersOf(collection: WantedCollection | undefined): readonly string[] {
  return collection?.policy === undefined ? [] : parseEndorsementPolicy(collection.policy).mspIds;
}
