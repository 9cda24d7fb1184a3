/** A prime: successive calls lie far apart. */
const STRIDE = 7_919;
/** What a stored value takes beside its memo, as long as its counters are short. */
const FRAME_BYTES = '{"total":100,"updates":100,"memo":""}'.length;

/** How long a memo makes a stored value of so many bytes, to a few. */
export function memoLength(valueBytes: number): number {
  return Math.max(0, valueBytes - FRAME_BYTES);
}

/** What an update sends: JSON about as long as the stored value. */
export function changeOf(valueBytes: number): string {
  return JSON.stringify({ amount: 1, memo: 'm'.repeat(memoLength(valueBytes)) });
}

/** Whether a query answered with a value of this size: one that finds nothing is fast. Throws an error with the code WRONG_ANSWER. */
export function verifyAnswer(answer: Uint8Array, valueBytes: number): void {
  if (answer.length < memoLength(valueBytes)) throw Object.assign(new Error(`${String(answer.length)} bytes instead of about ${String(valueBytes)}`), { code: 'WRONG_ANSWER' });
}

/** Values of each size have keys of their own, so that a read gives a value of its size. */
export function prefixOf(valueBytes: number): string {
  return `value-${String(valueBytes)}`;
}

/**
 * Keys of successive calls. Uniform: each of `keys` once before any comes again, so that calls in flight never meet unless there are more of them
 * than keys. Hot: the first, always.
 * @param from index of the first key
 */
export function createKeySequence({ keys, valueBytes, spread, from = 0 }: { readonly keys: number; readonly valueBytes: number; readonly spread: 'uniform' | 'hot'; readonly from?: number }): () => string {
  const prefix = prefixOf(valueBytes);
  const stride = coprimeStride(keys);
  let index = from % keys;
  return () => {
    if (spread === 'hot') return `${prefix}-0`;
    const key = `${prefix}-${String(index)}`;
    index = (index + stride) % keys;
    return key;
  };
}

function coprimeStride(keys: number): number {
  let stride = STRIDE % keys;
  while (greatestCommonDivisor(stride, keys) !== 1) stride += 1;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** One transaction that fills a part of the state. */
export interface FillStep {
  readonly from: number;
  readonly count: number;
}

const MAX_FILL_KEYS = 500;
const MAX_FILL_BYTES = 1_048_576;

/** Cuts `keys` into transactions that stay below every limit of number and bytes. */
export function fillSteps(keys: number, valueBytes: number): FillStep[] {
  const most = Math.max(1, Math.min(MAX_FILL_KEYS, Math.floor(MAX_FILL_BYTES / valueBytes)));
  return Array.from({ length: Math.ceil(keys / most) }, (_, i) => ({ from: i * most, count: Math.min(most, keys - i * most) }));
}
