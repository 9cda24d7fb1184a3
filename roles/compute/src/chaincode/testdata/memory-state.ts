import { sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createQueryWork, prepareQuery, selectEntries } from '../../domain/rich-query.js';
import type { KeyModification, OpenedContract, StateCalls, StateEntry } from '../../ports.js';

type Operation = 'put' | 'delete' | 'purge';

/** The writes of one invocation, in order. */
export interface Write {
  readonly operation: Operation;
  readonly dataset: string;
  readonly key: string;
  readonly value: Uint8Array;
}

/** A committed state in memory, for tests: an invocation's writes show after `commit` only, as on Fabric. */
export interface MemoryState {
  /** The state calls of one invocation, and what they wrote. */
  begin(): { readonly calls: StateCalls; readonly writes: readonly Write[]; readonly ranges: readonly (readonly [string, string, string])[]; commit(): void };
  get(dataset: string, key: string): string | undefined;
  set(dataset: string, key: string, value: string): void;
  /** Datasets whose reads and writes are refused, by dataset. */
  readonly refusals: Map<string, SelvedgeError>;
  /** Contracts on channel trade that may be called, by name. */
  readonly others: Map<string, OpenedContract>;
}

/** Builds an empty state. */
export function createMemoryState(): MemoryState {
  const datasets = new Map<string, Map<string, Uint8Array>>();
  const refusals = new Map<string, SelvedgeError>();
  const keyPolicies = new Map<string, Uint8Array>();
  const histories = new Map<string, KeyModification[]>();
  const others = new Map<string, OpenedContract>();

  const dataset = (name: string): Map<string, Uint8Array> => {
    const refusal = refusals.get(name);
    if (refusal !== undefined) throw refusal;
    const existing = datasets.get(name) ?? new Map<string, Uint8Array>();
    datasets.set(name, existing);
    return existing;
  };

  const range = (name: string, startKey: string, endKey: string): StateEntry[] =>
    [...dataset(name)]
      .map(([key, value]) => ({ key, value }))
      .filter(({ key }) => compare(key, startKey) >= 0 && (endKey === '' || compare(key, endKey) < 0))
      .sort((a, b) => compare(a.key, b.key));

  const apply = (write: Write): void => {
    const versions = histories.get(write.key) ?? [];
    const version = { txId: String(versions.length + 1), timestamp: { seconds: BigInt(versions.length), nanos: 7 }, value: write.operation === 'put' ? write.value : undefined };
    if (write.dataset === '') histories.set(write.key, [version, ...versions]);
    if (write.operation === 'put') dataset(write.dataset).set(write.key, write.value);
    else dataset(write.dataset).delete(write.key);
  };

  return {
    refusals,
    others,
    get: (name, key) => {
      const value = datasets.get(name)?.get(key);
      return value === undefined ? undefined : Buffer.from(value).toString();
    },
    set: (name, key, value) => {
      dataset(name).set(key, Buffer.from(value));
    },
    begin: () => {
      const writes: Write[] = [];
      const ranges: [string, string, string][] = [];
      const write = (operation: Operation, name: string, key: string, value: Uint8Array = new Uint8Array(0)): void => {
        dataset(name);
        writes.push({ operation, dataset: name, key, value });
      };
      return {
        writes,
        ranges,
        commit: () => {
          writes.forEach(apply);
        },
        calls: {
          getState: async (name, key) => Promise.resolve(dataset(name).get(key)),
          putState: async (name, key, value) => {
            await Promise.resolve();
            write('put', name, key, value);
          },
          deleteState: async (name, key) => {
            await Promise.resolve();
            write('delete', name, key);
          },
          purge: async (name, key) => {
            await Promise.resolve();
            write('purge', name, key);
          },
          getRange: async (name, startKey, endKey) => {
            ranges.push([name, startKey, endKey]);
            return Promise.resolve(range(name, startKey, endKey));
          },
          query: async (name, query) => selectEntries(prepareQuery(query, []), [...dataset(name)].map(([key, value]) => ({ key, value })), createQueryWork(1_000_000, () => Promise.resolve())),
          getHistory: async (key) => Promise.resolve(histories.get(key) ?? []),
          getKeyPolicy: async (name, key) => {
            dataset(name);
            return Promise.resolve(keyPolicies.get(`${name}/${key}`));
          },
          setKeyPolicy: async (name, key, policy) => {
            dataset(name);
            keyPolicies.set(`${name}/${key}`, policy);
            return Promise.resolve();
          },
          openContract: ({ channel, contract }) => {
            const opened = others.get(channel === 'trade' ? contract : '');
            if (opened === undefined) return Promise.reject(new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`));
            return Promise.resolve(opened);
          },
          getPrivateDataHash: async (name, key) => {
            const value = datasets.get(name)?.get(key);
            return Promise.resolve(value === undefined ? undefined : sha256(value));
          },
        },
      };
    },
  };
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
