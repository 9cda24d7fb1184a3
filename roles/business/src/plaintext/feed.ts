import { setTimeout } from 'node:timers/promises';
import { toHex } from '@selvedge/crypto';
import type { LedgerLog, LedgerStore } from '@selvedge/embedded-ledger';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { openOwnerCopy } from '@selvedge/sealed-objects';
import type { OutboxChange, PlaintextOutbox } from '../store/plaintext-outbox.js';
import type { OwnerKeyPairs } from './owner-key-pairs.js';
import type { PlaintextChange, PlaintextStore } from './plaintext-store.js';

/** Every entry of this node's plaintext datasets as the ledger has it, and the last block that it is of; 'packets missing': not yet. */
export interface PlaintextSnapshot {
  readonly blockNumber: bigint;
  readonly changes: readonly OutboxChange[];
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
  /** For a store that is empty while the outbox has been emptied before. undefined: packets are missing, ask again. */
  readonly snapshot: () => PlaintextSnapshot | undefined;
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

/** Of deletes. */
const NO_HEADER = new Uint8Array(0);
const NO_PACKET = new Uint8Array(32);

/** Starts at once. */
export function startPlaintextFeed(options: PlaintextFeedOptions): PlaintextFeed {
  const { store, outbox, plaintext, log, retry = { initialDelayMs: 100, maxDelayMs: 5_000 } } = options;
  const stop = new AbortController();
  let applied: bigint | undefined;
  let fault: SelvedgeError | undefined;
  let isWoken = true;
  let wakeUp: (() => void) | undefined;
  const waiting = new Set<() => void>();

  const tell = (): void => {
    for (const look of [...waiting]) look();
  };
  const commit = async (blockNumber: bigint, changes: readonly OutboxChange[]): Promise<void> => {
    await plaintext.apply({ number: blockNumber, changes: changes.map((change) => openChange(change, blockNumber, options)) });
    fault = undefined;
    await store.write(() => {
      outbox.prune(blockNumber);
    });
    applied = blockNumber;
    tell();
  };

  /** The next block after what the store has; 'idle': nothing to do until something is told. */
  const step = async (): Promise<'went on' | 'idle' | 'packets missing'> => {
    const last = options.lastBlock();
    if (last === undefined) return 'idle';
    applied ??= await plaintext.checkpoint();
    if (applied !== undefined && applied >= last) return 'idle';
    if (applied !== undefined && applied + 1n < outbox.floor) {
      throw new SelvedgeError('PLAINTEXT_STORE_BEHIND', `the store of plaintext ends with block ${String(applied)}, and the changes of blocks before ${String(outbox.floor)} are not kept any more`);
    }
    if (applied === undefined && outbox.floor > 0n) {
      const snapshot = options.snapshot();
      if (snapshot === undefined) return 'packets missing';
      await commit(snapshot.blockNumber, snapshot.changes);
      return 'went on';
    }
    // An empty store begins where there is something, rather than with the ledger's first block.
    const next = applied === undefined ? (outbox.firstBlock() ?? last) : applied + 1n;
    const changes = outbox.changes(next);
    if (changes.some(({ packetHash, packet }) => packetHash !== undefined && packet === undefined)) return 'packets missing';
    await commit(next, changes);
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
          waiting.delete(look);
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
        waiting.add(look);
        look();
      }),
    close: async () => {
      stop.abort();
      wake();
      await running;
    },
  };
}

/** Throws PLAINTEXT_COPY_INVALID, naming the entry. */
function openChange({ contract, dataset, ledgerKey, txId, packetHash, packet }: OutboxChange, blockNumber: bigint, { keyPairs, mspId }: PlaintextFeedOptions): PlaintextChange {
  if (packetHash === undefined || packet === undefined) return { contract, dataset, ledgerKey, key: '', value: undefined, packetHeader: NO_HEADER, packetHash: NO_PACKET, txId };
  try {
    const { key, value, header, headerBytes } = openOwnerCopy(packet, { mspId, keyPairs: (suite) => keyPairs.keyPairs(suite) });
    return { contract, dataset, ledgerKey, key, value, packetHeader: headerBytes, packetHash, txId: toHex(header.txId) };
  } catch (cause) {
    const what = isSelvedgeError(cause) ? cause.message : 'it is no packet';
    throw new SelvedgeError('PLAINTEXT_COPY_INVALID', `block ${String(blockNumber)}, contract ${contract}, dataset '${dataset}', ledger key ${toHex(ledgerKey)}: ${what}`, { cause });
  }
}

// A function, because the compiler takes an aborted flag that was false once for false ever after.
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
