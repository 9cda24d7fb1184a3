import { compareBytes } from '@selvedge/crypto';
import { EMPTY_ROOT, type SetPair, type SetRoot } from './hashes.js';
import { decodePage, encodePage, MAX_DEPTH, PAGE_SLOTS, pageHash, slotOf, type Page, type Slot } from './page.js';

/** Where the pages of one tree lie. A path holds one byte (0 to 15) for each page above. */
export interface PageStore {
  get(path: Uint8Array): Uint8Array | undefined;
  put(path: Uint8Array, page: Uint8Array): void;
  remove(path: Uint8Array): void;
}

/** What becomes of a key: its new value, 32 bytes; undefined removes it. */
export interface SetChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Pages in memory. */
export function createMemoryPages(): PageStore {
  const pages = new Map<string, Uint8Array>();
  const name = (path: Uint8Array): string => Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1');
  return {
    get: (path) => pages.get(name(path)),
    put: (path, page) => {
      pages.set(name(path), page);
    },
    remove: (path) => {
      pages.delete(name(path));
    },
  };
}

/**
 * Carries changes into a stored tree and gives its new digest: the one that buildSetRoot gives for the pairs that are
 * there now. Reads, hashes and writes the pages between the root and the changed keys, each once. Of several changes to
 * one key the last counts. A page exists where two or more keys share the path to it, and at the root: equal sets are
 * equal pages.
 *
 * @param count entries before the changes
 */
export function updateSet(pages: PageStore, count: bigint, changes: readonly SetChange[]): SetRoot {
  const last = new Map(changes.map((change) => [Buffer.from(change.key).toString('latin1'), change]));
  const sorted = [...last.values()].sort((a, b) => compareBytes(a.key, b.key));
  const tally = { added: 0 };
  const root = updatePage({ pages, tally }, [], readPage(pages, []), sorted);
  return { root: pageHash(root, 0) ?? EMPTY_ROOT, count: count + BigInt(tally.added) };
}

interface Run {
  readonly pages: PageStore;
  readonly tally: { added: number };
}

function readPage(pages: PageStore, path: readonly number[]): Page {
  const bytes = pages.get(Uint8Array.from(path));
  return bytes === undefined ? new Array<Slot | undefined>(PAGE_SLOTS).fill(undefined) : decodePage(bytes);
}

/** Changes a page and those below it. Writes it, or removes it when it is not to be. */
function updatePage(run: Run, path: readonly number[], page: Page, changes: readonly SetChange[]): Page {
  const depth = path.length;
  for (let from = 0; from < changes.length; ) {
    const index = slotOf((changes[from] as SetChange).key, depth);
    let to = from + 1;
    while (to < changes.length && slotOf((changes[to] as SetChange).key, depth) === index) to += 1;
    page[index] = updateSlot(run, [...path, index], page[index], changes.slice(from, to));
    from = to;
  }
  const isNeeded = depth === 0 ? page.some((slot) => slot !== undefined) : isBranching(page);
  if (isNeeded) run.pages.put(Uint8Array.from(path), encodePage(page));
  else run.pages.remove(Uint8Array.from(path));
  return page;
}

function updateSlot(run: Run, path: readonly number[], slot: Slot | undefined, changes: readonly SetChange[]): Slot | undefined {
  if (slot?.kind === 'page') return slotFor(updatePage(run, path, readPage(run.pages, path), changes), path.length);
  const before = slot === undefined ? [] : [slot.pair];
  const after = mergePairs(before, changes);
  run.tally.added += after.length - before.length;
  return slotOfPairs(run, path, after);
}

/** What stands for a changed page in the one above it: a page of one pair is that pair. */
function slotFor(page: Page, depth: number): Slot | undefined {
  if (isBranching(page)) return { kind: 'page', hash: pageHash(page, depth) as Uint8Array };
  return page.find((slot) => slot !== undefined);
}

/** Whether two or more pairs lie below a page. */
function isBranching(page: Page): boolean {
  const filled = page.filter((slot) => slot !== undefined);
  return filled.length > 1 || filled[0]?.kind === 'page';
}

/** The pairs of a slot that had no page, written out as far as they need pages. */
function slotOfPairs(run: Run, path: readonly number[], pairs: readonly SetPair[]): Slot | undefined {
  const [only] = pairs;
  if (only === undefined) return undefined;
  if (pairs.length === 1) return { kind: 'leaf', pair: only };
  if (path.length >= MAX_DEPTH) throw new RangeError('two pairs of one key');
  const page: Page = new Array<Slot | undefined>(PAGE_SLOTS).fill(undefined);
  for (let index = 0; index < PAGE_SLOTS; index += 1) {
    const own = pairs.filter(({ key }) => slotOf(key, path.length) === index);
    if (own.length > 0) page[index] = slotOfPairs(run, [...path, index], own);
  }
  run.pages.put(Uint8Array.from(path), encodePage(page));
  return slotFor(page, path.length);
}

function mergePairs(before: readonly SetPair[], changes: readonly SetChange[]): SetPair[] {
  const kept = before.filter(({ key }) => !changes.some((change) => compareBytes(change.key, key) === 0));
  return [...kept, ...changes.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }]))];
}
