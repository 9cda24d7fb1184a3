import type { Contract } from '@selvedge/client';
import type { SubjectName } from './report.js';
import type { Call } from './workload.js';

/** Something that carries the workload. */
export interface Subject {
  readonly name: SubjectName;
  /** Reads a private 1 KiB JSON value, checks, adds, writes it back; resolves when that is committed. */
  readonly update: Call;
  /** Reads one. */
  readonly query: Call;
}

/** Pads the stored JSON value to about 1 KiB. */
const MEMO = 'm'.repeat(960);
/** A prime: successive calls lie far apart. */
const STRIDE = 7_919;

/** The transient value of an update. */
export const CHANGE = JSON.stringify({ amount: 1, memo: MEMO });

/** The key of the n-th call. */
export function keyOf(index: number, keys: number): string {
  return `key-${String((index * STRIDE) % keys)}`;
}

/** The workload through Selvedge; whether in batches is the contract's gateway's matter. */
export function selvedgeSubject(contract: Contract, keys: number, name: SubjectName = 'selvedge'): Subject {
  return {
    name,
    update: (index) => contract.submit('Update', { arguments: [keyOf(index, keys)], transientData: { value: CHANGE } }),
    query: (index) => contract.evaluateTransaction('Read', keyOf(index, keys)),
  };
}
