import { join } from 'node:path';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import type { SignedBy } from '@selvedge/identity';
import { facts, parseContractPolicy, type Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, PolicyChangeSchema, SerializedIdentitySchema, signing, type ContractPolicy } from '@selvedge/protocol';
import type { LifecyclePorts, PresentPolicy } from './ports.js';
import { isAgainst, listProposals, readProposal, removeProposal } from './proposals.js';

/** An approval that does not count. */
export interface RefusedApproval {
  /** The organisation that it claims to be of. */
  readonly mspId: string;
  readonly code: RefusalCode;
}

/** A contract that waits for approvals, or for its commit. */
export interface PendingContract {
  readonly file: string;
  readonly policy: ContractPolicy;
  /** PolicyTransaction bytes. */
  readonly transaction: Uint8Array;
  /** Organisations whose administrators have approved. */
  readonly approvals: readonly string[];
  /** Organisations that could approve and have not. */
  readonly missing: readonly string[];
  readonly refused: readonly RefusedApproval[];
  readonly needed: number;
  /** false: the ledger has changed since it was proposed, so it can never be recorded. */
  readonly isCurrent: boolean;
}

/** The contracts among the proposals of a folder, by name. Files that are no proposals of a contract are passed over. */
export async function readPending(folder: string, present: PresentPolicy): Promise<PendingContract[]> {
  const found: PendingContract[] = [];
  for (const name of await listProposals(folder)) {
    const pending = await readOne(join(folder, name), present);
    if (pending !== undefined) found.push(pending);
  }
  return found.sort((a, b) => (a.policy.name < b.policy.name ? -1 : 1));
}

/**
 * Has an approved contract recorded on the ledger. Resolves with the block's number.
 * Throws INVALID_CONFIGURATION when nothing waits under the name, POLICY_CONFLICT when the ledger has changed since it was
 * proposed, POLICY_APPROVALS_MISSING naming the organisations, NOT_READY while a Fabric channel lacks the definition, and the ledger's refusal.
 */
export async function commitPending(ports: LifecyclePorts, pending: PendingContract): Promise<bigint> {
  verifyCommittable(pending);
  const endorsement = await ports.endorsement?.(pending.policy);
  if (endorsement?.committed === false) {
    throw new SelvedgeError('NOT_READY', `contract ${pending.policy.name}: its chaincode definition, sequence ${String(endorsement.sequence)}, needs the approval of more organisations; each gives it with "selvedge contract approve"`, { role: 'cli' });
  }
  const blockNumber = await ports.submit(pending.transaction);
  await removeProposal(pending);
  return blockNumber;
}

/** The contract that waits under a name. Throws INVALID_CONFIGURATION. */
export function findPending(pending: readonly PendingContract[], name: string, folder: string): PendingContract {
  const found = pending.find(({ policy }) => policy.name === name);
  if (found !== undefined) return found;
  const others = pending.map(({ policy }) => policy.name).join(', ');
  throw new SelvedgeError('INVALID_CONFIGURATION', `no proposal for contract ${name} waits in ${folder}${others === '' ? '' : `; there are ${others}`}; "selvedge contract approve" makes one`, { role: 'cli' });
}

/** Throws POLICY_CONFLICT or POLICY_APPROVALS_MISSING, naming what is wrong. */
export function verifyCommittable({ policy, file, approvals, missing, refused, needed, isCurrent }: PendingContract): void {
  const subject = `contract ${policy.name} ${policy.version}`;
  if (!isCurrent) throw new SelvedgeError('POLICY_CONFLICT', `${subject}: the ledger has changed since it was proposed, so its approvals are void; "selvedge contract approve" proposes it anew`, { role: 'cli', details: { file } });
  if (approvals.length >= needed) return;
  const wrong = refused.map(({ mspId, code }) => `; the approval of ${mspId} does not count: ${code}`).join('');
  throw new SelvedgeError(
    'POLICY_APPROVALS_MISSING',
    `${subject}: approved by ${approvals.join(', ') || 'nobody'}; ${String(needed)} organisations are needed, so ${String(needed - approvals.length)} more of ${missing.join(', ')}${wrong}`,
    { role: 'cli', details: { approvals: approvals.join(','), missing: missing.join(','), needed: String(needed) } },
  );
}

async function readOne(file: string, present: PresentPolicy): Promise<PendingContract | undefined> {
  const proposal = await readProposal(file);
  if (proposal === undefined) return undefined;
  const { change, approvals: given, bytes } = proposal;
  const { profile } = present;
  const changed = parseMessage(PolicyChangeSchema, change, LIMITS.maxMessageBytes).changes.find(({ key }) => key.startsWith(facts.contract('')));
  if (changed === undefined) return undefined;
  const judged = given.map((approval) => judge(profile, change, approval));
  const approvals = [...new Set(judged.flatMap((one) => (one.code === undefined ? [one.mspId] : [])))].sort();
  return {
    file,
    policy: parseContractPolicy(changed.value),
    transaction: bytes,
    approvals,
    missing: profile.msps.mspIds.filter((mspId) => !approvals.includes(mspId)),
    refused: judged.flatMap(({ mspId, code }) => (code === undefined ? [] : [{ mspId, code }])),
    needed: profile.message.adminQuorum,
    isCurrent: isAgainst(change, present),
  };
}

function judge(profile: Profile, change: Uint8Array, approval: SignedBy): { readonly mspId: string; readonly code: RefusalCode | undefined } {
  try {
    return { mspId: profile.msps.verifySignature(approval, signing.policyChange(change), { role: 'admin' }).mspId, code: undefined };
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return { mspId: claimedMspId(approval.identity), code: error.code };
  }
}

function claimedMspId(identity: Uint8Array): string {
  try {
    return parseMessage(SerializedIdentitySchema, identity, LIMITS.maxCreatorBytes).mspid;
  } catch {
    return '(unknown)';
  }
}
