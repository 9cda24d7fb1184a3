import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { SignedBy, Signer } from '@selvedge/identity';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, factHash, type FactReader, type FactUpdate, type Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, PolicyChangeSchema, PolicyTransactionSchema, signing } from '@selvedge/protocol';
import { readIfPresent, writeWhole } from '@selvedge/service-kit/launch';

/** A change of facts that is wanted. */
export interface WantedChange {
  readonly changes: readonly FactUpdate[];
  /** Whether a value that another operator proposed for a key is as good as ours; default: only the same bytes are. Throws what is wrong with it. */
  readonly verify?: ((key: string, value: Uint8Array) => void) | undefined;
}

/** A proposal with the approvals that it has. */
export interface Proposal {
  readonly file: string;
  /** PolicyTransaction bytes. */
  readonly transaction: Uint8Array;
  readonly approvals: readonly string[];
  /** Organisations that could approve and have not. */
  readonly missing: readonly string[];
  readonly needed: number;
}

/** File name of a proposal: by what it changes, so that operators meet in the same one. */
export function proposalName(changes: readonly FactUpdate[]): string {
  const keys = changes.map(({ key }) => key.replaceAll(/[^A-Za-z0-9.-]/g, '-')).sort();
  return `${keys.join('_').slice(0, 120)}.bin`;
}

/**
 * Approves a change with the administrators here, in the shared file that gathers approvals. A proposal of another
 * operator is approved only when it changes exactly what is wanted here; one that is outdated, or that nobody else has
 * approved, is made anew. Throws INVALID_CONFIGURATION when a proposal that others have approved differs.
 */
export async function approveProposal(folder: string, wanted: WantedChange, context: { readonly profile: Profile; readonly facts: FactReader; readonly admins: readonly Signer[] }): Promise<Proposal> {
  const { profile, facts, admins } = context;
  const { network, channel, adminQuorum } = profile.message;
  await mkdir(folder, { recursive: true });
  const file = join(folder, proposalName(wanted.changes));
  const present = await readProposal(file);
  const isForeign = present?.approvals.some(({ identity }) => !admins.some(({ serialized }) => equalBytes(identity, serialized))) ?? false;
  const isCurrent = present !== undefined && isAgainst(present.change, facts) && (isForeign || isSameChange(file, present.change, wanted));
  if (isCurrent) verifySameChange(file, present.change, wanted);
  const change = isCurrent ? present.change : createPolicyChange({ network, channel, changes: wanted.changes, facts });
  const given = isCurrent ? present.approvals.filter((approval) => approverOf(profile, change, approval) !== undefined) : [];
  const approvals = admins.reduce((all, admin) => addApproval(change, all, admin), given);
  const transaction = createPolicyTransaction(change, approvals);
  await writeWhole(file, transaction);
  const approvers = [...new Set(approvals.flatMap((approval) => approverOf(profile, change, approval) ?? []))].sort();
  return { file, transaction, approvals: approvers, missing: profile.msps.mspIds.filter((mspId) => !approvers.includes(mspId)), needed: adminQuorum };
}

/** Approvals with this administrator's among them, once. */
export function addApproval(change: Uint8Array, approvals: readonly SignedBy[], admin: Signer): SignedBy[] {
  if (approvals.some(({ identity }) => equalBytes(identity, admin.serialized))) return [...approvals];
  return [...approvals, approvePolicyChange(change, admin)];
}

/** Removes a proposal that the ledger has taken. */
export function removeProposal({ file }: Pick<Proposal, 'file'>): Promise<void> {
  return rm(file, { force: true });
}

/** Removes proposals that the present facts have overtaken: recorded, or replaced by another change. */
export async function removeOutdated(folder: string, facts: FactReader): Promise<void> {
  for (const name of await listProposals(folder)) {
    const proposal = await readProposal(join(folder, name));
    if (proposal !== undefined && !isAgainst(proposal.change, facts)) await rm(join(folder, name), { force: true });
  }
}

/** Names of the files of proposals that wait. */
export async function listProposals(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.bin')).sort();
}

/** A proposal's file; undefined when there is none. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE. */
export async function readProposal(file: string): Promise<{ readonly bytes: Uint8Array; readonly change: Uint8Array; readonly approvals: readonly SignedBy[] } | undefined> {
  const content = await readIfPresent(file);
  if (content === undefined) return undefined;
  const bytes = new Uint8Array(content);
  const { change, approvals } = parseMessage(PolicyTransactionSchema, bytes, LIMITS.maxMessageBytes);
  return { bytes, change, approvals };
}

/** Whether the facts still are what the change expects. */
export function isAgainst(change: Uint8Array, facts: FactReader): boolean {
  return parseMessage(PolicyChangeSchema, change, LIMITS.maxMessageBytes).changes.every(({ key, expectedHash }) => equalBytes(factHash(facts.fact(key)), expectedHash));
}

function isSameChange(file: string, change: Uint8Array, wanted: WantedChange): boolean {
  try {
    verifySameChange(file, change, wanted);
    return true;
  } catch (error) {
    if (isSelvedgeError(error)) return false;
    throw error;
  }
}

function verifySameChange(file: string, change: Uint8Array, wanted: WantedChange): void {
  const proposed = parseMessage(PolicyChangeSchema, change, LIMITS.maxMessageBytes).changes;
  const refuse = (what: string, cause?: unknown): SelvedgeError =>
    new SelvedgeError('INVALID_CONFIGURATION', `${file} ${what}: agree with its author, or remove the file to propose anew`, { role: 'cli', cause });
  const keys = wanted.changes.map(({ key }) => key).sort();
  if (proposed.map(({ key }) => key).sort().join() !== keys.join()) throw refuse(`changes ${proposed.map(({ key }) => key).join(', ')}, and ${keys.join(', ')} is wanted here`);
  for (const { key, value, remove } of proposed) {
    const own = wanted.changes.find((update) => update.key === key)?.value;
    if (own === undefined ? remove : equalBytes(own, value)) continue;
    if (own === undefined || remove || wanted.verify === undefined) throw refuse(`proposes another value of ${key} than this folder would`);
    try {
      wanted.verify(key, value);
    } catch (error) {
      throw refuse(`proposes a value of ${key} that does not hold (${isSelvedgeError(error) ? error.message : 'it does not parse'})`, error);
    }
  }
}

function approverOf(profile: Profile, change: Uint8Array, approval: SignedBy): string | undefined {
  try {
    return profile.msps.verifySignature(approval, signing.policyChange(change), { role: 'admin' }).mspId;
  } catch (error) {
    if (isSelvedgeError(error)) return undefined;
    throw error;
  }
}
