/** Calls of `read` within ms of one another share its answer; a failure is shared with those that wait for it alone. */
export function memoize<T>(ms: number, read: () => Promise<T>, nowMs: () => number = () => performance.now()): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last !== undefined && nowMs() - last.at < ms) return last.answer;
    const own = { at: nowMs(), answer: read() };
    last = own;
    own.answer.catch(() => {
      if (last === own) last = undefined;
    });
    return own.answer;
  };
}
