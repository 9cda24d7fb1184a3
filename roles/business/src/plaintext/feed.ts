import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises';
import { toHex } from '@selvedge/crypto';
import type { LedgerLog, LedgerStore } from '@selvedge/embedded-ledger';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { openOwnerCopy } from '@selvedge/sealed-objects';
import { isMissing, type OutboxChange, type PlaintextOutbox } from '../store/plaintext-outbox.js';
import type { OwnerKeyPairs } from './owner-key-pairs.js';
import type { PlaintextChange, PlaintextStore } from './plaintext-store.js';

/** The entries of this node's plaintext datasets as the ledger has them, and the last block that they are of. */
export interface PlaintextSnapshot {
  readonly blockNumber: bigint;
  readonly changes: readonly OutboxChange[];
  /** Entries without their packet, which are left out. */
  readonly missing: number;
}

export interface PlaintextFeedOptions {
  readonly store: LedgerStore;
  readonly outbox: PlaintextOutbox;
  readonly plaintext: Pick<PlaintextStore, 'apply' | 'checkpoint'>;
  readonly keyPairs: OwnerKeyPairs;
  /** This node's organisation. */
  readonly mspId: string;
  /** Number of the last block whose changes are in the outbox, on disk; undefined: there is none. */
  readonly lastBlock: () => bigint | undefined;
  /** For a store that is empty while the outbox has been emptied before. */
  readonly snapshot: () => PlaintextSnapshot;
  /** Whether this node has the key that a contract's copies are sealed to now. Without it nothing is applied that does not open. */
  readonly holdsKey: (contract: string) => boolean;
  /** How long blocks wait for packets that are missing, before they go on without: those come later, if at all. */
  readonly packetWaitMs: number;
  readonly log?: LedgerLog | undefined;
  /** Pauses while the store does not answer, or packets are missing; default 100, doubling up to 5,000. */
  readonly retry?: { readonly initialDelayMs: number; readonly maxDelayMs: number } | undefined;
}

/** Opens this node's copies and brings them into the store of plaintext: each block once, in order, whatever ends in between. */
export interface PlaintextFeed {
  /** There may be a new block, or a packet that was missing. */
  wake(): void;
  /** Resolves once the store has everything up to this block. Throws what the feed stands still for; STATE_BEHIND when the time has passed. */
  reach(blockNumber: bigint, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Copies that are opened in one turn of the event loop: some 10 ms. */
const SLICE = 32;
/** Of deletes. */
const NO_HEADER = new Uint8Array(0);
const NO_PACKET = new Uint8Array(32);

/** Of one step; 'idle': nothing to do until something is told. */
type Outcome = 'went on' | 'idle' | 'packets missing';

/** Starts at once. */
export function startPlaintextFeed(options: PlaintextFeedOptions): PlaintextFeed {
  const { store, outbox, plaintext, log, retry = { initialDelayMs: 100, maxDelayMs: 5_000 } } = options;
  const stop = new AbortController();
  let applied: bigint | undefined;
  let fault: SelvedgeError | undefined;
  let isWoken = true;
  let wakeUp: (() => void) | undefined;
  const looking = new Set<() => void>();
  let waiting: { readonly since: number; readonly last: bigint } | undefined;
  let goneOnThrough = -1n;

  const tell = (): void => {
    for (const look of [...looking]) look();
  };
  const commit = async (blockNumber: bigint, changes: readonly OutboxChange[]): Promise<void> => {
    const opened: PlaintextChange[] = [];
    for (const change of changes) {
      if (opened.length % SLICE === SLICE - 1) await nextTurn();
      opened.push(openChange(change, blockNumber, options));
    }
    await plaintext.apply({ number: blockNumber, changes: opened });
    await store.write(() => {
      outbox.prune(blockNumber);
    });
    waiting = undefined;
    applied = blockNumber;
    fault = undefined;
    tell();
  };

  /** Whether a block still waits for its packets. Once it does not, nor do those that were there when the waiting began. */
  const waitsFor = (blockNumber: bigint, last: bigint): boolean => {
    if (blockNumber <= goneOnThrough) return false;
    if (waiting === undefined && options.packetWaitMs > 0) log?.warn({ block: String(blockNumber) }, 'packets missing: the store of plaintext waits for them before this block');
    waiting ??= { since: performance.now(), last };
    if (performance.now() - waiting.since < options.packetWaitMs) return true;
    goneOnThrough = waiting.last;
    return false;
  };
  const goOnWithout = async (throughBlock: bigint): Promise<void> => {
    for (const { contract, dataset, ledgerKey } of await store.write(() => outbox.giveUp(throughBlock))) {
      log?.error({ code: 'STATE_MISSING_PACKET', block: String(throughBlock), contract, dataset, ledgerKey: toHex(ledgerKey) }, 'packets missing: the store of plaintext goes on without this entry until its packet comes or it is written anew');
    }
  };
  const fill = async (last: bigint): Promise<Outcome> => {
    let snapshot = options.snapshot();
    if (snapshot.missing > 0) {
      if (waitsFor(snapshot.blockNumber, last)) return 'packets missing';
      const { blockNumber } = snapshot;
      await goOnWithout(blockNumber);
      // What came meanwhile is in this one, or noted for a block after it.
      snapshot = options.snapshot();
      if (snapshot.blockNumber !== blockNumber && snapshot.missing > 0) return 'went on';
      if (snapshot.missing > 0) log?.error({ code: 'STATE_MISSING_PACKET', missing: snapshot.missing }, 'packets missing: the store of plaintext is filled without these entries until their packets come or they are written anew');
    }
    await commit(snapshot.blockNumber, snapshot.changes);
    return 'went on';
  };

  /** The next block after what the store has. */
  const step = async (): Promise<Outcome> => {
    const last = options.lastBlock();
    if (last === undefined) return 'idle';
    if (applied === undefined) {
      applied = await plaintext.checkpoint();
      fault = undefined;
      tell();
    }
    if (applied !== undefined && applied >= last) return 'idle';
    if (applied !== undefined && applied + 1n < outbox.floor) {
      throw new SelvedgeError('PLAINTEXT_STORE_BEHIND', `the store of plaintext ends with block ${String(applied)}, and the changes of blocks before ${String(outbox.floor)} are not kept any more`);
    }
    if (applied === undefined && outbox.floor > 0n) return fill(last);
    // An empty store begins where there is something, rather than with the ledger's first block.
    const first = outbox.firstBlock();
    const next = applied === undefined ? (first !== undefined && first <= last ? first : last) : applied + 1n;
    if (outbox.changes(next).some(isMissing)) {
      if (!outbox.isWrittenAnew(next) && waitsFor(next, last)) return 'packets missing';
      await goOnWithout(next);
    }
    await commit(next, outbox.changes(next));
    return 'went on';
  };

  const pause = async (ms: number | undefined): Promise<void> => {
    if (isWoken || stop.signal.aborted) return;
    const woken = new Promise<void>((resolve) => {
      wakeUp = resolve;
    });
    const rest = new AbortController();
    await (ms === undefined ? woken : Promise.race([woken, setTimeout(ms, undefined, { signal: rest.signal }).catch(() => undefined)]));
    rest.abort();
    wakeUp = undefined;
  };

  const run = async (): Promise<void> => {
    let delayMs = retry.initialDelayMs;
    while (!isStopped(stop.signal)) {
      isWoken = false;
      try {
        const outcome = await step();
        if (outcome === 'went on') {
          delayMs = retry.initialDelayMs;
        } else if (outcome === 'idle') {
          await pause(undefined);
        } else {
          await pause(delayMs);
          delayMs = Math.min(delayMs * 2, retry.maxDelayMs);
        }
      } catch (error) {
        const refused = isSelvedgeError(error) ? error : new SelvedgeError('INTERNAL', 'the feed of the store of plaintext failed', { cause: error });
        log?.error({ code: refused.code }, `the store of plaintext stands still: ${refused.message}`);
        fault = refused;
        // A database may have been set back, or mended.
        applied = undefined;
        tell();
        isWoken = false;
        await pause(delayMs);
        delayMs = Math.min(delayMs * 2, retry.maxDelayMs);
      }
    }
  };
  const running = run();

  const wake = (): void => {
    isWoken = true;
    wakeUp?.();
  };
  return {
    wake,
    reach: (blockNumber, timeoutMs) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          looking.delete(look);
          clearTimeout(timer);
          settle();
        };
        const look = (): void => {
          if (applied !== undefined && applied >= blockNumber) end(resolve);
          else if (fault !== undefined) {
            const { code, message } = fault;
            end(() => { reject(new SelvedgeError(code, message, { role: 'business' })); });
          }
        };
        const timer = globalThis.setTimeout(() => {
          end(() => { reject(new SelvedgeError('STATE_BEHIND', `the store of plaintext has not reached block ${String(blockNumber)} yet`, { role: 'business' })); });
        }, timeoutMs);
        looking.add(look);
        look();
      }),
    close: async () => {
      stop.abort();
      wake();
      await running;
    },
  };
}

/**
 * An entry whose copy does not open is as deleted: reads of it are refused, others go on, and the next write of it counts. Throws
 * PLAINTEXT_COPY_INVALID, naming the entry, while this node lacks its own key.
 */
function openChange({ contract, dataset, ledgerKey, txId, packetHash, packet }: OutboxChange, blockNumber: bigint, { keyPairs, mspId, holdsKey, log }: PlaintextFeedOptions): PlaintextChange {
  const deleted = { contract, dataset, ledgerKey, key: '', value: undefined, packetHeader: NO_HEADER, packetHash: NO_PACKET, txId };
  if (packetHash === undefined || packet === undefined) return deleted;
  try {
    const { key, value, header, headerBytes } = openOwnerCopy(packet, { mspId, keyPairs: (suite) => keyPairs.keyPairs(suite) });
    return { contract, dataset, ledgerKey, key, value, packetHeader: headerBytes, packetHash, txId: toHex(header.txId) };
  } catch (cause) {
    const what = isSelvedgeError(cause) ? cause.message : 'it is no packet';
    const text = `block ${String(blockNumber)}, contract ${contract}, dataset '${dataset}', ledger key ${toHex(ledgerKey)}: ${what}`;
    if (!holdsKey(contract)) throw new SelvedgeError('PLAINTEXT_COPY_INVALID', `${text}; this node lacks the key that ${mspId} has recorded`, { cause });
    log?.error({ code: 'PLAINTEXT_COPY_INVALID' }, `the store of plaintext leaves an entry out until it is written anew: ${text}`);
    return deleted;
  }
}

// A function, because the compiler takes an aborted flag that was false once for false ever after.
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
