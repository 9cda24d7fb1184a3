import { compareText } from '@selvedge/protocol';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { FollowerStatement } from './statement.js';

/** A policy root and the height that a quorum of organisations has under it. */
export interface Agreement {
  readonly height: bigint;
  readonly policyRoot: Uint8Array;
  /** MSP ids, sorted, at that height or above. */
  readonly supporters: readonly string[];
  /** Of any statement under this root. */
  readonly facts: ReadonlyMap<string, Uint8Array> | undefined;
}

/**
 * The highest height that `quorum` distinct organisations sharing one policy root have reached: the quorum-th highest
 * of the organisations' heights. Throws VIEW_QUORUM_UNREACHABLE when there is none, and when two roots tie: at one
 * height there is one policy.
 */
export function findAgreement(statements: readonly FollowerStatement[], quorum: number): Agreement {
  const byRoot = new Map<string, FollowerStatement[]>();
  for (const statement of statements) {
    const root = toHex(statement.policyRoot);
    byRoot.set(root, [...(byRoot.get(root) ?? []), statement]);
  }
  const agreements = [...byRoot.values()].flatMap((group) => agreementOf(group, quorum));
  agreements.sort((a, b) => (a.height > b.height ? -1 : a.height < b.height ? 1 : 0));
  const [best, second] = agreements;
  if (best === undefined) {
    const organisations = new Set(statements.map((statement) => statement.mspId)).size;
    throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', `${String(organisations)} organisations answered, ${String(quorum)} with equal policy are needed`);
  }
  if (second?.height === best.height) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'organisations disagree about the policy at one height');
  return best;
}

function agreementOf(group: readonly FollowerStatement[], quorum: number): Agreement[] {
  const [first] = group;
  const heights = new Map<string, bigint>();
  for (const { mspId, height } of group) {
    const known = heights.get(mspId);
    if (known === undefined || known < height) heights.set(mspId, height);
  }
  const descending = [...heights.values()].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
  const height = descending[quorum - 1];
  if (first === undefined || height === undefined) return [];
  const supporters = [...heights].filter(([, own]) => own >= height).map(([mspId]) => mspId);
  return [{ height, policyRoot: first.policyRoot, supporters: supporters.sort(compareText), facts: group.find((s) => s.facts !== undefined)?.facts }];
}
