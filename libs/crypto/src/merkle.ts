import { labelledHash } from './labels.js';

const EMPTY = labelledHash('merkle/empty');

/** Root of a binary Merkle tree; leaf and inner node have labels of their own. An odd node is carried up unchanged (RFC 6962 shape). */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return levelsOf(leaves).at(-1)?.[0] ?? EMPTY;
}

/** Each leaf's audit path: the siblings on its way up, 32 bytes each. A node that is carried up has none at that level. */
export function merklePaths(leaves: readonly Uint8Array[]): Uint8Array[][] {
  const levels = levelsOf(leaves);
  return leaves.map((_leaf, place) => levels.flatMap((level, height) => level[(place >> height) ^ 1] ?? []));
}

/**
 * The root of the tree of so many leaves that this one stands in at that place. undefined: no tree has such a path.
 * @param index from 0, below count
 */
export function merkleRootAt(leaf: Uint8Array, { index, count }: { readonly index: number; readonly count: number }, path: readonly Uint8Array[]): Uint8Array | undefined {
  if (index < 0 || index >= count) return undefined;
  const siblings = [...path];
  let node = leafHash(leaf);
  for (let place = index, width = count; width > 1; place >>= 1, width = Math.ceil(width / 2)) {
    if ((place ^ 1) >= width) continue;
    const sibling = siblings.shift();
    if (sibling === undefined) return undefined;
    node = place % 2 === 0 ? innerHash(node, sibling) : innerHash(sibling, node);
  }
  return siblings.length === 0 ? node : undefined;
}

/** From the leaves' hashes up to the root. */
function levelsOf(leaves: readonly Uint8Array[]): Uint8Array[][] {
  if (leaves.length === 0) return [];
  const levels = [leaves.map(leafHash)];
  for (let level = levels[0] as Uint8Array[]; level.length > 1; ) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      const right = level[i + 1];
      next.push(right === undefined ? left : innerHash(left, right));
    }
    levels.push((level = next));
  }
  return levels;
}

const leafHash = (leaf: Uint8Array): Uint8Array => labelledHash('merkle/leaf', leaf);
const innerHash = (left: Uint8Array, right: Uint8Array): Uint8Array => labelledHash('merkle/inner', left, right);
