import { equalBytes, fromHex, labelledHash, toHex } from '@selvedge/crypto';
import type { FactUpdate } from '@selvedge/policy';
import { coreDigest, keptItems, ValidationCode } from '@selvedge/protocol';
import { gatedCoresOf } from '../domain/gated-cores.js';
import type { EndedEntry, Verdict, VersionUpdate } from '../domain/verdict.js';
import type { AppliedVersion, StateReader } from '../ports.js';
import type { LedgerDatabase, LedgerStore } from '../store.js';
import { EndingEntries } from './ending-entries.js';
import { HistoryHeads, type KeyHistory } from './history-heads.js';
import { LedgerTables, putOrRemove, type StoredHead } from './ledger-tables.js';

/** The embedded ledger's state in a store: keys are digests, so that entries are small and equal in size. */
export class StateTables extends LedgerTables implements StateReader {
  readonly #versions: LedgerDatabase;
  readonly #guards: LedgerDatabase;
  readonly #keyPolicies: LedgerDatabase;
  readonly #ending: EndingEntries;
  readonly #history: HistoryHeads;

  /** Throws LEDGER_CORRUPT when the stored head has a wrong shape. */
  constructor(store: LedgerStore) {
    super(store);
    this.#versions = store.database('versions');
    this.#guards = store.database('guards');
    this.#keyPolicies = store.database('key-policies');
    this.#history = new HistoryHeads(store);
    this.#ending = new EndingEntries(store, 'ending');
  }

  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    return this.#versions.get(entryKey(contract, ownerSet, dataset, ledgerKey));
  }

  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined {
    return this.#guards.get(entryKey(contract, ownerSet, dataset, guardKey));
  }

  keyPolicy(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    return this.#keyPolicies.get(entryKey(contract, ownerSet, dataset, ledgerKey));
  }

  history(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): KeyHistory {
    return this.#history.get(entryKey(contract, ownerSet, dataset, ledgerKey));
  }

  /** Continues the histories of a block's new versions; inside a write transaction. */
  appendHistory(verdicts: readonly Verdict[]): readonly AppliedVersion[] {
    return verdicts.flatMap(({ updates }) =>
      updates.history.map((update) => ({ ...update, ...this.#history.append(entryKey(update.contract, update.ownerSet, update.dataset, update.ledgerKey), update) })),
    );
  }

  /**
   * Writes a block's outcome, and ends what ends with it; inside a write transaction. Returns what ended. The facts in
   * memory change with adoptFacts, after the sync.
   */
  writeBlock(verdicts: readonly Verdict[], factUpdates: readonly FactUpdate[], head: StoredHead): readonly EndedEntry[] {
    for (const { txIds, code, endorsed, updates } of verdicts) {
      if (code === ValidationCode.VALID && endorsed !== undefined) this.writeGatedCommits(gatedCoresOf(endorsed.cores, keptItems(endorsed.message.cores, endorsed.message.itemMask)), head.blockHash);
      const digests = code === ValidationCode.VALID && endorsed !== undefined ? keptItems(endorsed.message.cores, endorsed.message.itemMask).map(coreDigest) : [];
      for (const [i, txId] of txIds.entries()) if (this.result(txId) === undefined) this.writeResult(txId, { code, blockNumber: head.height - 1n, coreDigest: digests[i] });
      for (const update of updates.versions) this.#writeVersion(update);
      for (const { contract, ownerSet, dataset, guardKey, txId: writer } of updates.guards) {
        this.#guards.put(entryKey(contract, ownerSet, dataset, guardKey), writer);
      }
      for (const { contract, ownerSet, dataset, ledgerKey, policy } of updates.keyPolicies) {
        putOrRemove(this.#keyPolicies, entryKey(contract, ownerSet, dataset, ledgerKey), policy);
      }
    }
    this.writeHead(factUpdates, head);
    const ended = this.#endEntries(head.height - 1n);
    const writes = verdicts.flatMap(({ updates }) => updates.versions);
    this.sets.apply({ height: head.height, writes, ended }, { value: ({ contract, ownerSet, dataset }, guardKey) => this.guard(contract, ownerSet, dataset, guardKey), endsAt: () => undefined });
    return ended;
  }

  #endEntries(block: bigint): EndedEntry[] {
    return this.#ending.take(block).flatMap(({ key, record }) => {
      const { version, ...entry } = decodeEnding(record);
      // Written anew meanwhile: a packet's hash never repeats.
      if (!equalBytes(this.#versions.get(key) ?? NO_VERSION, version)) return [];
      this.#versions.remove(key);
      return [entry];
    });
  }

  #writeVersion({ endsWith, version, contract, ownerSet, dataset, ledgerKey }: VersionUpdate): void {
    const entry = { contract, ownerSet, dataset, ledgerKey };
    const key = entryKey(entry.contract, entry.ownerSet, entry.dataset, entry.ledgerKey);
    putOrRemove(this.#versions, key, version);
    if (version !== undefined && endsWith !== undefined) this.#ending.schedule(endsWith, { key, record: encodeEnding({ ...entry, version }) });
  }
}

const NO_VERSION = new Uint8Array(0);

function encodeEnding({ contract, ownerSet, dataset, ledgerKey, version }: EndedEntry & { readonly version: Uint8Array }): Buffer {
  return Buffer.from(JSON.stringify([contract, ownerSet, dataset, toHex(ledgerKey), toHex(version)]));
}

function decodeEnding(record: Uint8Array): EndedEntry & { readonly version: Uint8Array } {
  const [contract, ownerSet, dataset, ledgerKey, version] = JSON.parse(Buffer.from(record).toString('utf8')) as [string, string, string, string, string];
  return { contract, ownerSet, dataset, ledgerKey: fromHex(ledgerKey), version: fromHex(version) };
}

function entryKey(contract: string, ownerSet: string, dataset: string, key: Uint8Array): Uint8Array {
  return labelledHash('ledger entry', contract, ownerSet, dataset, key);
}
