import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

export { entryKey, policyEntryKey } from '@selvedge/protocol';

/** Name under which the policy chaincode is deployed on a channel. */
export const POLICY_CHAINCODE = 'selvedge-policy';
/**
 * Version of endorsement chaincodes' definitions: it is the release's, not the contract's. What a contract changes of its
 * definition are the collections; an upgrade of code alone leaves the definition as it is.
 */
export const ENDORSEMENT_CHAINCODE_VERSION = '1';
/** Collection of the replay markers, one per contract. */
export const MARKER_COLLECTION = 'selvedge-marker';
/** Chaincode event that carries a transaction's sealed events. */
export const EVENT_NAME = 'selvedge';
/** Function of the endorsement chaincode. */
export const ENDORSE_FUNCTION = 'Endorse';
/**
 * The same, called by the endorsement chaincode of the contract that was invoked. Its argument is the name of the contract
 * that is called, and its response SHA-256 of the EndorsementPayload.
 */
export const ENDORSE_CALLED_FUNCTION = 'EndorseCalled';
/** Functions of the policy chaincode: change facts, read some, read all. */
export const APPLY_FUNCTION = 'Apply';
export const FACTS_FUNCTION = 'Facts';
export const ALL_FACTS_FUNCTION = 'AllFacts';
/** Object type of the composite keys under which the policy chaincode remembers the changes that it applied. */
export const APPLIED_CHANGE = 'applied';
/** Transient field of an endorsement: TargetData bytes. */
export const TARGET_DATA_FIELD = 'targetData';
/** Value of a replay marker. */
export const MARKER_VALUE: Uint8Array = Uint8Array.of(1);

const COLLECTION_PREFIX = 'selvedge_';
// Fabric's rule for collection names (core/chaincode/lifecycle, and collection validation).
const COLLECTION_NAME = /^[A-Za-z0-9_-]+$/;

/** The private data collection of an owner set. Throws INVALID_CONFIGURATION when Fabric would refuse the name. */
export function collectionOf(ownerSet: string): string {
  if (!COLLECTION_NAME.test(ownerSet)) throw new SelvedgeError('INVALID_CONFIGURATION', `owner set ${JSON.stringify(ownerSet)}: Fabric allows letters, digits, _ and - in collection names`);
  return COLLECTION_PREFIX + ownerSet;
}

/** The owner set of a collection; undefined for a collection that is not one of ours. */
export function ownerSetOf(collection: string): string | undefined {
  return collection.startsWith(COLLECTION_PREFIX) ? collection.slice(COLLECTION_PREFIX.length) : undefined;
}

/** Private data key of a guard. @param key 32 bytes, as guardKey makes them */
export function guardEntryKey(key: Uint8Array): string {
  return `g${toHex(key)}`;
}

/**
 * Private data key that each transaction writes in each owner set that it writes, where keys may have policies of their
 * own: to peers such a policy replaces the collection's, and this key has none, so that the owner set's policy holds too.
 */
export const OWNERS_TOUCH_KEY = 't';

/** Private data key of a replay marker. @param txId 32 bytes */
export function markerKey(txId: Uint8Array): string {
  return toHex(txId);
}

/**
 * Whether a public key of the policy chaincode is a fact's: composite keys, which Fabric begins with a zero byte, are
 * its memory of applied changes.
 */
export function isFactStateKey(key: string): boolean {
  return !key.startsWith('\u0000');
}
