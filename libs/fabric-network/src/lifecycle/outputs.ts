import { SelvedgeError } from '@selvedge/errors';
import { MspRoleSchema, parseMessage } from '@selvedge/protocol';

/** A chaincode definition that is committed on a channel. */
export interface CommittedDefinition {
  readonly version: string;
  readonly sequence: number;
  /** By MSP id: organisations that approved this definition. */
  readonly approvals: Readonly<Record<string, boolean>>;
  readonly collections: readonly CommittedCollection[];
}

/** A private data collection of a committed definition. */
export interface CommittedCollection {
  readonly name: string;
  /** In blocks; 0: never forgotten. */
  readonly blockToLive: number;
  /** MSP ids of organisations whose peers keep its data, sorted. */
  readonly members: readonly string[];
}

/** A principal is an MSP id and a role. */
const MAX_PRINCIPAL_BYTES = 1024;

/** What an organisation approved. */
export interface ApprovedDefinition {
  readonly version: string;
  readonly sequence: number;
  /** undefined when it approved without a package. */
  readonly packageId: string | undefined;
}

/** Package ids out of `queryinstalled --output json`. Throws MALFORMED_MESSAGE. */
export function parseInstalled(output: string): string[] {
  const list = field(parseJson(output), 'installed_chaincodes') ?? [];
  if (!Array.isArray(list)) throw malformed('installed_chaincodes');
  return list.map((entry) => text(field(entry, 'package_id'), 'package_id'));
}

/** `querycommitted --name --output json`. Throws MALFORMED_MESSAGE. */
export function parseCommitted(output: string): CommittedDefinition {
  const value = parseJson(output);
  return { version: text(field(value, 'version'), 'version'), sequence: sequenceOf(value), approvals: approvalsOf(value), collections: collectionsOf(value) };
}

/** Organisations that approved, out of `checkcommitreadiness --output json`. Throws MALFORMED_MESSAGE. */
export function parseReadiness(output: string): Readonly<Record<string, boolean>> {
  return approvalsOf(parseJson(output));
}

/** `queryapproved --output json`. Throws MALFORMED_MESSAGE. */
export function parseApproved(output: string): ApprovedDefinition {
  const value = parseJson(output);
  // {"source": {"Type": {"LocalPackage": {"package_id": …}}}}, or {"Unavailable": {}} for an approval without a package.
  const local = field(field(field(value, 'source'), 'Type'), 'LocalPackage');
  const packageId = local === undefined ? undefined : text(field(local, 'package_id'), 'package_id');
  return { version: text(field(value, 'version'), 'version'), sequence: sequenceOf(value), packageId };
}

function approvalsOf(value: unknown): Readonly<Record<string, boolean>> {
  const approvals = field(value, 'approvals') ?? {};
  if (typeof approvals !== 'object' || Array.isArray(approvals)) throw malformed('approvals');
  return Object.fromEntries(Object.entries(approvals).map(([mspId, approved]) => [mspId, approved === true]));
}

/** {"collections": {"config": [{"Payload": {"StaticCollectionConfig": {"name": …}}}, …]}}, without what is zero. */
function collectionsOf(value: unknown): CommittedCollection[] {
  const list = field(field(value, 'collections'), 'config') ?? [];
  if (!Array.isArray(list)) throw malformed('collections');
  return list.map((entry) => {
    const collection = field(field(entry, 'Payload'), 'StaticCollectionConfig');
    const blockToLive = Number(field(collection, 'block_to_live') ?? 0);
    if (!Number.isSafeInteger(blockToLive) || blockToLive < 0) throw malformed('block_to_live');
    return { name: text(field(collection, 'name'), 'name of a collection'), blockToLive, members: membersOf(collection) };
  });
}

/**
 * {"member_orgs_policy": {"Payload": {"SignaturePolicy": {"identities": [{"principal": base64 of msp.MSPRole}, …]}}}}. Whom Fabric finds
 * by a principal of another kind is not known here, and counts as no member.
 */
function membersOf(collection: unknown): string[] {
  const list = field(field(field(field(collection, 'member_orgs_policy'), 'Payload'), 'SignaturePolicy'), 'identities') ?? [];
  if (!Array.isArray(list)) throw malformed('identities');
  const roles = list.filter((principal) => (field(principal, 'principal_classification') ?? 0) === 0);
  return [...new Set(roles.map((principal) => mspIdOf(text(field(principal, 'principal'), 'principal'))))].sort();
}

function mspIdOf(principal: string): string {
  try {
    return parseMessage(MspRoleSchema, Buffer.from(principal, 'base64'), MAX_PRINCIPAL_BYTES).mspIdentifier;
  } catch {
    throw malformed('principal');
  }
}

function sequenceOf(value: unknown): number {
  const sequence = Number(field(value, 'sequence'));
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw malformed('sequence');
  return sequence;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what);
  return value;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[name];
  return found === null ? undefined : found;
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output) as unknown;
  } catch {
    throw malformed('JSON');
  }
}

function malformed(what: string): SelvedgeError {
  return new SelvedgeError('MALFORMED_MESSAGE', `the peer program’s answer has no ${what}; check that it is of Fabric 2.5 or 3.x`, { role: 'cli' });
}
