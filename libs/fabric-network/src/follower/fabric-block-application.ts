import { labelledHash, toHex } from '@selvedge/crypto';
import { readStoredProfile, sortFacts, type BlockApplier, type Checkpoint, type LedgerHead, type LedgerLog, type LedgerStore, type StoredHead } from '@selvedge/embedded-ledger';
import { isSelvedgeError } from '@selvedge/errors';
import { judgeFabricBlock, marksOfEntries, parsePrivateData, verifyFabricBlock, type FabricBlockVerdict, type FabricVerdict, type PrivateValue } from '@selvedge/fabric';
import { withRevocationLists, type Profile } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import type { FabricAppliedBlock, FabricApplyHook } from './applied-block.js';
import type { DeliveredBlock } from './block-source.js';
import { FabricTables } from './fabric-tables.js';

/** What applying a channel's blocks needs. */
export interface FabricApplicationOptions {
  readonly store: LedgerStore;
  /** Trust anchor: the first profile on the ledger must be exactly this one. */
  readonly anchor: Profile;
  readonly policyChaincode: string;
  /** Prefix of the checkpoint names: endorser, business. */
  readonly role: string;
  readonly checkpoint?: Checkpoint | undefined;
  readonly log?: LedgerLog | undefined;
  /** Which private values the hook shall get; default: none. */
  readonly wantsPrivateData?: ((namespace: string, collection: string) => boolean) | undefined;
  readonly onApply?: FabricApplyHook | undefined;
}

/** Applies a channel's blocks to a store, one at a time: verify, judge, write and sync, then show. */
export class FabricBlockApplication implements BlockApplier<DeliveredBlock, FabricAppliedBlock> {
  readonly tables: FabricTables;
  readonly #options: FabricApplicationOptions;
  #profile: Profile;
  #head: LedgerHead;

  /** Throws PROFILE_MISMATCH when the store was begun under another trust anchor, LEDGER_CORRUPT. */
  constructor(options: FabricApplicationOptions) {
    this.#options = options;
    this.tables = new FabricTables(options.store);
    this.#profile = readStoredProfile(this.tables, options.anchor) ?? options.anchor;
    this.#head = { ...this.tables.storedHead(), ...sortFacts(this.tables.facts, this.tables.factBlocks) };
  }

  /** The synced head. */
  get head(): LedgerHead {
    return this.#head;
  }

  /** With the revocation lists at the head. */
  get profile(): Profile {
    return withRevocationLists(this.#profile, this.tables);
  }

  /** Applies the next block. Resolves after it is synced and visible. Throws LEDGER_CORRUPT, PROFILE_MISMATCH or WRONG_CHANNEL. */
  async apply({ block, privateData }: DeliveredBlock): Promise<FabricAppliedBlock> {
    const { anchor, policyChaincode, role, checkpoint, store, onApply } = this.#options;
    const { height, blockHash: previousHash, commitHash } = this.#head;
    verifyFabricBlock(block, { number: height, previousHash });
    const judged = await judgeFabricBlock(block, { channel: anchor.message.channel, policyChaincode, state: this.tables, profile: this.#profile });
    const transactions = this.#describe(block.number, judged, privateData);
    const head: StoredHead = { height: height + 1n, blockHash: block.hash, commitHash: labelledHash('fabric commit', commitHash, block.hash, block.flags) };
    const subject = transactions.map(({ txIds }) => (txIds.length === 0 ? '-' : txIds.map(toHex).join())).join();
    const applied = await store.write(() => {
      if (height === 0n) this.tables.writeAnchor(anchor.digest);
      const ended = this.tables.writeBlock(judged.verdicts, judged.factUpdates, head);
      const versions = this.tables.appendHistory(judged.verdicts);
      const written = { number: block.number, hash: block.hash, transactions, ended, versions };
      onApply?.(written);
      checkpoint?.(`${role}.apply.before-sync`, subject);
      return written;
    });
    checkpoint?.(`${role}.apply.after-sync`, subject);
    this.#show(judged, head);
    return applied;
  }

  changeMarks({ transactions }: FabricAppliedBlock): readonly Uint8Array[] {
    return transactions.flatMap(({ entries }) => marksOfEntries(entries));
  }

  #show({ factUpdates, profile }: FabricBlockVerdict, head: StoredHead): void {
    this.tables.adoptFacts(factUpdates, head);
    this.#profile = profile;
    this.#head = factUpdates.length === 0 ? { ...this.#head, ...head } : { ...head, ...sortFacts(this.tables.facts, this.tables.factBlocks) };
  }

  #describe(number: bigint, { verdicts }: FabricBlockVerdict, privateData: ReadonlyMap<number, Uint8Array>): FabricAppliedBlock['transactions'] {
    return verdicts.map((verdict, index) => {
      const { code, txIds, entries, mismatch, concerns, fabricTxId } = verdict;
      if (mismatch !== undefined) {
        const fields = { code: 'WRITE_SET_MISMATCH', block: String(number), index, fabricTxId, verdict: ValidationCode[code] };
        this.#options.log?.error(fields, `a transaction’s response is not what was written: ${mismatch}`);
      }
      const privateValues = entries.length === 0 ? [] : this.#privateValues(privateData.get(index), verdict);
      return { index, code, txIds, fabricTxId: concerns ? fabricTxId : undefined, reason: concerns ? verdict.reason : undefined, entries, privateValues };
    });
  }

  /** What does not parse is missing, and asked for again. */
  #privateValues(bytes: Uint8Array | undefined, { fabricTxId }: FabricVerdict): readonly PrivateValue[] {
    const { wantsPrivateData, log } = this.#options;
    if (bytes === undefined || wantsPrivateData === undefined) return [];
    try {
      return parsePrivateData(bytes, wantsPrivateData);
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      log?.error({ code: error.code, fabricTxId }, `the private data that the peer delivered is left out: ${error.message}`);
      return [];
    }
  }
}
