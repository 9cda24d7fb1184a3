import { labelledHash } from '@selvedge/crypto';
import type { FactUpdate } from '@selvedge/policy';
import type { Verdict } from '../domain/verdict.js';
import type { StateReader } from '../ports.js';
import type { LedgerDatabase, LedgerStore } from '../store.js';
import { LedgerTables, putOrRemove, type StoredHead } from './ledger-tables.js';

/** The embedded ledger's state in a store: keys are digests, so that entries are small and equal in size. */
export class StateTables extends LedgerTables implements StateReader {
  readonly #versions: LedgerDatabase;
  readonly #guards: LedgerDatabase;

  /** Throws LEDGER_CORRUPT when the stored head has a wrong shape. */
  constructor(store: LedgerStore) {
    super(store);
    this.#versions = store.database('versions');
    this.#guards = store.database('guards');
  }

  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    return this.#versions.get(entryKey(contract, ownerSet, dataset, ledgerKey));
  }

  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined {
    return this.#guards.get(entryKey(contract, ownerSet, dataset, guardKey));
  }

  /** Writes a block's outcome; inside a write transaction. The facts in memory change with adoptFacts, after the sync. */
  writeBlock(verdicts: readonly Verdict[], factUpdates: readonly FactUpdate[], head: StoredHead): void {
    for (const { txId, code, updates } of verdicts) {
      if (txId !== undefined && this.result(txId) === undefined) this.writeResult(txId, { code, blockNumber: head.height - 1n });
      for (const { contract, ownerSet, dataset, ledgerKey, version } of updates.versions) {
        putOrRemove(this.#versions, entryKey(contract, ownerSet, dataset, ledgerKey), version);
      }
      for (const { contract, ownerSet, dataset, guardKey, txId: writer } of updates.guards) {
        this.#guards.put(entryKey(contract, ownerSet, dataset, guardKey), writer);
      }
    }
    this.writeHead(factUpdates, head);
  }
}

function entryKey(contract: string, ownerSet: string, dataset: string, key: Uint8Array): Uint8Array {
  return labelledHash('ledger entry', contract, ownerSet, dataset, key);
}
