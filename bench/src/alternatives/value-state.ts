import { createRefusingState, type StateCalls } from '@selvedge/compute';

/** A state in memory that gives and takes single values at once, and keeps no write: each run finds the same. */
export function createValueState(values: ReadonlyMap<string, Uint8Array>, onWrite: (value: Uint8Array) => void): StateCalls {
  return {
    ...REFUSING,
    getState: (_dataset, key) => Promise.resolve(values.get(key)),
    putState: (_dataset, _key, value) => {
      onWrite(value);
      return Promise.resolve();
    },
  };
}

const REFUSING = createRefusingState(() => new Error('the measured functions only get and put'));
