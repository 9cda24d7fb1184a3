import { labelledHash } from './labels.js';

const EMPTY = labelledHash('merkle/empty');

/** Root of a binary Merkle tree; leaf and inner node have labels of their own. An odd node is carried up unchanged (RFC 6962 shape). */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY;
  let level = leaves.map((leaf) => labelledHash('merkle/leaf', leaf));
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      const right = level[i + 1];
      next.push(right === undefined ? left : labelledHash('merkle/inner', left, right));
    }
    level = next;
  }
  return level[0] as Uint8Array;
}
