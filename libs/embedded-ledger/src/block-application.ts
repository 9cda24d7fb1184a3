import { toHex } from '@selvedge/crypto';
import { withRevocationLists, type Profile } from '@selvedge/policy';
import type { Block } from '@selvedge/protocol';
import type { StoredHead } from './adapters/ledger-tables.js';
import { StateTables } from './adapters/state-tables.js';
import { blockHash, corrupt, verifyBlockJoins, verifyBlockSigner } from './domain/block.js';
import { marksOfUpdates } from './domain/change-log.js';
import { sortFacts, type LedgerHead } from './domain/ledger-head.js';
import { nextCommitHash, validateBlock, verifyGenesis, type BlockVerdict } from './domain/validate-block.js';
import type { AppliedBlock, ApplyHook, Checkpoint } from './ports.js';
import type { LedgerStore } from './store.js';
import { readStoredProfile } from './stored-profile.js';

/** Applies blocks to a store, one at a time: verify, judge, write and sync, then show. */
export class BlockApplication {
  readonly tables: StateTables;
  readonly #store: LedgerStore;
  readonly #anchor: Profile;
  readonly #checkpoint: (moment: string, subject: string) => void;
  readonly #onApply: ApplyHook | undefined;
  #profile: Profile;
  #head: LedgerHead;

  /** Throws PROFILE_MISMATCH when the store was begun under another trust anchor, LEDGER_CORRUPT. */
  constructor(input: { readonly store: LedgerStore; readonly anchor: Profile; readonly role: string; readonly checkpoint?: Checkpoint | undefined; readonly onApply?: ApplyHook | undefined }) {
    const { store, anchor, role, checkpoint, onApply } = input;
    this.#store = store;
    this.#anchor = anchor;
    this.#checkpoint = (moment, subject) => checkpoint?.(`${role}.apply.${moment}`, subject);
    this.#onApply = onApply;
    this.tables = new StateTables(store);
    const stored = this.tables.storedHead();
    this.#profile = this.#storedProfile(stored);
    this.#head = { ...stored, ...sortFacts(this.tables.facts, this.tables.factBlocks) };
  }

  /** The synced head. */
  get head(): LedgerHead {
    return this.#head;
  }

  /** With the revocation lists at the head. */
  get profile(): Profile {
    return withRevocationLists(this.#profile, this.tables);
  }

  /**
   * Applies the next block. Resolves after it is synced and visible.
   * Throws LEDGER_CORRUPT when it does not join the chain, is not the sequencer's, or block 0 is not the trusted one.
   */
  async apply(block: Block): Promise<AppliedBlock> {
    const { network, channel } = this.#anchor.message;
    const { height, blockHash: previousHash, commitHash } = this.#head;
    verifyBlockJoins(block, { network, channel, number: height, previousHash });
    verifyBlockSigner(block, this.#profile);
    const judged = await validateBlock(block.transactions, this.tables, this.#profile);
    if (height === 0n) verifyGenesis(judged, this.#anchor);
    const hash = blockHash(block);
    const transactions = describe(judged);
    const head: StoredHead = { height: height + 1n, blockHash: hash, commitHash: nextCommitHash(commitHash, hash, judged.verdicts) };
    const subject = transactions.map(({ txIds }) => (txIds.length === 0 ? '-' : txIds.map(toHex).join())).join();
    const applied = await this.#store.write(() => {
      if (height === 0n) this.tables.writeAnchor(this.#anchor.digest);
      const ended = this.tables.writeBlock(judged.verdicts, judged.factUpdates, head);
      const versions = this.tables.appendHistory(judged.verdicts);
      const written = { number: height, hash, transactions, ended, versions };
      this.#onApply?.(written);
      this.#checkpoint('before-sync', subject);
      return written;
    });
    this.#checkpoint('after-sync', subject);
    this.#show(judged, head);
    return applied;
  }

  changeMarks({ transactions }: AppliedBlock): readonly Uint8Array[] {
    return transactions.flatMap(({ updates }) => marksOfUpdates(updates));
  }

  #show({ factUpdates, profile }: BlockVerdict, head: StoredHead): void {
    this.tables.adoptFacts(factUpdates, head);
    this.#profile = profile;
    this.#head = factUpdates.length === 0 ? { ...this.#head, ...head } : { ...head, ...sortFacts(this.tables.facts, this.tables.factBlocks) };
  }

  #storedProfile({ height }: StoredHead): Profile {
    const stored = readStoredProfile(this.tables, this.#anchor);
    if (height > 0n && stored === undefined) throw corrupt('the store has blocks but no network profile');
    return stored ?? this.#anchor;
  }
}

function describe({ verdicts }: BlockVerdict): AppliedBlock['transactions'] {
  return verdicts.map(({ code, txIds, endorsed, updates, reason }, index) => ({ index, code, txIds, endorsed, updates, reason }));
}
