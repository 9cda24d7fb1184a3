import type { StateCalls } from '@selvedge/compute';

/** A state in memory that gives and takes single values at once, and keeps no write: each run finds the same. */
export function createValueState(values: ReadonlyMap<string, Uint8Array>, onWrite: (value: Uint8Array) => void): StateCalls {
  const refused = (): Promise<never> => Promise.reject(new Error('the measured functions only get and put'));
  return {
    getState: (_dataset, key) => Promise.resolve(values.get(key)),
    putState: (_dataset, _key, value) => {
      onWrite(value);
      return Promise.resolve();
    },
    deleteState: refused,
    purge: refused,
    getRange: refused,
    query: refused,
    getKeyPolicy: refused,
    setKeyPolicy: refused,
    getHistory: refused,
    getPrivateDataHash: refused,
    openContract: refused,
  };
}
