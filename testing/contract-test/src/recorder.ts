import type { ChaincodeHost, StateCalls } from '@selvedge/compute';

/** A write of a function, as it asked for it. */
export interface StateWrite {
  /** Set where a contract that the function called has made it. */
  readonly contract?: string;
  /** '' is the world state. */
  readonly collection: string;
  readonly key: string;
  /** UTF-8 text; undefined: the key is deleted, or purged. */
  readonly value: string | undefined;
}

/** A chaincode host that keeps what its chaincodes write. */
export interface RecordingHost extends ChaincodeHost {
  /** What the transaction has written, one entry for each key, in the order of the keys' last writes; once. */
  takeWrites(txId: string): readonly StateWrite[];
}

/** Puts a recorder before the state of every run; the runs themselves are the host's. */
export function recordWrites(host: ChaincodeHost): RecordingHost {
  const recorded = new Map<string, Map<string, StateWrite>>();
  return {
    ...host,
    invoke: (invocation, begin, signal) => {
      const again = (): StateCalls => {
        // What an earlier try did is void.
        const writes = new Map<string, StateWrite>();
        recorded.set(invocation.txId, writes);
        return recordingState(begin(), writes, undefined);
      };
      return host.invoke(invocation, again, signal);
    },
    takeWrites(txId) {
      const writes = [...(recorded.get(txId) ?? new Map<string, StateWrite>()).values()];
      recorded.delete(txId);
      return writes;
    },
  };
}

function recordingState(state: StateCalls, writes: Map<string, StateWrite>, contract: string | undefined): StateCalls {
  const record = (collection: string, key: string, value: string | undefined): void => {
    const id = JSON.stringify([contract ?? null, collection, key]);
    writes.delete(id);
    writes.set(id, { ...(contract === undefined ? {} : { contract }), collection, key, value });
  };
  return {
    getState: (...call) => state.getState(...call),
    getRange: (...call) => state.getRange(...call),
    query: (...call) => state.query(...call),
    getKeyPolicy: (...call) => state.getKeyPolicy(...call),
    setKeyPolicy: (...call) => state.setKeyPolicy(...call),
    getHistory: (...call) => state.getHistory(...call),
    getPrivateDataHash: (...call) => state.getPrivateDataHash(...call),
    async putState(dataset, key, value) {
      await state.putState(dataset, key, value);
      record(dataset, key, Buffer.from(value).toString('utf8'));
    },
    async deleteState(dataset, key) {
      await state.deleteState(dataset, key);
      record(dataset, key, undefined);
    },
    async purge(dataset, key) {
      await state.purge(dataset, key);
      record(dataset, key, undefined);
    },
    async openContract(call) {
      const opened = await state.openContract(call);
      return { ...opened, state: recordingState(opened.state, writes, call.contract) };
    },
  };
}
