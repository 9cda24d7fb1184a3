import type { StateCalls } from '../ports.js';

/** A state of which every call is refused. @param refusal made anew for each */
export function createRefusingState(refusal: () => Error): StateCalls {
  const refuse = (): Promise<never> => Promise.reject(refusal());
  return {
    getState: refuse,
    putState: refuse,
    deleteState: refuse,
    purge: refuse,
    getRange: refuse,
    query: refuse,
    getKeyPolicy: refuse,
    setKeyPolicy: refuse,
    getHistory: refuse,
    getPrivateDataHash: refuse,
    openContract: refuse,
  };
}
