import { SUITE_NAMES } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { DistinctBy, StorageMode, type ContractPolicy, type Dataset, type OwnerSet } from '@selvedge/protocol';
import { parseEndorsementPolicy } from './endorsement/parse.js';
import { foldedName, lastPart } from './function-names.js';
import { checkKeyAccessRules } from './key-access/check.js';
import { CONTRACT_NAME, DATASET_NAME, MSP_ID, OWNER_SET_NAME, SHORT_TEXT, isStrictlyAscending, isUnique } from './names.js';

const MAX_LIST_ENTRIES = 256;
const MAX_COMPUTE_QUORUM = 64;
const MAX_FUNCTION_CHARACTERS = 256;
const CODE_HASH_BYTES = 32;
/** Block numbers and lives together must stay within 64 bits. */
const MAX_BLOCK_TO_LIVE = 2n ** 53n;

const malformed = (what: string): SelvedgeError => new SelvedgeError('POLICY_MALFORMED', `contract policy: ${what}`);

/** Checks a contract's policy by itself. Throws POLICY_MALFORMED. */
export function checkContractPolicy(policy: ContractPolicy): void {
  const known: readonly string[] = SUITE_NAMES;
  if (!CONTRACT_NAME.test(policy.name)) throw malformed('name');
  if (!SHORT_TEXT.test(policy.version)) throw malformed('version');
  if (policy.policyVersion < 1n) throw malformed('policy_version below 1');
  if (policy.codeHash.length !== CODE_HASH_BYTES) throw malformed(`code_hash: ${String(policy.codeHash.length)} bytes, ${String(CODE_HASH_BYTES)} expected`);
  if (!known.includes(policy.suite)) throw malformed(`unknown suite; known are ${SUITE_NAMES.join(', ')}`);
  if (policy.computeQuorum < 1 || policy.computeQuorum > MAX_COMPUTE_QUORUM) throw malformed(`compute_quorum: a number from 1 to ${String(MAX_COMPUTE_QUORUM)} expected`);
  if (!(policy.distinctBy in DistinctBy)) throw malformed('distinct_by: unknown value');
  parseEndorsementPolicy(policy.endorsementPolicy);
  checkOwnerSets(policy.ownerSets);
  checkDatasets(policy.datasets, new Set(policy.ownerSets.map((set) => set.name)));
  checkFunctions(policy.gatedFunctions);
  checkGate(policy);
  checkGatedPlaintext(policy);
  checkPartitions(policy);
  checkList('organisation_map', policy.organisationMap.map((mapping) => mapping.chaincodeMspId), MSP_ID);
  if (policy.organisationMap.some((mapping) => !MSP_ID.test(mapping.endorserMspId))) throw malformed('organisation_map: endorser_msp_id');
  checkList('event_readers', policy.eventReaders, MSP_ID);
  checkKeyAccessRules(policy.keyAccess, (what) => malformed(`key_access: ${what}`));
}

function checkOwnerSets(sets: readonly OwnerSet[]): void {
  if (sets.length === 0) throw malformed('no owner set');
  checkList('owner_sets', sets.map((set) => set.name), OWNER_SET_NAME);
  for (const set of sets) {
    checkList(`owner set ${set.name}: owners`, set.owners, MSP_ID);
    if (set.owners.length === 0) throw malformed(`owner set ${set.name}: no owner`);
    if (!isStrictlyAscending(set.owners)) throw malformed(`owner set ${set.name}: owners are not sorted`);
    parseEndorsementPolicy(set.endorsementPolicy);
  }
}

function checkDatasets(datasets: readonly Dataset[], ownerSets: ReadonlySet<string>): void {
  if (datasets.length === 0) throw malformed('no dataset');
  checkList('datasets', datasets.map((dataset) => dataset.name), DATASET_NAME);
  for (const dataset of datasets) {
    if (!ownerSets.has(dataset.ownerSet)) throw malformed(`dataset ${dataset.name}: no owner set ${dataset.ownerSet}`);
    if (!(dataset.mode in StorageMode)) throw malformed(`dataset ${dataset.name}: unknown storage mode`);
    checkList(`dataset ${dataset.name}: members`, dataset.members, MSP_ID);
    checkBlockToLive(dataset, datasets);
    checkTakeOver(dataset);
  }
}

/** Datasets of one owner set share a Fabric collection, which has one blockToLive. World state does not end on Fabric either. */
function checkBlockToLive({ name, ownerSet, blockToLive }: Dataset, datasets: readonly Dataset[]): void {
  if (blockToLive > MAX_BLOCK_TO_LIVE) throw malformed(`dataset ${name}: block_to_live above ${String(MAX_BLOCK_TO_LIVE)}`);
  if (name === '' && blockToLive !== 0n) throw malformed('the world state has no block_to_live');
  if (datasets.some((other) => other.ownerSet === ownerSet && other.blockToLive !== blockToLive)) throw malformed(`owner set ${ownerSet}: its datasets differ in block_to_live`);
}

/** Fabric's names for collections of ours, and for each organisation's own. */
const RESERVED_COLLECTION = /^(?:selvedge[-_]|_implicit_org_)/;

/** World state is no collection; what peers forget by themselves is counted from heights that nobody here knows. */
function checkTakeOver({ name, takesOver, blockToLive }: Dataset): void {
  if (!takesOver) return;
  if (name === '' || RESERVED_COLLECTION.test(name)) throw malformed(`dataset ${name}: only a collection of the chaincode’s own can be taken over`);
  if (blockToLive !== 0n) throw malformed(`dataset ${name}: a collection with block_to_live cannot be taken over`);
}

function checkFunctions(names: readonly string[]): void {
  if (names.length > MAX_LIST_ENTRIES) throw malformed(`gated_functions: more than ${String(MAX_LIST_ENTRIES)}`);
  if (!isUnique(names)) throw malformed('gated_functions: a name occurs twice');
  if (names.some((name) => name.length === 0 || name.length > MAX_FUNCTION_CHARACTERS)) throw malformed('gated_functions: empty or too long');
}

/**
 * A reduce takes parts alone, and a map takes none: no function is both. What a gated function found is for nobody before the
 * commit, and a part of it would be there before.
 */
function checkPartitions({ partitionedFunctions, gatedFunctions }: ContractPolicy): void {
  if (partitionedFunctions.length > MAX_LIST_ENTRIES) throw malformed(`partitioned_functions: more than ${String(MAX_LIST_ENTRIES)}`);
  const names = partitionedFunctions.flatMap(({ function: name, map, reduce }) => [name, map, reduce]);
  if (names.some((name) => lastPart(name).length === 0 || name.length > MAX_FUNCTION_CHARACTERS)) throw malformed('partitioned_functions: an empty name, or one that is too long');
  if (!isUnique(partitionedFunctions.map(({ function: name }) => lastPart(name)))) throw malformed('partitioned_functions: a name occurs twice');
  const maps = new Set(partitionedFunctions.map(({ map }) => foldedName(map)));
  if (partitionedFunctions.some(({ reduce }) => maps.has(foldedName(reduce)))) throw malformed('partitioned_functions: one function is map and reduce');
  const gated = new Set(gatedFunctions.map(foldedName));
  if (names.some((name) => gated.has(foldedName(name)))) throw malformed('partitioned_functions: a function is gated as well');
}

/** A policy may have gated functions and no gate: it is from before gates could be named, and such functions are refused. */
function checkGate({ gatedFunctions, gateOrganisations, gateQuorum }: ContractPolicy): void {
  checkList('gate_organisations', gateOrganisations, MSP_ID);
  if (!isStrictlyAscending(gateOrganisations)) throw malformed('gate_organisations are not sorted');
  if (gateOrganisations.length > 0 && gatedFunctions.length === 0) throw malformed('gate_organisations without gated functions');
  const least = Math.min(1, gateOrganisations.length);
  if (gateQuorum < least || gateQuorum > gateOrganisations.length) throw malformed(`gate_quorum: a number from ${String(least)} to ${String(gateOrganisations.length)} expected`);
}

/** An owner's copy opens as soon as there is a packet, and a packet is there before the commit that the gate waits for. */
function checkGatedPlaintext({ datasets, gatedFunctions }: ContractPolicy): void {
  const open = datasets.find(({ mode }) => mode === StorageMode.PLAINTEXT);
  if (open !== undefined && gatedFunctions.length > 0) throw malformed(`gated_functions, and dataset '${open.name}' is in plaintext: its owners could open results before the commit`);
}

function checkList(what: string, names: readonly string[], pattern: RegExp): void {
  if (names.length > MAX_LIST_ENTRIES) throw malformed(`${what}: more than ${String(MAX_LIST_ENTRIES)}`);
  const wrong = names.findIndex((name) => !pattern.test(name));
  if (wrong >= 0) throw malformed(`${what}: entry ${String(wrong)} is not a proper name`);
  if (!isUnique(names)) throw malformed(`${what}: a name occurs twice`);
}
