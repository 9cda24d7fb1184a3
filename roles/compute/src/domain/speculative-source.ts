import type { StateSource } from '@selvedge/tee-node';
import { deferred, verifyMayRest, type BatchOverlay } from './batch-overlay.js';

const NO_POLICY = new Uint8Array(0);
const NO_VALUE = new Uint8Array(0);
/** What is not on the ledger is of no height, so that nobody keeps it. */
const NO_BLOCK = 0n;

/**
 * State as an item of a batch meets it: the ledger's, and over it what earlier items wrote. A set is the ledger's alone,
 * since the statements that it is complete are: an item that needs one which an earlier item has changed is deferred.
 * @param creator the item's, as in {@link BatchOverlay}
 */
export function createSpeculativeSource(base: StateSource, overlay: BatchOverlay, creator: string): StateSource {
  return {
    async readPoint(scope, query) {
      const earlier = overlay.write(scope.contract, query.dataset, query.ledgerKey);
      if (earlier === undefined) return base.readPoint(scope, query);
      if (earlier.packet === undefined && query.takesOver === true) throw deferred('it reads or writes a key of a collection that is taken over, which an earlier item of the batch removes');
      verifyMayRest(earlier, creator);
      const keyPolicy = query.withKeyPolicy === true ? await base.readPoint(scope, { ...query, open: (_packet, policy) => policy }) : NO_POLICY;
      return query.open(earlier.packet, keyPolicy, NO_BLOCK, undefined, NO_VALUE);
    },
    async readSet(scope, query) {
      if (overlay.isWritten(scope.contract, query.dataset, query.datasetTag)) throw deferred('it queries a range that an earlier item of the batch changes');
      return base.readSet(scope, query);
    },
    async readDataset(scope, query) {
      if (overlay.isWritten(scope.contract, query.dataset)) throw deferred('it queries a dataset that an earlier item of the batch changes');
      return base.readDataset(scope, query);
    },
    async readHistory(scope, query, open) {
      if (overlay.write(scope.contract, query.dataset, query.ledgerKey) !== undefined) throw deferred('it reads the history of a key that an earlier item of the batch writes');
      return base.readHistory(scope, query, open);
    },
  };
}
