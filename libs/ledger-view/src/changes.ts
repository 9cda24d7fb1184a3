import { compareText, parseChangeMarks } from '@selvedge/protocol';
import { equalBytes, toHex } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import type { FollowerStatement } from './statement.js';

/** What organisations say that blocks changed. */
export interface AgreedChanges {
  /** Marks of each block, hexadecimal; undefined: for some block no quorum says the same. */
  readonly blocks: readonly (readonly string[])[] | undefined;
  /** MSP ids, sorted, of those that say something else than a quorum, or nothing that parses. */
  readonly differing: readonly string[];
}

/**
 * Brings together what the blocks from `from` to below `to` changed. A block counts when a quorum of distinct
 * organisations, under the agreed policy, states the very same list. What any other one adds counts as changed too:
 * something that is asked for anew is no harm, something old that is taken for new is.
 */
export function agreeChanges(
  statements: readonly FollowerStatement[],
  { from, to, quorum, policyRoot }: { readonly from: bigint; readonly to: bigint; readonly quorum: number; readonly policyRoot: Uint8Array },
): AgreedChanges {
  const counted = statements.filter((statement) => equalBytes(statement.policyRoot, policyRoot));
  const differing = new Set<string>();
  const blocks: string[][] = [];
  let isKnown = true;
  for (let block = from; block < to; block += 1n) {
    const lists = new Map<string, { readonly marks: readonly string[]; readonly mspIds: Set<string> }>();
    for (const { mspId, height, changes } of counted) {
      const list = changes[changes.length - Number(height - block)];
      if (list === undefined) continue;
      const marks = marksOf(list);
      if (marks === undefined) differing.add(mspId);
      else listOf(lists, list, marks).add(mspId);
    }
    const told = [...lists.values()];
    if (!told.some(({ mspIds }) => mspIds.size >= quorum)) isKnown = false;
    else for (const { mspIds } of told) if (mspIds.size < quorum) for (const mspId of mspIds) differing.add(mspId);
    blocks.push([...new Set(told.flatMap(({ marks }) => marks))]);
  }
  return { blocks: isKnown ? blocks : undefined, differing: [...differing].sort(compareText) };
}

function listOf(lists: Map<string, { readonly marks: readonly string[]; readonly mspIds: Set<string> }>, list: Uint8Array, marks: readonly string[]): Set<string> {
  const id = toHex(list);
  const known = lists.get(id) ?? { marks, mspIds: new Set<string>() };
  lists.set(id, known);
  return known.mspIds;
}

function marksOf(list: Uint8Array): readonly string[] | undefined {
  try {
    return parseChangeMarks(list);
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return undefined;
  }
}
