import { SelvedgeError } from '@selvedge/errors';
import { transactionKey } from './messages.js';
import type { RefusedKind } from './preload/context.js';
import { REFUSAL_MARK } from './preload/source.js';

const MAX_LINE_CHARACTERS = 4096;
const TAIL_CHARACTERS = 16 * 1024;

/** How V8, Go and the JVM say that memory ran out before they end. */
const OUT_OF_MEMORY = /JavaScript heap out of memory|Array buffer allocation failed|fatal error: (?:runtime: )?(?:out of memory|cannot allocate memory)|runtime: out of memory|java\.lang\.OutOfMemoryError|std::bad_alloc|Failed to (?:reserve|commit)/;

const REFUSALS = {
  network: ['CHAINCODE_NETWORK_REFUSED', 'the chaincode tried to use the network'],
  file: ['CHAINCODE_FILE_REFUSED', 'the chaincode tried to write a file'],
  process: ['CHAINCODE_PROCESS_REFUSED', 'the chaincode tried to start a process or a worker thread'],
} as const satisfies Record<RefusedKind, readonly [string, string]>;

/** What can be learnt from a process's output. It may hold plaintext, so nothing of it leaves. */
export interface OutputReader {
  read(chunk: Buffer): void;
  /** Whether the last that it said was that memory ran out. */
  readonly saysOutOfMemory: boolean;
}

/**
 * Reads reports of the preload out of the output. A chaincode can write such lines itself, which gives its own failure
 * another name and does nothing else.
 *
 * @param onRefused called with the key of the transaction that was refused something
 */
export function createOutputReader(onRefused: (transaction: string, refusal: SelvedgeError) => void): OutputReader {
  let tail = '';
  let line = '';
  const finish = (text: string): void => {
    if (!text.startsWith(REFUSAL_MARK)) return;
    const [, kind = '', ref = ''] = /^(\w+) (.*)$/.exec(text.slice(REFUSAL_MARK.length)) ?? [];
    const parsed = parseRef(ref);
    if (!isRefusedKind(kind) || parsed === undefined) return;
    const [code, message] = REFUSALS[kind];
    onRefused(transactionKey(parsed), new SelvedgeError(code, message, { role: 'compute' }));
  };
  return {
    read: (chunk) => {
      const text = chunk.toString('utf8');
      tail = (tail + text).slice(-TAIL_CHARACTERS);
      const parts = (line + text).split('\n');
      line = (parts.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
      for (const part of parts) finish(part);
    },
    get saysOutOfMemory() {
      return OUT_OF_MEMORY.test(tail);
    },
  };
}

const isRefusedKind = (kind: string): kind is RefusedKind => Object.hasOwn(REFUSALS, kind);

function parseRef(text: string): { channel: string; txId: string } | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (!Array.isArray(value)) return undefined;
    const [channel, txId] = value as unknown[];
    return typeof channel === 'string' && typeof txId === 'string' ? { channel, txId } : undefined;
  } catch {
    return undefined;
  }
}
