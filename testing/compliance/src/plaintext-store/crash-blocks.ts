import { createHash } from 'node:crypto';
import type { PlaintextBlock } from '@selvedge/business';
import { createChange, type ChangeInit } from './changes.js';

const KEYS = 40;
const MAX_CHANGES = 12;
/** A dataset is written to for the first time at every so many blocks. */
const BLOCKS_PER_DATASET = 20;
const DATASETS = 30;

/** The block of a number: always the same one, so that every process knows what the ledger holds. */
export function crashBlock(number: bigint): PlaintextBlock {
  const random = byteSource(number);
  const datasets = Math.min(DATASETS, 1 + Math.floor(Number(number) / BLOCKS_PER_DATASET));
  const changes = Array.from({ length: random() % (MAX_CHANGES + 1) }, (): ChangeInit => {
    // The newest often, so that tables are made early in their time.
    const dataset = random() % 3 === 0 ? datasets - 1 : random() % datasets;
    const key = `\0stone\0${String(random() % KEYS)}\0`;
    const kind = random() % 4;
    const value = kind === 0 ? undefined : kind === 1 ? Buffer.alloc(random() * 20, random()) : `{"carat":${String(random())},"block":${String(number)}}`;
    return { dataset: `set ${String(dataset)}`, key, value, salt: String(number) };
  });
  return { number, changes: changes.map(createChange) };
}

/** Bytes that follow from a number. */
function byteSource(seed: bigint): () => number {
  let bytes = createHash('sha256').update(String(seed)).digest();
  let at = 0;
  return () => {
    if (at === bytes.length) {
      bytes = createHash('sha256').update(bytes).digest();
      at = 0;
    }
    at += 1;
    return bytes[at - 1]!;
  };
}
