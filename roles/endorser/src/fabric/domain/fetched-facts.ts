import { SelvedgeError } from '@selvedge/errors';
import { isFactKey, type FactList } from '@selvedge/policy';

/**
 * Facts that were fetched within a transaction. Asking for another throws INTERNAL: it would not be in the read set,
 * and nothing may rest on it. Keys that no fact can have are absent without asking.
 */
export function fetchedFacts(values: ReadonlyMap<string, Uint8Array | undefined>): FactList {
  return {
    keys: () => {
      throw unread();
    },
    fact: (key) => {
      if (!values.has(key) && isFactKey(key)) throw unread();
      return values.get(key);
    },
  };
}

function unread(): SelvedgeError {
  return new SelvedgeError('INTERNAL', 'a fact was asked for that is not in the transaction’s read set');
}
